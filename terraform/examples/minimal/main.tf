# Everything between Directus and its sidecar, for a sidecar that runs wherever you like.
module "event_bridge" {
  source = "../.."
}

output "policy_arns" {
  description = "Attach publish and consume to the role that the sidecar runs as."
  value       = module.event_bridge.policy_arns
}
