mock_provider "aws" {
  source = "./tests/mocks"
}

run "a_name_that_is_too_long_for_a_replay_is_rejected" {
  command = plan
  variables {
    name = "a-bus-whose-name-has-more-than-forty-characters"
  }
  expect_failures = [var.name]
}

run "routes_that_are_not_there_are_rejected" {
  command = plan
  variables {
    routes_file = "tests/routes/nowhere.json"
  }
  expect_failures = [var.routes_file]
}

run "routes_that_are_no_object_are_rejected" {
  command = plan
  variables {
    routes_file = "tests/routes/no_object.json"
  }
  expect_failures = [var.routes_file]
}

run "a_route_whose_name_no_queue_can_have_is_rejected" {
  command = plan
  variables {
    routes_file = "tests/routes/bad_name.json"
  }
  expect_failures = [var.routes_file]
}

run "a_route_that_would_take_every_event_is_rejected" {
  command = plan
  variables {
    routes_file = "tests/routes/no_condition.json"
  }
  expect_failures = [var.routes_file]
}

run "a_pattern_that_is_too_long_for_eventbridge_is_rejected" {
  command = plan
  variables {
    routes_file = "tests/routes/long_pattern.json"
  }
  expect_failures = [var.routes_file]
}

run "a_visibility_of_less_than_six_handler_budgets_is_rejected" {
  command = plan
  variables {
    queues = { handler_budget_seconds = 20, visibility_timeout_seconds = 119 }
  }
  expect_failures = [var.queues]
}

run "a_visibility_that_sqs_does_not_know_is_rejected" {
  command = plan
  variables {
    queues = { visibility_timeout_seconds = 43201 }
  }
  expect_failures = [var.queues]
}

run "a_single_delivery_is_rejected" {
  command = plan
  variables {
    queues = { receives_max = 1 }
  }
  expect_failures = [var.queues]
}

run "dead_letters_that_would_die_with_their_queue_are_rejected" {
  command = plan
  variables {
    queues = { retention_seconds = 1209600, dead_letter_retention_seconds = 1209600 }
  }
  expect_failures = [var.queues]
}

run "a_retention_that_sqs_does_not_know_is_rejected" {
  command = plan
  variables {
    queues = { dead_letter_retention_seconds = 1209601 }
  }
  expect_failures = [var.queues]
}

run "half_a_day_of_archive_is_rejected" {
  command = plan
  variables {
    archive_retention_days = 0.5
  }
  expect_failures = [var.archive_retention_days]
}

run "a_registry_of_nothing_is_rejected" {
  command = plan
  variables {
    registry = { folder = "tests/mocks" }
  }
  expect_failures = [var.registry]
}

run "a_bucket_that_s3_would_not_name_so_is_rejected" {
  command = plan
  variables {
    lake = { bucket = "The_Lake" }
  }
  expect_failures = [var.lake]
}

run "a_lake_that_forgets_before_it_cools_is_rejected" {
  command = plan
  variables {
    lake = { bucket = "the-lake", infrequent_access_days = 90, expiration_days = 90 }
  }
  expect_failures = [var.lake]
}

run "a_buffer_too_small_for_partitions_is_rejected" {
  command = plan
  variables {
    lake = { bucket = "the-lake", buffering_megabytes = 5 }
  }
  expect_failures = [var.lake]
}

run "an_address_that_is_no_email_is_rejected" {
  command = plan
  variables {
    alarms = { emails = ["the operator"] }
  }
  expect_failures = [var.alarms]
}

run "an_alarm_faster_than_its_metric_is_rejected" {
  command = plan
  variables {
    alarms = { oldest_message_age_seconds = 5 }
  }
  expect_failures = [var.alarms]
}

run "an_objective_without_a_budget_is_rejected" {
  command = plan
  variables {
    alarms = { slo = { objective_percent = 100 } }
  }
  expect_failures = [var.alarms]
}

run "an_image_that_may_change_by_itself_is_rejected" {
  command = plan
  variables {
    sidecar = { image = "registry.example.com/sidecar", directus_url = "http://directus:8055" }
  }
  expect_failures = [var.sidecar]
}

run "a_directus_without_a_scheme_is_rejected" {
  command = plan
  variables {
    sidecar = { image = "registry.example.com/sidecar:1", directus_url = "directus:8055" }
  }
  expect_failures = [var.sidecar]
}

run "a_port_without_an_address_is_rejected" {
  command = plan
  variables {
    sidecar = { image = "registry.example.com/sidecar:1", directus_url = "http://directus:8055", listen = "8080" }
  }
  expect_failures = [var.sidecar]
}

run "a_drain_that_fargate_would_cut_short_is_rejected" {
  command = plan
  variables {
    sidecar = { image = "registry.example.com/sidecar:1", directus_url = "http://directus:8055", drain_seconds = 111 }
  }
  expect_failures = [var.sidecar]
}

run "a_secret_in_the_open_is_rejected" {
  command = plan
  variables {
    sidecar = {
      image        = "registry.example.com/sidecar:1"
      directus_url = "http://directus:8055"
      environment  = { SIDECAR__DIRECTUS__TOKEN = "in the open" }
    }
  }
  expect_failures = [var.sidecar]
}

run "a_service_of_nothing_is_rejected" {
  command = plan
  variables {
    service = {
      cluster_arn        = "arn:aws:ecs:eu-central-1:123456789012:cluster/main"
      subnet_ids         = ["subnet-1"]
      security_group_ids = ["sg-1"]
    }
  }
  expect_failures = [var.service]
}

run "fewer_copies_at_most_than_at_least_are_rejected" {
  command = plan
  variables {
    sidecar = { image = "registry.example.com/sidecar:1", directus_url = "http://directus:8055" }
    service = {
      cluster_arn        = "arn:aws:ecs:eu-central-1:123456789012:cluster/main"
      subnet_ids         = ["subnet-1"]
      security_group_ids = ["sg-1"]
      copies_min         = 3
      copies_max         = 2
    }
  }
  expect_failures = [var.service]
}

run "a_service_without_a_network_is_rejected" {
  command = plan
  variables {
    sidecar = { image = "registry.example.com/sidecar:1", directus_url = "http://directus:8055" }
    service = {
      cluster_arn        = "arn:aws:ecs:eu-central-1:123456789012:cluster/main"
      subnet_ids         = []
      security_group_ids = ["sg-1"]
    }
  }
  expect_failures = [var.service]
}

run "a_size_that_fargate_does_not_have_is_rejected" {
  command = plan
  variables {
    sidecar = { image = "registry.example.com/sidecar:1", directus_url = "http://directus:8055" }
    service = {
      cluster_arn        = "arn:aws:ecs:eu-central-1:123456789012:cluster/main"
      subnet_ids         = ["subnet-1"]
      security_group_ids = ["sg-1"]
      cpu                = 512
      memory             = 512
    }
  }
  expect_failures = [var.service]
}

run "scaling_out_after_somebody_was_woken_is_rejected" {
  command = plan
  variables {
    alarms  = { oldest_message_age_seconds = 60 }
    sidecar = { image = "registry.example.com/sidecar:1", directus_url = "http://directus:8055" }
    service = {
      cluster_arn        = "arn:aws:ecs:eu-central-1:123456789012:cluster/main"
      subnet_ids         = ["subnet-1"]
      security_group_ids = ["sg-1"]
      oldest_age_seconds = 60
    }
  }
  expect_failures = [var.service]
}
