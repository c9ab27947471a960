resource "aws_sqs_queue" "route" {
  for_each = local.routes

  name                       = "${var.name}-${each.key}"
  visibility_timeout_seconds = var.queues.visibility_timeout_seconds
  message_retention_seconds  = var.queues.retention_seconds
  receive_wait_time_seconds  = 20
  kms_master_key_id          = aws_kms_key.this.arn
  policy                     = jsonencode(local.queue_policies[each.key].route)
  tags                       = var.tags

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letter[each.key].arn
    maxReceiveCount     = var.queues.receives_max
  })
}

resource "aws_sqs_queue" "dead_letter" {
  for_each = local.routes

  name                       = "${var.name}-${each.key}-dlq"
  visibility_timeout_seconds = var.queues.visibility_timeout_seconds
  message_retention_seconds  = var.queues.dead_letter_retention_seconds
  kms_master_key_id          = aws_kms_key.this.arn
  policy                     = jsonencode(local.queue_policies[each.key].dead_letter)
  tags                       = var.tags
}

resource "aws_sqs_queue" "bus_dead_letter" {
  name                      = "${var.name}-dlq"
  message_retention_seconds = var.queues.dead_letter_retention_seconds
  kms_master_key_id         = aws_kms_key.this.arn
  policy                    = jsonencode(local.bus_dead_letter_policy)
  tags                      = var.tags
}

# EventBridge sends in its own name, not in that of a role: without its statement on a queue every event of the route is
# lost, and nothing but a metric tells. A queue is never there without its policy.
locals {
  queue_policies = {
    for name in keys(local.routes) : name => {
      for role, queue in { route = local.arns.queues[name], dead_letter = local.arns.dead_letters[name] } : role => {
        Version                  = "2012-10-17"
        Statement = [
          merge(local.from_eventbridge, {
            Resource  = queue
            Condition = { ArnEquals = { "aws:SourceArn" = local.arns.rules[name] } }
          }),
          merge(local.only_encrypted, { Resource = queue }),
        ]
      }
    }
  }

  bus_dead_letter_policy = {
    Version = "2012-10-17"
    Statement = [
      merge(local.from_eventbridge, {
        Resource  = local.arns.bus_dead_letter
        Condition = { ArnEquals = { "aws:SourceArn" = local.arns.bus } }
      }),
      merge(local.only_encrypted, { Resource = local.arns.bus_dead_letter }),
    ]
  }

  from_eventbridge = {
    Sid       = "EventBridge"
    Effect    = "Allow"
    Principal = { Service = "events.amazonaws.com" }
    Action    = "sqs:SendMessage"
  }

  only_encrypted = {
    Sid       = "OnlyEncrypted"
    Effect    = "Deny"
    Principal = "*"
    Action    = "sqs:*"
    Condition = { Bool = { "aws:SecureTransport" = "false" } }
  }
}
