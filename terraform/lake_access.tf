# Who may put events into the lake: EventBridge into the stream, Firehose into the bucket.

# EventBridge puts records into the stream.
resource "aws_iam_role" "lake_sender" {
  for_each = local.lakes

  name = "${var.name}-lake-sender"
  tags = var.tags
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { ArnEquals = { "aws:SourceArn" = local.arns.lake_rule } }
    }]
  })
}

resource "aws_iam_role_policy" "lake_sender" {
  for_each = local.lakes

  name = "send"
  role = aws_iam_role.lake_sender[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "Send"
      Effect   = "Allow"
      Action   = ["firehose:PutRecord", "firehose:PutRecordBatch"]
      Resource = aws_kinesis_firehose_delivery_stream.lake[each.key].arn
    }]
  })
}

# Firehose writes files.
resource "aws_iam_role" "lake_writer" {
  for_each = local.lakes

  name = "${var.name}-lake-writer"
  tags = var.tags
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "firehose.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
    }]
  })
}

resource "aws_iam_role_policy" "lake_writer" {
  for_each = local.lakes

  name = "write"
  role = aws_iam_role.lake_writer[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "FindTheBucket"
        Effect   = "Allow"
        Action   = ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"]
        Resource = aws_s3_bucket.lake[each.key].arn
      },
      {
        Sid      = "WriteFiles"
        Effect   = "Allow"
        Action   = ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"]
        Resource = "${aws_s3_bucket.lake[each.key].arn}/*"
      },
      {
        Sid      = "Encrypt"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = aws_kms_key.this.arn
      },
      {
        Sid      = "SayWhatFailed"
        Effect   = "Allow"
        Action   = "logs:PutLogEvents"
        Resource = "${aws_cloudwatch_log_group.lake[each.key].arn}:log-stream:*"
      },
    ]
  })
}
