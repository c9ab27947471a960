# Names decide ARNs. Policies use these rather than references, because rules, queues, bus and key need each other's
# before they can be there, and because a plan then shows whole policies.
data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.name

  here = { for service in ["events", "logs", "sqs"] : service => "arn:${local.partition}:${service}:${local.region}:${local.account}" }

  arns = {
    bus             = "${local.here.events}:event-bus/${var.name}"
    archive         = "${local.here.events}:archive/${var.name}"
    replays         = "${local.here.events}:replay/${var.name}-*"
    rules           = { for name in keys(local.routes) : name => "${local.here.events}:rule/${var.name}/${var.name}-${name}" }
    lake_rule       = "${local.here.events}:rule/${var.name}/${var.name}_lake"
    queues          = { for name in keys(local.routes) : name => "${local.here.sqs}:${var.name}-${name}" }
    dead_letters    = { for name in keys(local.routes) : name => "${local.here.sqs}:${var.name}-${name}-dlq" }
    bus_dead_letter = "${local.here.sqs}:${var.name}-dlq"
    logs            = "${local.here.logs}:log-group:/${var.name}/*"
  }
}
