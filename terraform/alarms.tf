# Whoever is woken finds each alarm, with what to do, in docs/operations.md.
resource "aws_sns_topic" "alarms" {
  name              = "${var.name}-alarms"
  kms_master_key_id = aws_kms_key.this.arn
  tags              = var.tags
}

resource "aws_sns_topic_policy" "alarms" {
  arn = aws_sns_topic.alarms.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "CloudWatch"
      Effect    = "Allow"
      Principal = { Service = "cloudwatch.amazonaws.com" }
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.alarms.arn
      Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
    }]
  })
}

resource "aws_sns_topic_subscription" "email" {
  for_each = var.alarms.emails

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = each.key
}

locals {
  # Where something may lie that nobody will come back to by itself.
  dead_letter_queues = merge(
    { for name, queue in aws_sqs_queue.dead_letter : name => queue.name },
    { "_bus" = aws_sqs_queue.bus_dead_letter.name },
    { for name, queue in aws_sqs_queue.lake_dead_letter : "_lake" => queue.name },
  )

  rules = merge(
    { for name, rule in aws_cloudwatch_event_rule.route : name => rule.name },
    { for name, rule in aws_cloudwatch_event_rule.lake : "_lake" => rule.name },
  )

  # Metrics of what should never be: one occurrence, and somebody is told.
  never = merge(
    {
      for name, queue in local.dead_letter_queues : "${queue}-not-empty" => {
        description = "Dead letters in ${queue}. `sidecar dead-letters list` says of what they died."
        namespace   = "AWS/SQS"
        metric      = "ApproximateNumberOfMessagesVisible"
        dimensions  = { QueueName = queue }
        statistic   = "Maximum"
      }
    },
    {
      for name, rule in local.rules : "${rule}-failed-invocations" => {
        description = "EventBridge cannot deliver events of rule ${rule}: look at the policies of its target and of the key."
        namespace   = "AWS/Events"
        metric      = "FailedInvocations"
        dimensions  = { EventBusName = var.name, RuleName = rule }
        statistic   = "Sum"
      }
    },
    {
      for name, rule in local.rules : "${rule}-lost" => {
        description = "Events of rule ${rule} reached neither their target nor its dead-letter queue: they are lost to it, and only a replay brings them back."
        namespace   = "AWS/Events"
        metric      = "InvocationsFailedToBeSentToDlq"
        dimensions  = { EventBusName = var.name, RuleName = rule }
        statistic   = "Sum"
      }
    },
    # Of all buses in the region: AWS does not tell them apart here.
    {
      "${var.name}-publish-failed" = {
        description = "EventBridge refused entries of PutEvents. `sidecar outbox` shows whether changes wait or were rejected."
        namespace   = "AWS/Events"
        metric      = "PutEventsFailedEntriesCount"
        dimensions  = {}
        statistic   = "Sum"
      }
    },
    {
      for name in keys(local.sidecars) : "${var.name}-sidecar-errors" => {
        description = "The sidecar logged an error: data is at risk, or somebody must act."
        namespace   = local.metrics
        metric      = "Errors"
        dimensions  = {}
        statistic   = "Sum"
      }
    },
  )
}

resource "aws_cloudwatch_metric_alarm" "never" {
  for_each = local.never

  alarm_name          = each.key
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  # AWS sends most of these only when there is something to send.
  treat_missing_data = "notBreaching"
  alarm_actions      = [aws_sns_topic.alarms.arn]
  ok_actions         = [aws_sns_topic.alarms.arn]
  tags               = var.tags
}

# A message that was received three times without success is left out of this age: a poisonous one does not hide the
# others, and does not ring here.
resource "aws_cloudwatch_metric_alarm" "oldest_message" {
  for_each = local.routes

  alarm_name          = "${var.name}-${each.key}-oldest-message"
  alarm_description   = "Messages of route ${each.key} wait too long. `/readyz` of the sidecar says what hinders it."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateAgeOfOldestMessage"
  dimensions          = { QueueName = aws_sqs_queue.route[each.key].name }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.alarms.oldest_message_age_seconds
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  tags                = var.tags
}

# Each copy sends its load once a minute: so many samples, so many copies that live.
resource "aws_cloudwatch_metric_alarm" "unhealthy" {
  for_each = local.services

  alarm_name        = "${var.name}-sidecar-unhealthy"
  alarm_description = "Fewer copies of the sidecar run than there should be at least. The service's events and the log of the stopped task say why."
  namespace         = "AWS/ECS"
  metric_name       = "CPUUtilization"
  dimensions = {
    ClusterName = split("/", each.value.cluster_arn)[1]
    ServiceName = aws_ecs_service.sidecar[each.key].name
  }
  statistic           = "SampleCount"
  period              = 60
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  comparison_operator = "LessThanThreshold"
  threshold           = each.value.copies_min
  treat_missing_data  = "breaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
  tags                = var.tags
}
