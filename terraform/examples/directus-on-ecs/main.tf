# Directus and the sidecar in one task: what passes between them never leaves it.
provider "aws" {
  region = var.region

  default_tags {
    tags = { project = var.name }
  }
}

module "event_bridge" {
  source = "../.."

  name   = var.name
  alarms = { emails = var.alarm_emails }

  sidecar = {
    image        = var.sidecar_image
    directus_url = "http://127.0.0.1:8055"
    listen       = "127.0.0.1:8080"
  }
}

resource "aws_ecs_cluster" "this" {
  name = var.name

  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_ecs_task_definition" "directus" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 1024
  memory                   = 2048
  task_role_arn            = module.event_bridge.task_role.arn
  execution_role_arn       = module.event_bridge.execution_role.arn

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = "ARM64"
  }

  # Directus' temporary files; the rest of its root is read-only, like the sidecar's.
  volume {
    name = "temporary"
  }

  container_definitions = jsonencode([
    module.event_bridge.container_definition,
    {
      name                   = "directus"
      image                  = var.directus_image
      essential              = true
      readonlyRootFilesystem = true
      linuxParameters        = { initProcessEnabled = true, capabilities = { add = [], drop = ["ALL"] } }
      portMappings           = [{ containerPort = 8055, hostPort = 8055, protocol = "tcp" }]
      mountPoints            = [{ sourceVolume = "temporary", containerPath = "/tmp", readOnly = false }]
      volumesFrom            = []
      systemControls         = []

      # Changes that are saved while the sidecar starts wait in the outbox: neither has to wait for the other.
      environment = [
        for key, value in {
          PUBLIC_URL                   = "https://${var.domain}"
          DB_CLIENT                    = "pg"
          DB_HOST                      = aws_db_instance.this.address
          DB_PORT                      = tostring(aws_db_instance.this.port)
          DB_DATABASE                  = aws_db_instance.this.db_name
          DB_USER                      = aws_db_instance.this.username
          DB_SSL__REJECT_UNAUTHORIZED  = "true"
          DB_SSL__CA_FILE              = "/directus/rds-ca.pem"
          EVENT_BRIDGE_SIDECAR_URL     = "http://127.0.0.1:8080"
          EVENT_BRIDGE_SERVICE_ACCOUNT = var.service_account
          # Uploads belong on S3: a task has no disk that lasts.
          STORAGE_LOCATIONS = "s3"
          STORAGE_S3_DRIVER = "s3"
          STORAGE_S3_BUCKET = aws_s3_bucket.uploads.id
          STORAGE_S3_REGION = var.region
        } : { name = key, value = value }
      ]

      secrets = [
        { name = "DB_PASSWORD", valueFrom = "${one(aws_db_instance.this.master_user_secret).secret_arn}:password::" },
        { name = "SECRET", valueFrom = aws_secretsmanager_secret.directus.arn },
        { name = "EVENT_BRIDGE_SECRETS", valueFrom = module.event_bridge.secret_arns["signing-secrets"] },
      ]

      healthCheck = {
        command     = ["CMD-SHELL", "wget -q -O /dev/null http://127.0.0.1:8055/server/ping"]
        interval    = 15
        timeout     = 5
        retries     = 3
        startPeriod = 90
      }

      stopTimeout = 60

      logConfiguration = {
        logDriver = "awslogs"
        options = {
          "awslogs-group"         = aws_cloudwatch_log_group.directus.name
          "awslogs-region"        = var.region
          "awslogs-stream-prefix" = "directus"
          "mode"                  = "non-blocking"
          "max-buffer-size"       = "4m"
        }
      }
    },
  ])
}

resource "aws_ecs_service" "directus" {
  name            = var.name
  cluster         = aws_ecs_cluster.this.id
  task_definition = aws_ecs_task_definition.directus.arn
  # Both capture and relay; each leases rows of its own. Where collections are changed while both run, give Directus a
  # Redis (SYNCHRONIZATION_STORE), or one of them does not learn of it.
  desired_count                      = 2
  launch_type                        = "FARGATE"
  health_check_grace_period_seconds  = 120
  availability_zone_rebalancing      = "ENABLED"
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets         = var.private_subnet_ids
    security_groups = [aws_security_group.task.id]
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.directus.arn
    container_name   = "directus"
    container_port   = 8055
  }

  depends_on = [aws_iam_role_policy.start_directus, aws_lb_listener.https]
}

resource "aws_cloudwatch_log_group" "directus" {
  #checkov:skip=CKV_AWS_338:A month of Directus' log; who changed what is in Directus' own activity.
  name              = "/${var.name}/directus"
  retention_in_days = 30
  kms_key_id        = module.event_bridge.kms_key_arn
}

# Written by hand, once: `aws secretsmanager put-secret-value`.
resource "aws_secretsmanager_secret" "directus" {
  #checkov:skip=CKV2_AWS_57:Another SECRET ends every session: that is a decision, not a schedule.
  name        = "${var.name}/directus-secret"
  description = "Directus' SECRET, which signs its sessions."
  kms_key_id  = module.event_bridge.kms_key_arn
}

# What Directus' container needs beyond the sidecar's: two secrets and a log.
resource "aws_iam_role_policy" "start_directus" {
  name = "start-directus"
  role = module.event_bridge.execution_role.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "ReadSecrets"
        Effect   = "Allow"
        Action   = "secretsmanager:GetSecretValue"
        Resource = [aws_secretsmanager_secret.directus.arn, one(aws_db_instance.this.master_user_secret).secret_arn]
      },
      {
        Sid      = "WriteLog"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${aws_cloudwatch_log_group.directus.arn}:log-stream:*"
      },
      {
        Sid      = "FetchImage"
        Effect   = "Allow"
        Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        Resource = "arn:aws:ecr:*:*:repository/${regex("^[^/]+/([^:@]+)", var.directus_image)[0]}"
      },
    ]
  })
}
