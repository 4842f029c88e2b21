# A network with three kinds of places in each zone: what is reached from outside (the proxy), what runs the application and
# goes out by an address of the network's without being reached there, what keeps the data and has no way out at all.
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

variable "nat_in_each_zone" {
  type        = bool
  description = "Whether each zone goes out by itself. With one NAT for all, a zone that is lost takes the way out of the others."
}

data "aws_region" "here" {}

resource "aws_vpc" "this" {
  cidr_block           = var.cidr
  enable_dns_hostnames = true
  enable_dns_support   = true
  tags                 = { Name = var.name }
}

# Nobody uses the group that every network comes with, nor its table of routes: a subnet that has none of its own gets nowhere.
resource "aws_default_security_group" "closed" {
  vpc_id = aws_vpc.this.id
}

resource "aws_default_route_table" "nowhere" {
  default_route_table_id = aws_vpc.this.default_route_table_id
  route                  = []
  tags                   = { Name = "${var.name}-nowhere" }
}

# --- What is reached from outside ---

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = var.name }
}

# A machine here has an address of the internet only where somebody gives it one.
resource "aws_subnet" "public" {
  count                   = length(var.zones)
  vpc_id                  = aws_vpc.this.id
  availability_zone       = var.zones[count.index]
  cidr_block              = cidrsubnet(var.cidr, 8, 200 + count.index)
  map_public_ip_on_launch = false
  tags                    = { Name = "${var.name}-public-${var.zones[count.index]}" }
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = "${var.name}-public" }

  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.this.id
  }
}

resource "aws_route_table_association" "public" {
  count          = length(var.zones)
  subnet_id      = aws_subnet.public[count.index].id
  route_table_id = aws_route_table.public.id
}

resource "aws_eip" "nat" {
  #checkov:skip=CKV2_AWS_19:each is a NAT's, and no machine's
  count      = var.nat_in_each_zone ? length(var.zones) : 1
  domain     = "vpc"
  tags       = { Name = "${var.name}-nat-${var.zones[count.index]}" }
  depends_on = [aws_internet_gateway.this]
}

resource "aws_nat_gateway" "this" {
  count         = var.nat_in_each_zone ? length(var.zones) : 1
  subnet_id     = aws_subnet.public[count.index].id
  allocation_id = aws_eip.nat[count.index].id
  tags          = { Name = "${var.name}-${var.zones[count.index]}" }
}

# --- What runs the application ---

resource "aws_subnet" "app" {
  count                   = length(var.zones)
  vpc_id                  = aws_vpc.this.id
  availability_zone       = var.zones[count.index]
  cidr_block              = cidrsubnet(var.cidr, 8, count.index)
  map_public_ip_on_launch = false
  tags                    = { Name = "${var.name}-app-${var.zones[count.index]}" }
}

resource "aws_route_table" "app" {
  count  = length(var.zones)
  vpc_id = aws_vpc.this.id
  tags   = { Name = "${var.name}-app-${var.zones[count.index]}" }

  route {
    cidr_block     = "0.0.0.0/0"
    nat_gateway_id = aws_nat_gateway.this[var.nat_in_each_zone ? count.index : 0].id
  }
}

resource "aws_route_table_association" "app" {
  count          = length(var.zones)
  subnet_id      = aws_subnet.app[count.index].id
  route_table_id = aws_route_table.app[count.index].id
}

# The object store without a way through the internet.
resource "aws_vpc_endpoint" "store" {
  vpc_id          = aws_vpc.this.id
  service_name    = "com.amazonaws.${data.aws_region.here.name}.s3"
  route_table_ids = aws_route_table.app[*].id
}

# --- What keeps the data ---

resource "aws_subnet" "data" {
  count                   = length(var.zones)
  vpc_id                  = aws_vpc.this.id
  availability_zone       = var.zones[count.index]
  cidr_block              = cidrsubnet(var.cidr, 8, 100 + count.index)
  map_public_ip_on_launch = false
  tags                    = { Name = "${var.name}-data-${var.zones[count.index]}" }
}

resource "aws_route_table" "data" {
  vpc_id = aws_vpc.this.id
  # None but the network's own, which every table has.
  route = []
  tags  = { Name = "${var.name}-data" }
}

resource "aws_route_table_association" "data" {
  count          = length(var.zones)
  subnet_id      = aws_subnet.data[count.index].id
  route_table_id = aws_route_table.data.id
}

# --- Who may speak to whom: what is not named is refused, a way out too ---

resource "aws_security_group" "proxy" {
  name_prefix = "${var.name}-proxy-"
  description = "nginx or a load balancer, reached by everybody"
  vpc_id      = aws_vpc.this.id

  ingress {
    description = "Browsers and programs"
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }

  #checkov:skip=CKV_AWS_260:nginx answers there the authority of certificates and sends everybody else on to 443
  ingress {
    description = "On to 443, and the authority of certificates"
    from_port   = 80
    to_port     = 80
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }

  egress {
    description = "Web and stream"
    from_port   = 8000
    to_port     = 8001
    protocol    = "tcp"
    cidr_blocks = aws_subnet.app[*].cidr_block
  }

  egress {
    description = "HTTPS: the authority of certificates, packages"
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_security_group" "app" {
  name_prefix = "${var.name}-app-"
  description = "Web, stream and worker"
  vpc_id      = aws_vpc.this.id

  ingress {
    description     = "Web and stream, for the proxy alone"
    from_port       = 8000
    to_port         = 8001
    protocol        = "tcp"
    security_groups = [aws_security_group.proxy.id]
  }

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

output "public_subnets" {
  value = aws_subnet.public[*].id
}

output "proxy_group" {
  value = aws_security_group.proxy.id
}

output "way_out_addresses" {
  description = "What others see the application come from, for lists of who may come."
  value       = aws_eip.nat[*].public_ip
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
