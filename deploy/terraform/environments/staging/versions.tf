terraform {
  required_version = ">= 1.9"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
  # The state holds names of everything: a bucket of its own, encrypted, with a lock.
  backend "s3" {
    bucket       = "hrassist-terraform-staging"
    key          = "hrassist.tfstate"
    region       = "eu-central-1"
    encrypt      = true
    use_lockfile = true
  }
}

provider "aws" {
  region = var.region
  default_tags {
    tags = { product = "hrassist", environment = "staging" }
  }
}
