# PostgreSQL 17 with pgvector: encrypted, in two zones, with backups that one can go back to at any second.
variable "name" {
  type        = string
  description = "What it is named after, for example hrassist-production."
}

variable "subnets" {
  type        = list(string)
  description = "Where it may stand, in two zones at least."
}

variable "security_group" {
  type        = string
  description = "Who may reach it."
}

variable "key_arn" {
  type        = string
  description = "The key that it is encrypted with."
}

variable "size" {
  type        = string
  description = "The machine, for example db.t4g.medium."
}

variable "gigabytes" {
  type        = number
  description = "The disk at the beginning; it grows by itself up to four times as much."
}

variable "two_zones" {
  type        = bool
  description = "Whether a second one stands by in another zone."
}

variable "replicas" {
  type        = number
  description = "Copies for reading (DATABASE_REPLICA_URL)."
  default     = 0
}

resource "aws_db_subnet_group" "this" {
  name_prefix = "${var.name}-"
  subnet_ids  = var.subnets
}

resource "aws_db_parameter_group" "this" {
  name_prefix = "${var.name}-"
  family      = "postgres17"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }
  # Statements that are slow, never their values: they hold names.
  parameter {
    name  = "log_min_duration_statement"
    value = "1000"
  }
  parameter {
    name  = "log_parameter_max_length"
    value = "0"
  }
  parameter {
    name  = "log_statement"
    value = "ddl"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_db_instance" "this" {
  identifier_prefix = "${var.name}-"
  engine            = "postgres"
  engine_version    = "17"
  instance_class    = var.size
  db_name           = "hrassist"
  username          = "hrassist_owner"
  # Made and turned over by the provider; it is the owner's, for migrations alone.
  manage_master_user_password   = true
  master_user_secret_kms_key_id = var.key_arn

  allocated_storage     = var.gigabytes
  max_allocated_storage = var.gigabytes * 4
  storage_type          = "gp3"
  storage_encrypted     = true
  kms_key_id            = var.key_arn

  multi_az               = var.two_zones
  db_subnet_group_name   = aws_db_subnet_group.this.name
  parameter_group_name   = aws_db_parameter_group.this.name
  vpc_security_group_ids = [var.security_group]
  publicly_accessible    = false

  backup_retention_period   = 30
  copy_tags_to_snapshot     = true
  deletion_protection       = true
  skip_final_snapshot       = false
  final_snapshot_identifier = "${var.name}-last"

  auto_minor_version_upgrade          = true
  iam_database_authentication_enabled = true
  performance_insights_enabled        = true
  performance_insights_kms_key_id     = var.key_arn
  monitoring_interval                 = 60
  monitoring_role_arn                 = aws_iam_role.monitoring.arn
  enabled_cloudwatch_logs_exports     = ["postgresql", "upgrade"]
}

resource "aws_db_instance" "replica" {
  count                           = var.replicas
  identifier_prefix               = "${var.name}-replica-"
  replicate_source_db             = aws_db_instance.this.identifier
  instance_class                  = var.size
  storage_encrypted               = true
  kms_key_id                      = var.key_arn
  publicly_accessible             = false
  vpc_security_group_ids          = [var.security_group]
  parameter_group_name            = aws_db_parameter_group.this.name
  multi_az                        = false
  auto_minor_version_upgrade      = true
  copy_tags_to_snapshot           = true
  deletion_protection             = true
  skip_final_snapshot             = true
  performance_insights_enabled    = true
  performance_insights_kms_key_id = var.key_arn
  monitoring_interval             = 60
  monitoring_role_arn             = aws_iam_role.monitoring.arn
  enabled_cloudwatch_logs_exports = ["postgresql", "upgrade"]

  iam_database_authentication_enabled = true
}

resource "aws_iam_role" "monitoring" {
  name_prefix        = "hrassist-monitoring-"
  assume_role_policy = data.aws_iam_policy_document.monitoring.json
}

data "aws_iam_policy_document" "monitoring" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["monitoring.rds.amazonaws.com"]
    }
  }
}

resource "aws_iam_role_policy_attachment" "monitoring" {
  role       = aws_iam_role.monitoring.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
}

output "host" {
  value = aws_db_instance.this.address
}

output "replica_hosts" {
  value = aws_db_instance.replica[*].address
}
