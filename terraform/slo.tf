# The promise to editors: what they saved has had its effect soon. Measured at the end, by what the sidecar writes to its
# log about each message.
locals {
  metrics = "EventBridge/${var.name}"

  # Field names are those of the sidecar's JSON log; a test of the sidecar holds them.
  log_metrics = var.sidecar == null ? {} : {
    Errors = "{ $.level = \"ERROR\" }"
    Done   = "{ $.commit_to_effect_ms >= 0 && $.replayed IS FALSE }"
    Late   = "{ $.commit_to_effect_ms >= ${var.alarms.slo.good_below_ms} && $.replayed IS FALSE }"
  }

  # How many times faster than allowed the budget is spent, seen over a long and a short time: the long one says that it
  # matters, the short one that it still does.
  burns = var.sidecar == null ? {} : {
    fast = { rate = 14.4, long = 3600, short = 300, meaning = "two days" }
    slow = { rate = 6, long = 21600, short = 1800, meaning = "five days" }
  }

  burn_windows = merge([
    for speed, burn in local.burns : {
      "${speed}-long"  = { rate = burn.rate, period = burn.long }
      "${speed}-short" = { rate = burn.rate, period = burn.short }
    }
  ]...)
}

resource "aws_cloudwatch_log_metric_filter" "sidecar" {
  for_each = local.log_metrics

  name           = "${var.name}-${lower(each.key)}"
  log_group_name = one(values(aws_cloudwatch_log_group.sidecar)).name
  pattern        = each.value

  metric_transformation {
    namespace     = local.metrics
    name          = each.key
    value         = "1"
    default_value = "0"
  }
}

resource "aws_cloudwatch_metric_alarm" "burn" {
  #checkov:skip=CKV_AWS_319:The composite alarm over a long and a short window has the action; one window alone wakes nobody.
  for_each = local.burn_windows

  alarm_name          = "${var.name}-slo-${each.key}"
  alarm_description   = "Half of the alarm ${var.name}-slo-${split("-", each.key)[0]}."
  evaluation_periods  = 1
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.rate
  treat_missing_data  = "notBreaching"
  tags                = var.tags

  metric_query {
    id          = "burn"
    expression  = "IF(done > 0, 100 * late / done / ${100 - var.alarms.slo.objective_percent}, 0)"
    label       = "Error budget spent, in multiples of what is allowed"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = { late = "Late", done = "Done" }

    content {
      id = metric_query.key
      metric {
        namespace   = local.metrics
        metric_name = metric_query.value
        stat        = "Sum"
        period      = each.value.period
      }
    }
  }
}

resource "aws_cloudwatch_composite_alarm" "burn" {
  for_each = local.burns

  alarm_name        = "${var.name}-slo-${each.key}"
  alarm_description = "More than ${100 - var.alarms.slo.objective_percent} % of effects come later than ${var.alarms.slo.good_below_ms} ms: at this pace the month's error budget lasts ${each.value.meaning}."
  alarm_rule = join(" AND ", [
    for window in ["long", "short"] :
    "ALARM(\"${aws_cloudwatch_metric_alarm.burn["${each.key}-${window}"].alarm_name}\")"
  ])
  alarm_actions = [aws_sns_topic.alarms.arn]
  ok_actions    = [aws_sns_topic.alarms.arn]
  tags          = var.tags
}
