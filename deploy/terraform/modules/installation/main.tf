# One installation: a key of its own, and everything that is encrypted with it. Environments give it their sizes.
variable "name" {
  type        = string
  description = "What everything is named after, for example hrassist-production."
}

variable "region" {
  type        = string
  description = "Where everything stands."
}

variable "cidr" {
  type        = string
  description = "The addresses of the network, a /16 that no other environment has."
}

variable "nat_in_each_zone" {
  type        = bool
  description = "Whether each zone goes out by itself, so that one that is lost takes the way out of no other."
}

variable "host" {
  type        = string
  description = "The name people type, for example hr.example.com."
}

variable "zone_id" {
  type        = string
  description = "The hosted zone that the name is in."
}

variable "addresses" {
  type        = list(string)
  description = "Where the name leads: the proxy's addresses."
}

variable "mail_senders" {
  type        = string
  description = "Who may send mail from the name, as SPF says it: include:sendgrid.net."
}

variable "database" {
  type = object({
    size      = string
    gigabytes = number
    two_zones = bool
    replicas  = number
  })
  description = "The database's machine, its disk, whether a second one stands by, and how many copies are read."
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
  description             = var.name
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy                  = data.aws_iam_policy_document.key.json
}

module "network" {
  source           = "../network"
  name             = var.name
  cidr             = var.cidr
  zones            = ["${var.region}a", "${var.region}b"]
  nat_in_each_zone = var.nat_in_each_zone
  key_arn          = aws_kms_key.this.arn
}

module "database" {
  source         = "../database"
  name           = var.name
  subnets        = module.network.data_subnets
  security_group = module.network.database_group
  key_arn        = aws_kms_key.this.arn
  size           = var.database.size
  gigabytes      = var.database.gigabytes
  two_zones      = var.database.two_zones
  replicas       = var.database.replicas
}

module "buckets" {
  source  = "../buckets"
  name    = var.name
  key_arn = aws_kms_key.this.arn
  origin  = "https://${var.host}"
}

module "dns" {
  source       = "../dns"
  zone_id      = var.zone_id
  host         = var.host
  addresses    = var.addresses
  mail_senders = var.mail_senders
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

output "backup_policies" {
  value = module.buckets.backup_policies
}

output "public_subnets" {
  value = module.network.public_subnets
}

output "proxy_group" {
  value = module.network.proxy_group
}

output "way_out_addresses" {
  value = module.network.way_out_addresses
}

output "app_subnets" {
  value = module.network.app_subnets
}

output "app_group" {
  value = module.network.app_group
}

output "url" {
  value = module.dns.url
}
