mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  registry    = null
  routes_file = "tests/routes/two.json"
  lake        = { bucket = "the-lake" }
}

override_resource {
  target = aws_sqs_queue.dead_letter
  values = { arn = "arn:aws:sqs:eu-central-1:123456789012:a-dead-letter-queue" }
}

run "eventbridge_and_nobody_else_may_send_to_both_queues_of_a_route" {
  # Applied, so that the runs that follow know what AWS would decide.
  command = apply

  assert {
    condition = alltrue(flatten([
      for name in ["orders", "shipping"] : [
        for queue, arn in {
          (aws_sqs_queue.route[name].policy)       = "arn:aws:sqs:eu-central-1:123456789012:event-bridge-${name}"
          (aws_sqs_queue.dead_letter[name].policy) = "arn:aws:sqs:eu-central-1:123456789012:event-bridge-${name}-dlq"
        } :
        [for statement in jsondecode(queue).Statement : statement if statement.Effect == "Allow"] == [{
          Sid       = "EventBridge"
          Effect    = "Allow"
          Principal = { Service = "events.amazonaws.com" }
          Action    = "sqs:SendMessage"
          Resource  = arn
          Condition = {
            ArnEquals = { "aws:SourceArn" = "arn:aws:events:eu-central-1:123456789012:rule/event-bridge/event-bridge-${name}" }
          }
        }]
      ]
    ]))
    error_message = "Each queue has EventBridge's statement for the one rule, and no other that allows."
  }
}

run "the_other_dead_letter_queues_have_eventbridges_statement_too" {
  command = plan

  assert {
    condition = [
      for policy in [aws_sqs_queue.bus_dead_letter.policy, aws_sqs_queue.lake_dead_letter["the-lake"].policy] :
      one([for statement in jsondecode(policy).Statement : statement if statement.Effect == "Allow"]).Condition.ArnEquals["aws:SourceArn"]
      ] == [
      "arn:aws:events:eu-central-1:123456789012:event-bus/event-bridge",
      "arn:aws:events:eu-central-1:123456789012:rule/event-bridge/event-bridge_lake",
    ]
    error_message = "The bus and the lake's rule may send to their dead-letter queues."
  }
}

run "nothing_unencrypted_reaches_a_queue" {
  command = plan

  assert {
    condition = alltrue([
      for queue in concat(
        values(aws_sqs_queue.route), values(aws_sqs_queue.dead_letter), values(aws_sqs_queue.lake_dead_letter),
        [aws_sqs_queue.bus_dead_letter],
      ) :
      one([for statement in jsondecode(queue.policy).Statement : statement if statement.Effect == "Deny"]).Condition ==
      { Bool = { "aws:SecureTransport" = "false" } }
    ])
    error_message = "Every queue refuses what does not come over TLS."
  }
}

run "everything_at_rest_has_the_one_key" {
  command = plan

  assert {
    condition = alltrue([
      for queue in concat(
        values(aws_sqs_queue.route), values(aws_sqs_queue.dead_letter), values(aws_sqs_queue.lake_dead_letter),
        [aws_sqs_queue.bus_dead_letter],
      ) : queue.kms_master_key_id == aws_kms_key.this.arn
    ])
    error_message = "Every queue is encrypted with the module's key."
  }

  assert {
    condition     = aws_cloudwatch_event_bus.this.kms_key_identifier == aws_kms_key.this.arn && aws_kms_key.this.enable_key_rotation
    error_message = "The bus is encrypted with the module's key, and that rotates."
  }

  assert {
    condition     = one(aws_cloudwatch_event_bus.this.dead_letter_config).arn == aws_sqs_queue.bus_dead_letter.arn
    error_message = "What the bus cannot decrypt goes to a dead-letter queue."
  }
}

run "eventbridge_may_use_the_key_for_the_bus_and_for_every_rule" {
  command = plan

  assert {
    condition = toset(one([
      for statement in jsondecode(aws_kms_key_policy.this.policy).Statement :
      statement if statement.Sid == "EventBridgeSendsToTheQueues"
      ]).Condition.ArnEquals["aws:SourceArn"]) == toset([
      "arn:aws:events:eu-central-1:123456789012:event-bus/event-bridge",
      "arn:aws:events:eu-central-1:123456789012:rule/event-bridge/event-bridge-orders",
      "arn:aws:events:eu-central-1:123456789012:rule/event-bridge/event-bridge-shipping",
      "arn:aws:events:eu-central-1:123456789012:rule/event-bridge/event-bridge_lake",
    ])
    error_message = "Without the key EventBridge can send to no encrypted queue: it has it for each rule, and for no other."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_kms_key_policy.this.policy).Statement :
      can(statement.Condition) || statement.Sid == "IdentityPoliciesDecide"
    ])
    error_message = "No service has the key without a condition."
  }
}

run "a_message_outlives_six_attempts_and_a_dead_letter_its_queue" {
  command = plan

  assert {
    condition     = alltrue([for queue in aws_sqs_queue.route : queue.visibility_timeout_seconds >= 6 * 20])
    error_message = "A delivery stays hidden for six times the handler's budget."
  }

  assert {
    condition = alltrue([
      for name in ["orders", "shipping"] :
      aws_sqs_queue.dead_letter[name].message_retention_seconds > aws_sqs_queue.route[name].message_retention_seconds
    ])
    error_message = "A dead letter's age counts from the day on which its event was new."
  }

  assert {
    condition     = alltrue([for queue in aws_sqs_queue.route : queue.receive_wait_time_seconds == 20])
    error_message = "Whoever asks without saying how long waits for 20 seconds rather than not at all."
  }
}

run "what_fails_six_times_moves_to_its_dead_letter_queue" {
  command = plan

  assert {
    condition = alltrue([
      for queue in aws_sqs_queue.route : jsondecode(queue.redrive_policy) ==
      { deadLetterTargetArn = "arn:aws:sqs:eu-central-1:123456789012:a-dead-letter-queue", maxReceiveCount = 6 }
    ])
    error_message = "Six deliveries, then the dead-letter queue of the route."
  }
}
