# What the sidecar's own file says: the same names and patterns as `sidecar provision` makes of it.
locals {
  routes = jsondecode(file(coalesce(var.routes_file, "${path.module}/../sidecar/config/routes.json")))

  # Reactions that a replay may repeat, because all they do is write what is missing. Whatever else there is notifies
  # somebody, and its routes see a replay only when that was asked for: `sidecar replay --notify` names it so.
  rebuilding       = ["anomaly", "enrich", "erase", "journey"]
  live_only        = { "replay-name" = [{ exists = false }, { suffix = "-notify" }] }
  live_only_routes = [for name, route in local.routes : name if !contains(local.rebuilding, route.reaction)]

  # What a route says of replays itself comes last, and holds.
  patterns = {
    for name, route in local.routes : name => contains(local.live_only_routes, name) ? (
      jsonencode(merge(local.live_only, route.pattern))
    ) : jsonencode(route.pattern)
  }
}
