mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  registry    = null
  routes_file = "tests/routes/two.json"
  lake        = { bucket = "the-lake" }
  alarms      = { emails = ["on-call@example.com"], slo = { objective_percent = 99.5, good_below_ms = 2000 } }
  sidecar     = { image = "registry.example.com/sidecar:0.4.0", directus_url = "http://directus:8055" }
  service = {
    cluster_arn        = "arn:aws:ecs:eu-central-1:123456789012:cluster/main"
    subnet_ids         = ["subnet-1"]
    security_group_ids = ["sg-1"]
  }
}

run "any_dead_letter_wakes_somebody" {
  # Applied, so that the runs that follow know what AWS would decide.
  command = apply

  assert {
    condition = toset([
      for alarm in aws_cloudwatch_metric_alarm.never : alarm.dimensions.QueueName
      if alarm.metric_name == "ApproximateNumberOfMessagesVisible" && alarm.threshold == 0 && alarm.evaluation_periods == 1
      ]) == toset([
      "event-bridge-orders-dlq", "event-bridge-shipping-dlq", "event-bridge-dlq", "event-bridge_lake-dlq",
    ])
    error_message = "Every dead-letter queue has an alarm on its first message."
  }
}

run "what_eventbridge_cannot_deliver_wakes_somebody" {
  command = plan

  assert {
    condition = alltrue([
      for metric in ["FailedInvocations", "InvocationsFailedToBeSentToDlq"] : toset([
        for alarm in aws_cloudwatch_metric_alarm.never : alarm.dimensions
        if alarm.metric_name == metric
        ]) == toset([
        for rule in ["event-bridge-orders", "event-bridge-shipping", "event-bridge_lake"] :
        tomap({ EventBusName = "event-bridge", RuleName = rule })
      ])
    ])
    error_message = "Every rule has an alarm on what failed and on what is lost."
  }
}

run "every_alarm_that_a_person_must_answer_reaches_the_topic" {
  command = plan

  assert {
    condition = alltrue([
      for alarm in concat(
        values(aws_cloudwatch_metric_alarm.never), values(aws_cloudwatch_metric_alarm.oldest_message),
        values(aws_cloudwatch_metric_alarm.unhealthy), values(aws_cloudwatch_composite_alarm.burn),
      ) : alarm.alarm_actions == toset([aws_sns_topic.alarms.arn])
    ])
    error_message = "Alarms go to the topic."
  }

  assert {
    condition     = aws_sns_topic_subscription.email["on-call@example.com"].protocol == "email"
    error_message = "The topic tells whoever is named."
  }

  assert {
    condition     = aws_sns_topic.alarms.kms_master_key_id == aws_kms_key.this.arn
    error_message = "What the topic says is encrypted."
  }
}

run "too_few_copies_ring_even_when_none_says_anything" {
  command = plan

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.unhealthy["sidecar"].treat_missing_data == "breaching" &&
      aws_cloudwatch_metric_alarm.unhealthy["sidecar"].threshold == 2
    )
    error_message = "Silence is the worst sign."
  }
}

run "the_budget_is_watched_over_a_long_and_a_short_window" {
  command = plan

  assert {
    condition = (
      aws_cloudwatch_log_metric_filter.sidecar["Late"].pattern ==
      "{ $.commit_to_effect_ms >= 2000 && $.replayed IS FALSE }"
    )
    error_message = "Late is what took longer than promised; what a replay brings is not."
  }

  assert {
    condition = alltrue([
      for window in ["fast-long", "fast-short", "slow-long", "slow-short"] : contains([
        for query in aws_cloudwatch_metric_alarm.burn[window].metric_query : query.expression
      ], "IF(done > 0, 100 * late / done / 0.5, 0)")
    ])
    error_message = "The burn is the share of late effects in multiples of the budget, which is half a percent here."
  }

  assert {
    condition = (
      aws_cloudwatch_composite_alarm.burn["fast"].alarm_rule ==
      "ALARM(\"event-bridge-slo-fast-long\") AND ALARM(\"event-bridge-slo-fast-short\")"
    )
    error_message = "Both windows must burn."
  }
}

run "the_dashboard_shows_every_queue_and_no_chart_is_empty" {
  command = plan

  assert {
    condition = alltrue([
      for queue in ["event-bridge-orders", "event-bridge-shipping", "event-bridge-orders-dlq", "event-bridge-shipping-dlq", "event-bridge-dlq"] :
      contains(flatten([
        for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : widget.properties.metrics
      ]), queue)
    ])
    error_message = "Every queue is on the dashboard."
  }

  assert {
    condition = alltrue([
      for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : length(widget.properties.metrics) > 0
    ])
    error_message = "A chart without a line says nothing."
  }
}

run "every_alarm_is_in_the_book_of_operations" {
  command = plan

  assert {
    condition = [
      for name in concat(
        [for alarm in aws_cloudwatch_metric_alarm.never : alarm.alarm_name],
        [for alarm in aws_cloudwatch_metric_alarm.oldest_message : alarm.alarm_name],
        [for alarm in aws_cloudwatch_metric_alarm.unhealthy : alarm.alarm_name],
        [for alarm in aws_cloudwatch_metric_alarm.scale_out : alarm.alarm_name],
        [for alarm in aws_cloudwatch_composite_alarm.burn : alarm.alarm_name],
        ) : name if !anytrue([
          for row in regexall("`…(-[a-z-]+)`", file("../docs/operations.md")) : endswith(name, row[0])
      ])
    ] == []
    error_message = "docs/operations.md says of every alarm what it means and what to do."
  }
}
