resource "aws_cloudwatch_event_bus" "this" {
  name               = var.name
  kms_key_identifier = aws_kms_key.this.arn
  tags               = var.tags

  # Where events go that EventBridge cannot encrypt or decrypt any more.
  dead_letter_config {
    arn = aws_sqs_queue.bus_dead_letter.arn
  }

  # EventBridge proves at creation that it may use the key.
  depends_on = [aws_kms_key_policy.this]
}

# Everything that is on the bus, for `sidecar replay`, which looks for an archive of the bus' name.
resource "aws_cloudwatch_event_archive" "this" {
  name             = var.name
  event_source_arn = aws_cloudwatch_event_bus.this.arn
  retention_days   = var.archive_retention_days
}

resource "aws_cloudwatch_event_rule" "route" {
  for_each = local.routes

  name           = "${var.name}-${each.key}"
  description    = try(each.value.description, "Events for the reaction ${each.value.reaction}.")
  event_bus_name = aws_cloudwatch_event_bus.this.name
  event_pattern  = local.patterns[each.key]
  tags           = var.tags
}

resource "aws_cloudwatch_event_target" "route" {
  for_each = local.routes

  target_id      = "queue"
  event_bus_name = aws_cloudwatch_event_bus.this.name
  rule           = aws_cloudwatch_event_rule.route[each.key].name
  arn            = aws_sqs_queue.route[each.key].arn

  retry_policy {
    maximum_event_age_in_seconds = 86400
    maximum_retry_attempts       = 185
  }

  # Without it an event that cannot reach its queue for a day would be gone without a trace.
  dead_letter_config {
    arn = aws_sqs_queue.dead_letter[each.key].arn
  }
}
