mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  registry    = null
  routes_file = "tests/routes/two.json"
  sidecar = {
    image         = "registry.example.com/sidecar:0.4.0"
    directus_url  = "http://directus:8055"
    drain_seconds = 60
    admin         = true
    environment   = { SIDECAR__LOG__LEVEL = "debug" }
  }
  service = {
    cluster_arn        = "arn:aws:ecs:eu-central-1:123456789012:cluster/main"
    subnet_ids         = ["subnet-1", "subnet-2"]
    security_group_ids = ["sg-1"]
    namespace_arn      = "arn:aws:servicediscovery:eu-central-1:123456789012:namespace/ns-1"
    copies_min         = 2
    copies_max         = 20
    backlog_per_copy   = 300
  }
}

run "the_container_can_change_nothing_and_is_nobody" {
  # Applied, so that the runs that follow know what AWS would decide.
  command = apply

  assert {
    condition = (
      output.container_definition.readonlyRootFilesystem &&
      output.container_definition.user == "65532:65532" &&
      output.container_definition.linuxParameters.capabilities.drop == ["ALL"]
    )
    error_message = "Read-only root, no root user, no capabilities."
  }

  assert {
    condition     = jsondecode(aws_ecs_task_definition.sidecar["sidecar"].container_definitions)[0].readonlyRootFilesystem
    error_message = "The service runs the same container."
  }

  assert {
    condition     = one(aws_ecs_task_definition.sidecar["sidecar"].runtime_platform).cpu_architecture == "ARM64"
    error_message = "The service runs on ARM64."
  }
}

run "a_drain_ends_before_ecs_kills" {
  command = plan

  assert {
    condition = (
      output.container_definition.stopTimeout == 70 &&
      contains(output.container_definition.environment, { name = "SIDECAR__SHUTDOWN__DRAIN", value = "60s" })
    )
    error_message = "stopTimeout is ten seconds above the drain."
  }
}

run "a_container_that_does_not_answer_is_replaced_and_one_that_waits_is_not" {
  command = plan

  assert {
    condition     = output.container_definition.healthCheck.command == ["CMD", "/sidecar", "health"]
    error_message = "The check asks whether it lives: not whether AWS and Directus do."
  }
}

run "copies_follow_the_longest_backlog_and_the_oldest_message" {
  command = plan

  assert {
    condition = alltrue([
      for policy in aws_appautoscaling_policy.backlog :
      one(policy.target_tracking_scaling_policy_configuration).target_value == 300 &&
      contains([
        for metric in one(one(policy.target_tracking_scaling_policy_configuration).customized_metric_specification).metrics : metric.expression
      ], "backlog / copies")
    ])
    error_message = "Each queue's backlog is shared among the copies."
  }

  assert {
    condition     = toset(keys(aws_appautoscaling_policy.backlog)) == toset(["orders", "shipping"])
    error_message = "Every queue has a policy: a full one must not hide behind empty ones."
  }

  assert {
    condition = alltrue([
      for name in ["orders", "shipping"] :
      aws_cloudwatch_metric_alarm.scale_out[name].metric_name == "ApproximateAgeOfOldestMessage" &&
      aws_cloudwatch_metric_alarm.scale_out[name].dimensions == tomap({ QueueName = "event-bridge-${name}" }) &&
      aws_cloudwatch_metric_alarm.scale_out[name].alarm_actions == toset([aws_appautoscaling_policy.age["sidecar"].arn])
    ])
    error_message = "An old message adds copies, whichever queue it waits in."
  }

  assert {
    condition = (
      aws_appautoscaling_target.sidecar["sidecar"].min_capacity == 2 &&
      aws_appautoscaling_target.sidecar["sidecar"].max_capacity == 20 &&
      aws_appautoscaling_target.sidecar["sidecar"].resource_id == "service/main/event-bridge-sidecar"
    )
    error_message = "Between two and twenty copies."
  }
}

run "directus_finds_the_service_by_name" {
  command = plan

  assert {
    condition = [
      for service in one(aws_ecs_service.sidecar["sidecar"].service_connect_configuration).service :
      "${service.port_name} ${one(service.client_alias).dns_name}:${one(service.client_alias).port}"
    ] == ["sidecar sidecar:8080", "sidecar-admin sidecar:8081"]
    error_message = "Directus sends its changes to http://sidecar:8080, and asks how it goes at :8081."
  }
}

run "without_a_sidecar_there_is_nothing_of_it" {
  command = plan

  variables {
    sidecar = null
    service = null
  }

  assert {
    condition = (
      length(aws_ecs_service.sidecar) + length(aws_iam_role.task) + length(aws_secretsmanager_secret.sidecar) +
      length(aws_cloudwatch_log_group.sidecar) + length(aws_cloudwatch_log_metric_filter.sidecar) == 0
    )
    error_message = "Whoever runs it elsewhere gets the policies and no more."
  }

  assert {
    condition     = output.container_definition == null && output.service_name == null
    error_message = "Outputs of what is not there are null."
  }
}

run "the_container_is_told_what_the_infrastructure_is" {
  command = apply

  variables {
    name                   = "shop"
    archive_retention_days = 7
    queues                 = { handler_budget_seconds = 30, visibility_timeout_seconds = 200, receives_max = 4 }
  }

  assert {
    condition = alltrue([
      for name, value in {
        SIDECAR__OUTBOUND__BUS               = "shop"
        SIDECAR__OUTBOUND__ARCHIVE_RETENTION = "7d"
        SIDECAR__OUTBOUND__BATCH_BYTES_MAX   = "256000"
        SIDECAR__INBOUND__HANDLER_BUDGET     = "30s"
        SIDECAR__INBOUND__VISIBILITY         = "200s"
        SIDECAR__INBOUND__RECEIVES_MAX       = "4"
        SIDECAR__DIRECTUS__URL               = "http://directus:8055"
        SIDECAR__ADMIN__LISTEN               = "0.0.0.0:8081"
        SIDECAR__LOG__FORMAT                 = "json"
        SIDECAR__LOG__LEVEL                  = "debug"
      } : contains(output.container_definition.environment, { name = name, value = value })
    ])
    error_message = "Bus, archive, budgets, visibility and receives are the same on both sides."
  }

  assert {
    condition = toset([for secret in output.container_definition.secrets : secret.name]) == toset([
      "SIDECAR__DIRECTUS__TOKEN", "SIDECAR__OUTBOUND__SECRETS", "SIDECAR__OUTBOUND__PSEUDONYM_KEY",
      "SIDECAR__ADMIN__TOKENS",
    ])
    error_message = "Secrets come from Secrets Manager."
  }
}
