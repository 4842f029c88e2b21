# A network with three kinds of places: what is reached from outside, what runs the application, what keeps the data.
variable "name" {
  type        = string
  description = "What everything is named after, for example hrassist-production."
}

variable "cidr" {
  type        = string
  description = "The addresses of the network, a /16."
}

variable "zones" {
  type        = list(string)
  description = "At least two availability zones."
  validation {
    condition     = length(var.zones) >= 2
    error_message = "Two zones at least: the database has its second half in another one."
  }
}

data "aws_region" "here" {}

resource "aws_vpc" "this" {
  cidr_block           = var.cidr
  enable_dns_hostnames = true
  enable_dns_support   = true
  tags                 = { Name = var.name }
}

# Nobody uses the group that every network comes with.
resource "aws_default_security_group" "closed" {
  vpc_id = aws_vpc.this.id
}

resource "aws_subnet" "app" {
  count             = length(var.zones)
  vpc_id            = aws_vpc.this.id
  availability_zone = var.zones[count.index]
  cidr_block        = cidrsubnet(var.cidr, 8, count.index)
  tags              = { Name = "${var.name}-app-${var.zones[count.index]}" }
}

resource "aws_subnet" "data" {
  count             = length(var.zones)
  vpc_id            = aws_vpc.this.id
  availability_zone = var.zones[count.index]
  cidr_block        = cidrsubnet(var.cidr, 8, 100 + count.index)
  tags              = { Name = "${var.name}-data-${var.zones[count.index]}" }
}

# The object store without a way through the internet.
resource "aws_vpc_endpoint" "store" {
  vpc_id          = aws_vpc.this.id
  service_name    = "com.amazonaws.${data.aws_region.here.name}.s3"
  route_table_ids = [aws_vpc.this.main_route_table_id]
}

resource "aws_security_group" "app" {
  name_prefix = "${var.name}-app-"
  description = "Web, stream and worker"
  vpc_id      = aws_vpc.this.id

  egress {
    description = "HTTPS: the store, the company's sign-in, mail by provider"
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }

  egress {
    description = "The database"
    from_port   = 5432
    to_port     = 5432
    protocol    = "tcp"
    cidr_blocks = aws_subnet.data[*].cidr_block
  }
}

resource "aws_security_group" "database" {
  name_prefix = "${var.name}-database-"
  description = "PostgreSQL, reached by the application alone"
  vpc_id      = aws_vpc.this.id

  ingress {
    description     = "PostgreSQL"
    from_port       = 5432
    to_port         = 5432
    protocol        = "tcp"
    security_groups = [aws_security_group.app.id]
  }
}

resource "aws_flow_log" "this" {
  vpc_id               = aws_vpc.this.id
  traffic_type         = "REJECT"
  log_destination_type = "cloud-watch-logs"
  log_destination      = aws_cloudwatch_log_group.flows.arn
  iam_role_arn         = aws_iam_role.flows.arn
}

resource "aws_cloudwatch_log_group" "flows" {
  name              = "/${var.name}/flows"
  retention_in_days = 365
  kms_key_id        = var.key_arn
}

variable "key_arn" {
  type        = string
  description = "The key that logs are encrypted with."
}

resource "aws_iam_role" "flows" {
  name_prefix        = "hrassist-flows-"
  assume_role_policy = data.aws_iam_policy_document.flows.json
}

data "aws_iam_policy_document" "flows" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["vpc-flow-logs.amazonaws.com"]
    }
  }
}

resource "aws_iam_role_policy" "flows" {
  role   = aws_iam_role.flows.id
  policy = data.aws_iam_policy_document.write_flows.json
}

data "aws_iam_policy_document" "write_flows" {
  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]
    resources = ["${aws_cloudwatch_log_group.flows.arn}:*"]
  }
}

output "data_subnets" {
  value = aws_subnet.data[*].id
}

output "app_subnets" {
  value = aws_subnet.app[*].id
}

output "database_group" {
  value = aws_security_group.database.id
}

output "app_group" {
  value = aws_security_group.app.id
}
