output "bus" {
  description = "The event bus: name and ARN."
  value = {
    name = aws_cloudwatch_event_bus.this.name
    arn  = aws_cloudwatch_event_bus.this.arn
  }
}

output "archive_arn" {
  description = "The archive of everything on the bus."
  value       = aws_cloudwatch_event_archive.this.arn
}

output "routes" {
  description = "For each route: rule, queue and dead-letter queue, and whether it sees replays."
  value = {
    for name in keys(local.routes) : name => {
      rule              = aws_cloudwatch_event_rule.route[name].name
      queue             = aws_sqs_queue.route[name].name
      queue_url         = aws_sqs_queue.route[name].url
      queue_arn         = aws_sqs_queue.route[name].arn
      dead_letter_queue = aws_sqs_queue.dead_letter[name].name
      dead_letter_url   = aws_sqs_queue.dead_letter[name].url
      dead_letter_arn   = aws_sqs_queue.dead_letter[name].arn
      live_only         = contains(local.live_only_routes, name)
      event_pattern     = local.patterns[name]
    }
  }
}

output "policy_arns" {
  description = "What the sidecar may do, to be attached to whatever runs it: publish, consume, operate, judge."
  value       = { for duty, policy in aws_iam_policy.sidecar : duty => policy.arn }
}

output "secret_arns" {
  description = "The entries in Secrets Manager that want a value."
  value       = { for name, secret in aws_secretsmanager_secret.sidecar : name => secret.arn }
}

output "container_definition" {
  description = "The sidecar's container, for a task of your own; null without `sidecar`."
  value       = one(values(local.containers))
}

output "task_role" {
  description = "The role of the sidecar's task: name and ARN; null without `sidecar`."
  value       = one([for role in aws_iam_role.task : { name = role.name, arn = role.arn }])
}

output "execution_role" {
  description = "The role that starts the sidecar's task, for more secrets to be added to it; null without `sidecar`."
  value       = one([for role in aws_iam_role.execution : { name = role.name, arn = role.arn }])
}

output "service_name" {
  description = "The sidecar's ECS service; null without `service`."
  value       = one([for service in aws_ecs_service.sidecar : service.name])
}

output "alarms_topic_arn" {
  description = "Where alarms go: subscribe a pager to it."
  value       = aws_sns_topic.alarms.arn
}

output "lake_bucket" {
  description = "The data lake's bucket; null without `lake`."
  value       = one([for bucket in aws_s3_bucket.lake : bucket.id])
}

output "kms_key_arn" {
  description = "The key of all that is at rest here."
  value       = aws_kms_key.this.arn
}
