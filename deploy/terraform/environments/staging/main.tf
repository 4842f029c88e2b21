# Staging: what every environment is (modules/installation), with its sizes.
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

module "installation" {
  source           = "../../modules/installation"
  name             = "hrassist-staging"
  region           = var.region
  cidr             = "10.30.0.0/16"
  nat_in_each_zone = false
  host             = "staging.hr.example.com"
  zone_id          = var.zone_id
  addresses        = var.addresses
  mail_senders     = "include:sendgrid.net"
  database         = { size = "db.t4g.medium", gigabytes = 20, two_zones = false, replicas = 0 }
}

output "installation" {
  description = "Where the database and its copies answer, the buckets, the network of the proxy and the app servers, the address."
  value       = module.installation
}
