output "routes" {
  description = "Rule, queue and dead-letter queue of each route."
  value       = module.event_bridge.routes
}

output "secret_arns" {
  description = "Entries that want a value before the service can start."
  value       = module.event_bridge.secret_arns
}

output "alarms_topic_arn" {
  description = "Where alarms go."
  value       = module.event_bridge.alarms_topic_arn
}
