# The sidecar as a service of its own. It keeps nothing, so copies come and go as there is work.
locals {
  services = var.service == null ? {} : { sidecar = var.service }
}

resource "aws_ecs_task_definition" "sidecar" {
  for_each = local.services

  family                   = "${var.name}-sidecar"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = each.value.cpu
  memory                   = each.value.memory
  task_role_arn            = aws_iam_role.task[each.key].arn
  execution_role_arn       = aws_iam_role.execution[each.key].arn
  container_definitions    = jsonencode([local.containers[each.key]])
  tags                     = var.tags

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = "ARM64"
  }
}

resource "aws_ecs_service" "sidecar" {
  for_each = local.services

  name                               = "${var.name}-sidecar"
  cluster                            = each.value.cluster_arn
  task_definition                    = aws_ecs_task_definition.sidecar[each.key].arn
  desired_count                      = each.value.copies_min
  launch_type                        = "FARGATE"
  availability_zone_rebalancing      = "ENABLED"
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  enable_ecs_managed_tags            = true
  propagate_tags                     = "SERVICE"
  tags                               = var.tags

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets         = each.value.subnet_ids
    security_groups = each.value.security_group_ids
  }

  # Directus finds it as http://sidecar:<port>, and the admin API as http://sidecar:8081.
  dynamic "service_connect_configuration" {
    for_each = each.value.namespace_arn == null ? [] : [each.value.namespace_arn]

    content {
      enabled   = true
      namespace = service_connect_configuration.value

      dynamic "service" {
        for_each = local.ports[each.key]

        content {
          port_name = service.key
          client_alias {
            dns_name = each.key
            port     = service.value
          }
        }
      }
    }
  }

  # Autoscaling decides how many there are.
  lifecycle {
    ignore_changes = [desired_count]
  }

  depends_on = [aws_iam_role_policy.execution, aws_iam_role_policy_attachment.task]
}

resource "aws_appautoscaling_target" "sidecar" {
  for_each = local.services

  service_namespace  = "ecs"
  resource_id        = "service/${split("/", each.value.cluster_arn)[1]}/${aws_ecs_service.sidecar[each.key].name}"
  scalable_dimension = "ecs:service:DesiredCount"
  min_capacity       = each.value.copies_min
  max_capacity       = each.value.copies_max
}

# One policy for each queue, because every copy consumes them all: the longest backlog decides about going up, and all
# together about going down.
resource "aws_appautoscaling_policy" "backlog" {
  for_each = { for name, route in local.routes : name => route if var.service != null }

  name               = "${var.name}-${each.key}-backlog-per-copy"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = one(values(aws_appautoscaling_target.sidecar)).service_namespace
  resource_id        = one(values(aws_appautoscaling_target.sidecar)).resource_id
  scalable_dimension = one(values(aws_appautoscaling_target.sidecar)).scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value       = var.service.backlog_per_copy
    scale_out_cooldown = 60
    scale_in_cooldown  = 300

    customized_metric_specification {
      metrics {
        id          = "backlog"
        return_data = false
        metric_stat {
          stat = "Maximum"
          metric {
            namespace   = "AWS/SQS"
            metric_name = "ApproximateNumberOfMessagesVisible"
            dimensions {
              name  = "QueueName"
              value = aws_sqs_queue.route[each.key].name
            }
          }
        }
      }
      # ECS has no metric of running copies outside of Container Insights, but each sends its load once a minute.
      metrics {
        id          = "copies"
        return_data = false
        metric_stat {
          stat = "SampleCount"
          metric {
            namespace   = "AWS/ECS"
            metric_name = "CPUUtilization"
            dimensions {
              name  = "ClusterName"
              value = split("/", var.service.cluster_arn)[1]
            }
            dimensions {
              name  = "ServiceName"
              value = "${var.name}-sidecar"
            }
          }
        }
      }
      metrics {
        id          = "backlog_per_copy"
        expression  = "backlog / copies"
        label       = "Messages waiting for each copy"
        return_data = true
      }
    }
  }
}

# A short backlog can be old, too: few messages that each take long. Age does not shrink in step with copies, so steps
# answer it rather than a target.
resource "aws_appautoscaling_policy" "age" {
  for_each = local.services

  name               = "${var.name}-oldest-message-age"
  policy_type        = "StepScaling"
  service_namespace  = aws_appautoscaling_target.sidecar[each.key].service_namespace
  resource_id        = aws_appautoscaling_target.sidecar[each.key].resource_id
  scalable_dimension = aws_appautoscaling_target.sidecar[each.key].scalable_dimension

  step_scaling_policy_configuration {
    adjustment_type          = "PercentChangeInCapacity"
    min_adjustment_magnitude = 1
    metric_aggregation_type  = "Maximum"
    cooldown                 = 120

    step_adjustment {
      metric_interval_lower_bound = 0
      metric_interval_upper_bound = each.value.oldest_age_seconds * 4
      scaling_adjustment          = 50
    }
    step_adjustment {
      metric_interval_lower_bound = each.value.oldest_age_seconds * 4
      scaling_adjustment          = 100
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "scale_out" {
  for_each = { for name, route in local.routes : name => route if var.service != null }

  alarm_name          = "${var.name}-${each.key}-scale-out"
  alarm_description   = "Nobody has to do anything: copies are added."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateAgeOfOldestMessage"
  dimensions          = { QueueName = aws_sqs_queue.route[each.key].name }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 2
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.service.oldest_age_seconds
  treat_missing_data  = "notBreaching"
  alarm_actions       = [one(values(aws_appautoscaling_policy.age)).arn]
  tags                = var.tags
}
