# Production: what every environment is (modules/installation), with its sizes.
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
  name             = "hrassist-production"
  region           = var.region
  cidr             = "10.20.0.0/16"
  nat_in_each_zone = true
  host             = "hr.example.com"
  zone_id          = var.zone_id
  addresses        = var.addresses
  mail_senders     = "include:sendgrid.net"
  database         = { size = "db.m7g.large", gigabytes = 100, two_zones = true, replicas = 1 }
}

output "installation" {
  description = "Where the database and its copies answer, the buckets, the network of the proxy and the app servers, the address."
  value       = module.installation
}
