# The name of the site, who may make certificates for it, and what mail from it is signed with.
variable "zone_id" {
  type        = string
  description = "The hosted zone that the name is in."
}

variable "host" {
  type        = string
  description = "The name people type, for example hr.example.com."
}

variable "addresses" {
  type        = list(string)
  description = "Where it leads: the proxy's addresses."
}

variable "mail_senders" {
  type        = string
  description = "Who may send mail from the name, as SPF says it: include:sendgrid.net."
}

resource "aws_route53_record" "site" {
  zone_id = var.zone_id
  name    = var.host
  type    = "A"
  ttl     = 60
  records = var.addresses
}

resource "aws_route53_record" "authorities" {
  zone_id = var.zone_id
  name    = var.host
  type    = "CAA"
  ttl     = 3600
  records = ["0 issue \"letsencrypt.org\"", "0 issuewild \";\""]
}

resource "aws_route53_record" "senders" {
  zone_id = var.zone_id
  name    = var.host
  type    = "TXT"
  ttl     = 3600
  records = ["v=spf1 ${var.mail_senders} -all"]
}

resource "aws_route53_record" "mail_policy" {
  zone_id = var.zone_id
  name    = "_dmarc.${var.host}"
  type    = "TXT"
  ttl     = 3600
  records = ["v=DMARC1; p=reject; adkim=s; aspf=r"]
}

output "url" {
  value = "https://${aws_route53_record.site.name}"
}
