mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  routes_file = "tests/routes/two.json"
  lake        = { bucket = "the-lake", expiration_days = 400 }
}

run "every_event_comes_into_the_lake_once" {
  # Applied, so that the runs that follow know what AWS would decide.
  command = apply

  assert {
    condition = (
      jsondecode(aws_cloudwatch_event_rule.lake["the-lake"].event_pattern) ==
      jsondecode("{\"source\":[{\"prefix\":\"\"}],\"replay-name\":[{\"exists\":false}]}")
    )
    error_message = "Everything but replays: they would double what is there."
  }
}

run "the_lake_is_partitioned_by_type_and_day" {
  command = plan

  assert {
    condition = (
      one(aws_kinesis_firehose_delivery_stream.lake["the-lake"].extended_s3_configuration).prefix ==
      "events/type=!{partitionKeyFromQuery:type}/day=!{partitionKeyFromQuery:day}/"
    )
    error_message = "A query for one type on one day reads one folder."
  }

  assert {
    condition     = one(one(aws_kinesis_firehose_delivery_stream.lake["the-lake"].extended_s3_configuration).dynamic_partitioning_configuration).enabled
    error_message = "Without dynamic partitioning the prefix would be refused."
  }
}

run "the_lake_is_private_encrypted_and_forgets" {
  command = plan

  assert {
    condition = (
      aws_s3_bucket_public_access_block.lake["the-lake"].block_public_acls &&
      aws_s3_bucket_public_access_block.lake["the-lake"].block_public_policy &&
      aws_s3_bucket_public_access_block.lake["the-lake"].ignore_public_acls &&
      aws_s3_bucket_public_access_block.lake["the-lake"].restrict_public_buckets
    )
    error_message = "Nothing of the lake is public."
  }

  assert {
    condition     = one(one(aws_s3_bucket_lifecycle_configuration.lake["the-lake"].rule).expiration).days == 400
    error_message = "What is in the lake expires."
  }

  assert {
    condition = (
      one(one(aws_s3_bucket_server_side_encryption_configuration.lake["the-lake"].rule).apply_server_side_encryption_by_default).kms_master_key_id ==
      aws_kms_key.this.arn
    )
    error_message = "The lake is encrypted with the module's key."
  }
}

run "without_a_lake_there_is_nothing_of_it" {
  command = plan

  variables {
    lake = null
  }

  assert {
    condition = (
      length(aws_s3_bucket.lake) + length(aws_kinesis_firehose_delivery_stream.lake) + length(aws_iam_role.lake_sender) +
      length(aws_cloudwatch_event_rule.lake) + length(aws_sqs_queue.lake_dead_letter) == 0
    )
    error_message = "No lake, no bucket, stream, role, rule or queue."
  }
}

run "every_contract_is_in_the_registry_and_no_example" {
  command = plan

  assert {
    condition = toset(keys(aws_schemas_schema.contract)) == toset([
      for file in fileset("../schemas", "*/[0-9]*.json") : "${dirname(file)}-${trimsuffix(basename(file), ".json")}"
    ])
    error_message = "One schema for each version of each contract."
  }

  assert {
    condition = (
      aws_schemas_schema.contract["feedback.submitted-1"].type == "JSONSchemaDraft4" &&
      jsondecode(aws_schemas_schema.contract["feedback.submitted-1"].content) == jsondecode(file("../schemas/feedback.submitted/1.json"))
    )
    error_message = "A schema is the contract, in the draft that EventBridge takes."
  }

  assert {
    condition     = alltrue([for schema in aws_schemas_schema.contract : length(schema.content) <= 100000])
    error_message = "EventBridge takes at most 100,000 characters."
  }
}
