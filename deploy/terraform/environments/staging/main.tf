# Staging: the modules of every environment, with its sizes.
variable "region" {
  type        = string
  description = "Where everything stands."
  default     = "eu-central-1"
}

variable "zone_id" {
  type        = string
  description = "The hosted zone of the name."
}

variable "addresses" {
  type        = list(string)
  description = "The proxy's addresses."
}

data "aws_caller_identity" "us" {}

data "aws_iam_policy_document" "key" {
  statement {
    sid       = "TheAccount"
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::${data.aws_caller_identity.us.account_id}:root"]
    }
  }
  statement {
    sid       = "Logs"
    actions   = ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey*", "kms:DescribeKey"]
    resources = ["*"]
    principals {
      type        = "Service"
      identifiers = ["logs.${var.region}.amazonaws.com"]
    }
  }
}

resource "aws_kms_key" "this" {
  description             = "hrassist staging"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy                  = data.aws_iam_policy_document.key.json
}

module "network" {
  source  = "../../modules/network"
  name    = "hrassist-staging"
  cidr    = "10.30.0.0/16"
  zones   = ["${var.region}a", "${var.region}b"]
  key_arn = aws_kms_key.this.arn
}

module "database" {
  source         = "../../modules/database"
  name           = "hrassist-staging"
  subnets        = module.network.data_subnets
  security_group = module.network.database_group
  key_arn        = aws_kms_key.this.arn
  size           = "db.t4g.medium"
  gigabytes      = 20
  two_zones      = false
  replicas       = 0
}

module "buckets" {
  source  = "../../modules/buckets"
  name    = "hrassist-staging"
  key_arn = aws_kms_key.this.arn
  origin  = "https://staging.hr.example.com"
}

module "dns" {
  source       = "../../modules/dns"
  zone_id      = var.zone_id
  host         = "staging.hr.example.com"
  addresses    = var.addresses
  mail_senders = "include:sendgrid.net"
}

output "database_host" {
  value = module.database.host
}

output "replica_hosts" {
  value = module.database.replica_hosts
}

output "buckets" {
  value = module.buckets.names
}

output "url" {
  value = module.dns.url
}
