# All of the module: bus, queues, contracts, lake, alarms, and the sidecar as a service in your network.
provider "aws" {
  region = var.region

  default_tags {
    tags = { project = "event-bridge" }
  }
}

module "event_bridge" {
  source = "../.."

  name                   = var.name
  archive_retention_days = 30
  registry               = var.registry
  lake                   = var.lake_bucket == null ? null : { bucket = var.lake_bucket, expiration_days = 730 }

  queues = {
    handler_budget_seconds     = 20
    visibility_timeout_seconds = 120
    receives_max               = 6
  }

  alarms = {
    emails = var.alarm_emails
    slo    = { objective_percent = 99, good_below_ms = 5000 }
  }

  sidecar = {
    image        = var.image
    directus_url = var.directus_url
    admin        = true
  }

  service = var.network == null ? null : {
    cluster_arn        = var.network.cluster_arn
    namespace_arn      = var.network.namespace_arn
    subnet_ids         = var.network.subnet_ids
    security_group_ids = [for group in aws_security_group.sidecar : group.id]
    copies_min         = 2
    copies_max         = 10
  }
}

# The sidecar is spoken to by Directus, and speaks to AWS and Directus.
resource "aws_security_group" "sidecar" {
  for_each = var.network == null ? {} : { sidecar = var.network }

  name        = "${var.name}-sidecar"
  description = "The sidecar of ${var.name}"
  vpc_id      = each.value.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "from_directus" {
  for_each = var.network == null ? {} : { "Changes, signed by Directus" = 8080, "The admin API" = 8081 }

  description                  = each.key
  security_group_id            = one(values(aws_security_group.sidecar)).id
  referenced_security_group_id = var.network.directus_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = each.value
  to_port                      = each.value
}

resource "aws_vpc_security_group_egress_rule" "to_aws" {
  for_each = aws_security_group.sidecar

  description       = "EventBridge, SQS and the other APIs of AWS"
  security_group_id = each.value.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "to_directus" {
  for_each = aws_security_group.sidecar

  description                  = "Effects, written through the Directus API"
  security_group_id            = each.value.id
  referenced_security_group_id = var.network.directus_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = 8055
  to_port                      = 8055
}
