mock_provider "aws" {
  source = "./tests/mocks"
}

run "minimal_needs_nothing" {
  command = apply

  module {
    source = "./examples/minimal"
  }

  assert {
    condition     = toset(keys(output.policy_arns)) == toset(["publish", "consume", "operate", "judge"])
    error_message = "A role elsewhere can be given what the sidecar may do."
  }
}

run "complete_is_whole_in_a_network" {
  command = apply

  module {
    source = "./examples/complete"
  }

  variables {
    image        = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/sidecar:0.4.0"
    directus_url = "http://directus:8055"
    lake_bucket  = "the-lake"
    alarm_emails = ["on-call@example.com"]
    network = {
      vpc_id                     = "vpc-1"
      subnet_ids                 = ["subnet-1", "subnet-2"]
      cluster_arn                = "arn:aws:ecs:eu-central-1:123456789012:cluster/main"
      namespace_arn              = "arn:aws:servicediscovery:eu-central-1:123456789012:namespace/ns-1"
      directus_security_group_id = "sg-1"
    }
  }

  assert {
    condition     = toset([for rule in aws_vpc_security_group_ingress_rule.from_directus : rule.from_port]) == toset([8080, 8081])
    error_message = "Directus reaches the sidecar's two listeners, and nobody else does."
  }

  assert {
    condition     = length(output.secret_arns) == 4
    error_message = "Four secrets want a value."
  }
}

run "directus_and_the_sidecar_share_a_task" {
  command = apply

  module {
    source = "./examples/directus-on-ecs"
  }

  variables {
    vpc_id             = "vpc-1"
    public_subnet_ids  = ["subnet-1", "subnet-2"]
    private_subnet_ids = ["subnet-3", "subnet-4"]
    certificate_arn    = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
    domain             = "directus.example.com"
    directus_image     = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/directus:12.4.0"
    sidecar_image      = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/sidecar:0.4.0"
    service_account    = "5e1f1ca7-0000-4000-8000-000000000001"
  }

  override_resource {
    target = aws_db_instance.this
    values = {
      address            = "database.example.com"
      port               = 5432
      master_user_secret = [{ secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:database" }]
    }
  }

  assert {
    condition = [
      for container in jsondecode(aws_ecs_task_definition.directus.container_definitions) : container.name
    ] == ["sidecar", "directus"]
    error_message = "One task, two containers."
  }

  # What each is told about the other.
  assert {
    condition = (
      contains(
        jsondecode(aws_ecs_task_definition.directus.container_definitions)[0].environment,
        { name = "SIDECAR__SERVER__LISTEN", value = "127.0.0.1:8080" },
      ) &&
      contains(
        jsondecode(aws_ecs_task_definition.directus.container_definitions)[1].environment,
        { name = "EVENT_BRIDGE_SIDECAR_URL", value = "http://127.0.0.1:8080" },
      )
    )
    error_message = "What passes between them never leaves the task."
  }

  assert {
    condition = alltrue([
      for container in jsondecode(aws_ecs_task_definition.directus.container_definitions) : container.readonlyRootFilesystem
    ])
    error_message = "Both have a root that they cannot write."
  }

  assert {
    condition = toset(flatten([
      for statement in jsondecode(aws_iam_role_policy.start_directus.policy).Statement : statement.Resource if statement.Sid == "ReadSecrets"
      ])) == toset([
      "arn:aws:secretsmanager:eu-central-1:123456789012:secret:mock",
      "arn:aws:secretsmanager:eu-central-1:123456789012:secret:database",
    ])
    error_message = "Directus' secrets are readable by ARN: its own and the database's."
  }

  assert {
    condition     = aws_db_instance.this.storage_encrypted && aws_db_instance.this.multi_az && !aws_db_instance.this.publicly_accessible
    error_message = "The database is encrypted, in two zones, and reached from nowhere else."
  }
}
