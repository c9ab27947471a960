terraform {
  # 1.9 brought validations that look at other variables, and mocks for the tests.
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}
