# The sidecar's container: for the service here, or beside Directus in a task of somebody else's.
locals {
  # The admin API listens where the other one does, beside it.
  ports = {
    for name, sidecar in local.sidecars : name => merge(
      { (name) = tonumber(split(":", sidecar.listen)[1]) },
      sidecar.admin ? { "${name}-admin" = local.admin_port } : {},
    )
  }
  admin_port = 8081

  environments = {
    for name, sidecar in local.sidecars : name => merge(
      {
        AWS_REGION              = local.region
        SIDECAR__SERVER__LISTEN = sidecar.listen
        SIDECAR__DIRECTUS__URL  = sidecar.directus_url
        SIDECAR__OUTBOUND__BUS  = var.name
        # What the queues take, envelope included: this provider makes none for larger messages.
        SIDECAR__OUTBOUND__BATCH_BYTES_MAX   = "256000"
        SIDECAR__OUTBOUND__ARCHIVE_RETENTION = "${var.archive_retention_days}d"
        SIDECAR__INBOUND__HANDLER_BUDGET     = "${var.queues.handler_budget_seconds}s"
        SIDECAR__INBOUND__VISIBILITY         = "${var.queues.visibility_timeout_seconds}s"
        SIDECAR__INBOUND__RECEIVES_MAX       = tostring(var.queues.receives_max)
        SIDECAR__SHUTDOWN__DRAIN             = "${sidecar.drain_seconds}s"
        # The alarms look for fields of it.
        SIDECAR__LOG__FORMAT = "json"
      },
      sidecar.admin ? { SIDECAR__ADMIN__LISTEN = "${split(":", sidecar.listen)[0]}:${local.admin_port}" } : {},
      sidecar.environment,
    )
  }

  containers = {
    for name, sidecar in local.sidecars : name => {
      name                   = name
      image                  = sidecar.image
      essential              = true
      user                   = "65532:65532"
      readonlyRootFilesystem = true
      linuxParameters        = { capabilities = { add = [], drop = ["ALL"] } }
      portMappings = [
        for port_name, port in local.ports[name] :
        { name = port_name, containerPort = port, hostPort = port, protocol = "tcp" }
      ]
      environment = [for key in sort(keys(local.environments[name])) : { name = key, value = local.environments[name][key] }]
      secrets = [
        for entry in sort(keys(local.secrets)) :
        { name = local.secrets[entry].environment, valueFrom = aws_secretsmanager_secret.sidecar[entry].arn }
      ]
      # Alive, not ready: while Directus or AWS is away, starting anew would mend nothing.
      healthCheck = {
        command     = ["CMD", "/sidecar", "health"]
        interval    = 10
        timeout     = 5
        retries     = 3
        startPeriod = 15
      }
      # Above the drain, or what is at work when the task is told to stop would be done twice.
      stopTimeout = sidecar.drain_seconds + 10
      logConfiguration = {
        logDriver = "awslogs"
        options = {
          "awslogs-group"         = aws_cloudwatch_log_group.sidecar[name].name
          "awslogs-region"        = local.region
          "awslogs-stream-prefix" = name
          # A log that CloudWatch is slow to take must not hold up events.
          "mode"            = "non-blocking"
          "max-buffer-size" = "4m"
        }
      }
      mountPoints    = []
      systemControls = []
      volumesFrom    = []
    }
  }
}

resource "aws_cloudwatch_log_group" "sidecar" {
  #checkov:skip=CKV_AWS_338:How long is the owner's to say (sidecar.log_days): a log of a year is a risk, too.
  for_each = local.sidecars

  name              = "/${var.name}/sidecar"
  retention_in_days = each.value.log_days
  kms_key_id        = aws_kms_key.this.arn
  tags              = var.tags

  depends_on = [aws_kms_key_policy.this]
}
