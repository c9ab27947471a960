mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  registry = null
}

run "the_shipped_routes_are_what_the_sidecar_looks_for" {
  command = plan

  assert {
    condition = alltrue([
      for name in keys(jsondecode(file("../sidecar/config/routes.json"))) :
      aws_cloudwatch_event_rule.route[name].name == "event-bridge-${name}" &&
      aws_sqs_queue.route[name].name == "event-bridge-${name}" &&
      aws_sqs_queue.dead_letter[name].name == "event-bridge-${name}-dlq"
    ])
    error_message = "Rule and queue are <bus>-<route>, and the dead-letter queue <bus>-<route>-dlq, for each shipped route."
  }

  assert {
    condition     = aws_cloudwatch_event_bus.this.name == "event-bridge" && aws_cloudwatch_event_archive.this.name == "event-bridge"
    error_message = "`sidecar replay` looks for an archive of the bus' name."
  }

  assert {
    condition     = aws_cloudwatch_event_archive.this.retention_days == 30
    error_message = "The archive keeps events for 30 days."
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.route["feedback"].event_pattern) == { "detail-type" = ["feedback.submitted"] }
    error_message = "A route that rebuilds has the very pattern of the file."
  }

  assert {
    condition = (
      jsondecode(aws_cloudwatch_event_rule.route["escalations"].event_pattern)["replay-name"] ==
      jsondecode("[{\"exists\":false},{\"suffix\":\"-notify\"}]")
    )
    error_message = "A route that notifies sees only live events, and replays that are to notify."
  }
}

run "routes_of_ones_own_take_the_place_of_the_shipped_ones" {
  command = plan

  variables {
    name        = "shop"
    routes_file = "tests/routes/two.json"
  }

  assert {
    condition     = keys(aws_sqs_queue.route) == ["orders", "shipping"]
    error_message = "One queue for each route of the file, and no other."
  }

  assert {
    condition = jsondecode(aws_cloudwatch_event_rule.route["orders"].event_pattern) == jsondecode(
      "{\"detail-type\":[\"order.placed\"],\"detail\":{\"data\":{\"total\":[{\"numeric\":[\">\",100]}]}}}"
    )
    error_message = "A nested pattern comes through as it is."
  }

  assert {
    condition     = can(jsondecode(aws_cloudwatch_event_rule.route["shipping"].event_pattern)["replay-name"])
    error_message = "A Flow must not run again because somebody rebuilds."
  }

  assert {
    condition     = [for name in keys(output.routes) : name if output.routes[name].live_only] == ["shipping"]
    error_message = "The output says which routes see no replays."
  }
}

run "what_a_route_says_of_replays_itself_holds" {
  command = plan

  variables {
    routes_file = "tests/routes/own_word_on_replays.json"
  }

  assert {
    condition = (
      jsondecode(aws_cloudwatch_event_rule.route["shipping"].event_pattern)["replay-name"] == jsondecode("[{\"exists\":true}]")
    )
    error_message = "The pattern's own condition on replays stays."
  }
}

run "every_target_is_tried_for_a_day_and_has_a_dead_letter_queue" {
  # Applied, so that ARNs are known.
  command = apply

  variables {
    routes_file = "tests/routes/two.json"
    lake        = { bucket = "the-lake" }
  }

  override_resource {
    target = aws_sqs_queue.route
    values = { arn = "arn:aws:sqs:eu-central-1:123456789012:a-queue" }
  }

  override_resource {
    target = aws_sqs_queue.dead_letter
    values = { arn = "arn:aws:sqs:eu-central-1:123456789012:a-dead-letter-queue" }
  }

  override_resource {
    target = aws_sqs_queue.lake_dead_letter
    values = { arn = "arn:aws:sqs:eu-central-1:123456789012:the-lakes-dead-letter-queue" }
  }

  assert {
    condition = alltrue([
      for target in aws_cloudwatch_event_target.route :
      target.target_id == "queue" && target.arn == "arn:aws:sqs:eu-central-1:123456789012:a-queue" &&
      one(target.dead_letter_config).arn == "arn:aws:sqs:eu-central-1:123456789012:a-dead-letter-queue"
    ])
    error_message = "The target is the route's queue, and what cannot reach it goes to the route's dead-letter queue."
  }

  assert {
    condition = alltrue([
      for target in concat(values(aws_cloudwatch_event_target.route), values(aws_cloudwatch_event_target.lake)) :
      one(target.retry_policy).maximum_event_age_in_seconds == 86400 && one(target.retry_policy).maximum_retry_attempts == 185
    ])
    error_message = "Every target is tried for 24 hours and 185 times."
  }

  assert {
    condition = alltrue([
      for target in aws_cloudwatch_event_target.lake :
      one(target.dead_letter_config).arn == "arn:aws:sqs:eu-central-1:123456789012:the-lakes-dead-letter-queue"
    ])
    error_message = "The lake's target has a dead-letter queue of its own."
  }
}
