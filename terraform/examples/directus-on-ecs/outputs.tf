output "balancer" {
  description = "What the domain's record points to."
  value       = aws_lb.this.dns_name
}

output "secret_arns" {
  description = "Entries that want a value before the service can start."
  value       = merge(module.event_bridge.secret_arns, { "directus-secret" = aws_secretsmanager_secret.directus.arn })
}
