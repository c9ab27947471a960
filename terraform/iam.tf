# What the sidecar may do, in parts, so that nobody gets more than they need: the service publishes and consumes, an
# operator operates. The service operates only where its admin API is on, and judges only where it is told to.
locals {
  policies = {
    publish = [
      {
        Sid      = "Publish"
        Effect   = "Allow"
        Action   = "events:PutEvents"
        Resource = local.arns.bus
      },
    ]

    consume = [
      {
        Sid    = "TakeMessages"
        Effect = "Allow"
        Action = [
          "sqs:ChangeMessageVisibility",
          "sqs:DeleteMessage",
          "sqs:GetQueueAttributes",
          "sqs:GetQueueUrl",
          "sqs:ReceiveMessage",
        ]
        Resource = values(local.arns.queues)
      },
      {
        # With the reason why, which SQS' own redrive could not say.
        Sid      = "GiveMessagesUp"
        Effect   = "Allow"
        Action   = ["sqs:GetQueueUrl", "sqs:SendMessage"]
        Resource = values(local.arns.dead_letters)
      },
      local.use_key_for_queues,
    ]

    operate = [
      {
        Sid    = "TakeDeadLetters"
        Effect = "Allow"
        Action = [
          "sqs:ChangeMessageVisibility",
          "sqs:DeleteMessage",
          "sqs:GetQueueAttributes",
          "sqs:GetQueueUrl",
          "sqs:ReceiveMessage",
        ]
        Resource = values(local.arns.dead_letters)
      },
      {
        Sid      = "SendThemAgain"
        Effect   = "Allow"
        Action   = ["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:SendMessage"]
        Resource = values(local.arns.queues)
      },
      {
        Sid    = "Replay"
        Effect = "Allow"
        Action = [
          "events:CancelReplay",
          "events:DescribeArchive",
          "events:DescribeEventBus",
          "events:DescribeReplay",
          "events:DescribeRule",
          "events:StartReplay",
        ]
        Resource = concat([local.arns.bus, local.arns.archive, local.arns.replays], values(local.arns.rules))
      },
      local.use_key_for_queues,
    ]

    # Only where reactions.toml says `judge = "comprehend"`. AWS knows no resource for these.
    judge = [
      {
        Sid      = "AskComprehend"
        Effect   = "Allow"
        Action   = ["comprehend:DetectDominantLanguage", "comprehend:DetectSentiment"]
        Resource = "*"
      },
    ]
  }

  # Only through SQS: whoever has it cannot read a secret or a file of the lake by it.
  use_key_for_queues = {
    Sid       = "ReadAndWriteEncryptedQueues"
    Effect    = "Allow"
    Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
    Resource  = aws_kms_key.this.arn
    Condition = { StringEquals = { "kms:ViaService" = "sqs.${local.region}.amazonaws.com" } }
  }
}

resource "aws_iam_policy" "sidecar" {
  for_each = local.policies

  name        = "${var.name}-${each.key}"
  description = "Lets the sidecar of ${var.name} ${each.key}."
  policy      = jsonencode({ Version = "2012-10-17", Statement = each.value })
  tags        = var.tags
}

locals {
  sidecars = var.sidecar == null ? {} : { sidecar = var.sidecar }
  task_duties = var.sidecar == null ? [] : concat(
    ["publish", "consume"],
    var.sidecar.admin ? ["operate"] : [],
    var.sidecar.comprehend ? ["judge"] : [],
  )
  of_ecs_tasks = { Effect = "Allow", Principal = { Service = "ecs-tasks.amazonaws.com" }, Action = "sts:AssumeRole" }
}

# What the running container is.
resource "aws_iam_role" "task" {
  for_each = local.sidecars

  name = "${var.name}-sidecar"
  tags = var.tags
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [merge(local.of_ecs_tasks, {
      Condition = {
        ArnLike      = { "aws:SourceArn" = "arn:${local.partition}:ecs:${local.region}:${local.account}:*" }
        StringEquals = { "aws:SourceAccount" = local.account }
      }
    })]
  })
}

resource "aws_iam_role_policy_attachment" "task" {
  for_each = toset(local.task_duties)

  role       = one(values(aws_iam_role.task)).name
  policy_arn = aws_iam_policy.sidecar[each.key].arn
}

# What ECS is while it starts the container: it fetches the image, the secrets and opens the log.
resource "aws_iam_role" "execution" {
  for_each = local.sidecars

  name               = "${var.name}-sidecar-execution"
  tags               = var.tags
  assume_role_policy = aws_iam_role.task[each.key].assume_role_policy
}

resource "aws_iam_role_policy" "execution" {
  for_each = local.sidecars

  name = "start"
  role = aws_iam_role.execution[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "ReadSecrets"
        Effect   = "Allow"
        Action   = "secretsmanager:GetSecretValue"
        Resource = [for name in sort(keys(local.secrets)) : aws_secretsmanager_secret.sidecar[name].arn]
      },
      {
        Sid       = "DecryptSecrets"
        Effect    = "Allow"
        Action    = "kms:Decrypt"
        Resource  = aws_kms_key.this.arn
        Condition = { StringEquals = { "kms:ViaService" = "secretsmanager.${local.region}.amazonaws.com" } }
      },
      {
        Sid      = "WriteLog"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.sidecar[each.key].arn}:log-stream:*"
      },
      {
        # The image without its registry, tag and digest.
        Sid      = "FetchImage"
        Effect   = "Allow"
        Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        Resource = "arn:${local.partition}:ecr:*:*:repository/${regex("^[^/]+/([^:@]+)", each.value.image)[0]}"
      },
      {
        # AWS knows no resource for this one.
        Sid      = "LogInToTheRegistry"
        Effect   = "Allow"
        Action   = "ecr:GetAuthorizationToken"
        Resource = "*"
      },
    ]
  })
}
