# Every event as it was on the bus, one JSON document on a line, for analytics and for training.
locals {
  lakes = var.lake == null ? {} : { (var.lake.bucket) = var.lake }
}

resource "aws_s3_bucket" "lake" {
  #checkov:skip=CKV_AWS_144:A copy in another region is the owner's to decide: events are personal data, and borders matter.
  #checkov:skip=CKV_AWS_18:Who read what is in CloudTrail's data events, for the whole account.
  #checkov:skip=CKV2_AWS_62:Nothing waits for a file: whoever wants an event at once has the bus.
  for_each = local.lakes

  bucket = each.key
  tags   = var.tags
}

resource "aws_s3_bucket_versioning" "lake" {
  for_each = local.lakes

  bucket = aws_s3_bucket.lake[each.key].id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "lake" {
  for_each = local.lakes

  bucket = aws_s3_bucket.lake[each.key].id
  rule {
    bucket_key_enabled = true
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = aws_kms_key.this.arn
    }
  }
}

resource "aws_s3_bucket_public_access_block" "lake" {
  for_each = local.lakes

  bucket                  = aws_s3_bucket.lake[each.key].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_policy" "lake" {
  for_each = local.lakes

  bucket = aws_s3_bucket.lake[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OnlyEncrypted"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.lake[each.key].arn, "${aws_s3_bucket.lake[each.key].arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

resource "aws_s3_bucket_lifecycle_configuration" "lake" {
  for_each = local.lakes

  bucket = aws_s3_bucket.lake[each.key].id

  rule {
    id     = "age"
    status = "Enabled"
    filter {}

    transition {
      days          = each.value.infrequent_access_days
      storage_class = "STANDARD_IA"
    }
    expiration {
      days = each.value.expiration_days
    }
    noncurrent_version_expiration {
      noncurrent_days = each.value.noncurrent_version_days
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }

  # A rule about old versions needs versions.
  depends_on = [aws_s3_bucket_versioning.lake]
}

resource "aws_kinesis_firehose_delivery_stream" "lake" {
  for_each = local.lakes

  name        = "${var.name}_lake"
  destination = "extended_s3"
  tags        = var.tags

  server_side_encryption {
    enabled  = true
    key_type = "CUSTOMER_MANAGED_CMK"
    key_arn  = aws_kms_key.this.arn
  }

  extended_s3_configuration {
    bucket_arn          = aws_s3_bucket.lake[each.key].arn
    role_arn            = aws_iam_role.lake_writer[each.key].arn
    kms_key_arn         = aws_kms_key.this.arn
    compression_format  = "GZIP"
    file_extension      = ".json.gz"
    buffering_interval  = each.value.buffering_seconds
    buffering_size      = each.value.buffering_megabytes
    prefix              = "events/type=!{partitionKeyFromQuery:type}/day=!{partitionKeyFromQuery:day}/"
    error_output_prefix = "failed/!{firehose:error-output-type}/day=!{timestamp:yyyy-MM-dd}/"

    dynamic_partitioning_configuration {
      enabled = true
    }

    processing_configuration {
      enabled = true

      processors {
        type = "MetadataExtraction"
        parameters {
          parameter_name  = "JsonParsingEngine"
          parameter_value = "JQ-1.6"
        }
        # The day on which it happened, not that on which it was written.
        parameters {
          parameter_name  = "MetadataExtractionQuery"
          parameter_value = "{type:.\"detail-type\",day:.time[0:10]}"
        }
      }
      processors {
        type = "AppendDelimiterToRecord"
      }
    }

    cloudwatch_logging_options {
      enabled         = true
      log_group_name  = aws_cloudwatch_log_group.lake[each.key].name
      log_stream_name = aws_cloudwatch_log_stream.lake[each.key].name
    }
  }
}

resource "aws_cloudwatch_log_group" "lake" {
  #checkov:skip=CKV_AWS_338:It holds errors of delivery, of which an alarm tells within minutes.
  for_each = local.lakes

  name              = "/${var.name}/lake"
  retention_in_days = 30
  kms_key_id        = aws_kms_key.this.arn
  tags              = var.tags

  depends_on = [aws_kms_key_policy.this]
}

resource "aws_cloudwatch_log_stream" "lake" {
  for_each = local.lakes

  name           = "delivery"
  log_group_name = aws_cloudwatch_log_group.lake[each.key].name
}

# A replay would bring everything it sends into the lake a second time.
resource "aws_cloudwatch_event_rule" "lake" {
  for_each = local.lakes

  # No route can have this name: theirs have no underscore.
  name           = "${var.name}_lake"
  description    = "Every event, once, to the data lake."
  event_bus_name = aws_cloudwatch_event_bus.this.name
  event_pattern  = jsonencode({ source = [{ prefix = "" }], "replay-name" = [{ exists = false }] })
  tags           = var.tags
}

resource "aws_cloudwatch_event_target" "lake" {
  for_each = local.lakes

  target_id      = "lake"
  event_bus_name = aws_cloudwatch_event_bus.this.name
  rule           = aws_cloudwatch_event_rule.lake[each.key].name
  arn            = aws_kinesis_firehose_delivery_stream.lake[each.key].arn
  role_arn       = aws_iam_role.lake_sender[each.key].arn

  retry_policy {
    maximum_event_age_in_seconds = 86400
    maximum_retry_attempts       = 185
  }

  dead_letter_config {
    arn = aws_sqs_queue.lake_dead_letter[each.key].arn
  }

  depends_on = [aws_iam_role_policy.lake_sender]
}

resource "aws_sqs_queue" "lake_dead_letter" {
  for_each = local.lakes

  name                      = "${var.name}_lake-dlq"
  message_retention_seconds = var.queues.dead_letter_retention_seconds
  kms_master_key_id         = aws_kms_key.this.arn
  tags                      = var.tags

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      merge(local.from_eventbridge, {
        Resource  = "${local.here.sqs}:${var.name}_lake-dlq"
        Condition = { ArnEquals = { "aws:SourceArn" = local.arns.lake_rule } }
      }),
      merge(local.only_encrypted, { Resource = "${local.here.sqs}:${var.name}_lake-dlq" }),
    ]
  })
}
