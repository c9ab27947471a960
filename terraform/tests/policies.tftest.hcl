mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  registry    = null
  routes_file = "tests/routes/two.json"
  lake        = { bucket = "the-lake" }
  sidecar = {
    image        = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/event-bridge/sidecar:0.4.0"
    directus_url = "http://directus:8055"
    admin        = true
    comprehend   = true
  }
}

run "no_statement_allows_everything_where_a_resource_is_known" {
  # Applied, so that the runs that follow know what AWS would decide.
  command = apply

  # The key's own policy is left out: there `*` is the key, and nothing else can be said.
  assert {
    condition = [
      for statement in flatten([
        for policy in concat(
          [for policy in aws_iam_policy.sidecar : policy.policy],
          [for policy in aws_iam_role_policy.execution : policy.policy],
          [for policy in aws_iam_role_policy.lake_sender : policy.policy],
          [for policy in aws_iam_role_policy.lake_writer : policy.policy],
          [for queue in aws_sqs_queue.route : queue.policy],
          [for queue in aws_sqs_queue.dead_letter : queue.policy],
          [for queue in aws_sqs_queue.lake_dead_letter : queue.policy],
          [for policy in aws_s3_bucket_policy.lake : policy.policy],
          [aws_sqs_queue.bus_dead_letter.policy, aws_sns_topic_policy.alarms.policy],
        ) : jsondecode(policy).Statement
      ]) : statement.Sid if statement.Effect == "Allow" && contains(flatten([statement.Resource]), "*")
    ] == ["AskComprehend", "LogInToTheRegistry"]
    error_message = "Only the two actions for which AWS knows no resource may name all."
  }

  assert {
    condition = alltrue([
      for action in flatten([
        for policy in concat(
          [for policy in aws_iam_policy.sidecar : policy.policy],
          [for policy in aws_iam_role_policy.execution : policy.policy],
          [for policy in aws_iam_role_policy.lake_sender : policy.policy],
          [for policy in aws_iam_role_policy.lake_writer : policy.policy],
        ) : [for statement in jsondecode(policy).Statement : statement.Action]
      ]) : !strcontains(action, "*")
    ])
    error_message = "A role's actions are listed one by one."
  }
}

run "the_service_publishes_and_consumes_and_no_more" {
  command = plan

  assert {
    condition = jsondecode(aws_iam_policy.sidecar["publish"].policy).Statement == [{
      Sid      = "Publish"
      Effect   = "Allow"
      Action   = "events:PutEvents"
      Resource = "arn:aws:events:eu-central-1:123456789012:event-bus/event-bridge"
    }]
    error_message = "Publishing is putting events on the one bus."
  }

  assert {
    condition = {
      for statement in jsondecode(aws_iam_policy.sidecar["consume"].policy).Statement :
      statement.Sid => toset(flatten([statement.Resource])) if statement.Sid != "ReadAndWriteEncryptedQueues"
      } == {
      TakeMessages = toset([
        "arn:aws:sqs:eu-central-1:123456789012:event-bridge-orders",
        "arn:aws:sqs:eu-central-1:123456789012:event-bridge-shipping",
      ])
      GiveMessagesUp = toset([
        "arn:aws:sqs:eu-central-1:123456789012:event-bridge-orders-dlq",
        "arn:aws:sqs:eu-central-1:123456789012:event-bridge-shipping-dlq",
      ])
    }
    error_message = "Consuming is taking from the queues and giving to their dead-letter queues."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_policy.sidecar["consume"].policy).Statement :
      !contains(flatten([statement.Action]), "sqs:ReceiveMessage") || !anytrue([for arn in flatten([statement.Resource]) : endswith(arn, "-dlq")])
    ])
    error_message = "Whoever consumes cannot empty a dead-letter queue."
  }

  assert {
    condition     = toset(keys(aws_iam_role_policy_attachment.task)) == toset(["publish", "consume", "operate", "judge"])
    error_message = "With the admin API the service operates, and with Comprehend it judges."
  }
}

run "the_sidecar_has_the_key_only_through_sqs" {
  command = plan

  assert {
    condition = alltrue([
      for duty in ["consume", "operate"] : alltrue([
        for statement in jsondecode(aws_iam_policy.sidecar[duty].policy).Statement :
        statement.Condition == { StringEquals = { "kms:ViaService" = "sqs.eu-central-1.amazonaws.com" } }
        if statement.Sid == "ReadAndWriteEncryptedQueues"
      ])
    ])
    error_message = "The key opens messages, not the lake and not the secrets."
  }
}

run "what_starts_the_container_reads_its_secrets_and_no_others" {
  command = plan

  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_role_policy.execution["sidecar"].policy).Statement :
      length(statement.Resource) == length(aws_secretsmanager_secret.sidecar) if statement.Sid == "ReadSecrets"
    ])
    error_message = "It reads each of the entries, by ARN."
  }

  assert {
    condition = one([
      for statement in jsondecode(aws_iam_role_policy.execution["sidecar"].policy).Statement : statement.Resource if statement.Sid == "FetchImage"
    ]) == "arn:aws:ecr:*:*:repository/event-bridge/sidecar"
    error_message = "It fetches the one image, whatever its tag."
  }

  assert {
    condition     = alltrue([for secret in aws_secretsmanager_secret.sidecar : secret.kms_key_id == aws_kms_key.this.arn])
    error_message = "Secrets are encrypted with the module's key."
  }
}

run "without_admin_api_and_comprehend_the_service_neither_operates_nor_judges" {
  command = plan

  variables {
    sidecar = { image = "registry.example.com/sidecar:1", directus_url = "http://directus:8055" }
  }

  assert {
    condition     = toset(keys(aws_iam_role_policy_attachment.task)) == toset(["publish", "consume"])
    error_message = "The service has two policies: publish and consume."
  }

  assert {
    condition     = !contains(keys(aws_secretsmanager_secret.sidecar), "admin-tokens")
    error_message = "Without an admin API there is no token to it."
  }
}
