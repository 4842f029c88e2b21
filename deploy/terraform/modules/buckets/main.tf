# Four buckets: what arrives, what was checked, the copies of the audit trail and the backups. All closed to the public,
# encrypted, over TLS alone; the last two can be deleted by nobody before their time.
variable "name" {
  type        = string
  description = "What they are named after; -incoming, -resumes, -audit and -backups are added."
}

variable "key_arn" {
  type        = string
  description = "The key that objects are encrypted with."
}

variable "origin" {
  type        = string
  description = "Where browsers upload from, https://hr.example.com."
}

variable "audit_days" {
  type        = number
  description = "How long copies of the audit trail stay."
  default     = 730
}

variable "backup_days" {
  type        = number
  description = "How long backups stay."
  default     = 30
}

locals {
  kinds  = toset(["incoming", "resumes", "audit", "backups"])
  locked = { audit = var.audit_days, backups = var.backup_days }
  # Erasure means every version: resumes have none that an erased person lives on in.
  versioned = toset(["audit", "backups"])
}

resource "aws_s3_bucket" "this" {
  for_each            = local.kinds
  bucket              = "${var.name}-${each.key}"
  object_lock_enabled = contains(keys(local.locked), each.key)
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each                = local.kinds
  bucket                  = aws_s3_bucket.this[each.key].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  for_each = local.kinds
  bucket   = aws_s3_bucket.this[each.key].id
  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  for_each = local.kinds
  bucket   = aws_s3_bucket.this[each.key].id
  rule {
    bucket_key_enabled = true
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = var.key_arn
    }
  }
}

resource "aws_s3_bucket_versioning" "this" {
  for_each = local.versioned
  bucket   = aws_s3_bucket.this[each.key].id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_object_lock_configuration" "this" {
  for_each = local.locked
  bucket   = aws_s3_bucket.this[each.key].id
  rule {
    default_retention {
      mode = "COMPLIANCE"
      days = each.value
    }
  }
}

# What nobody confirmed goes after a day; versions of what was locked go a day after their lock.
resource "aws_s3_bucket_lifecycle_configuration" "incoming" {
  bucket = aws_s3_bucket.this["incoming"].id
  rule {
    id     = "unconfirmed"
    status = "Enabled"
    filter {
      prefix = ""
    }
    expiration {
      days = 1
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}

# When a resume goes is decided by the application's rules of retention; pieces of one that never arrived are nobody's.
resource "aws_s3_bucket_lifecycle_configuration" "resumes" {
  bucket = aws_s3_bucket.this["resumes"].id
  rule {
    id     = "unfinished"
    status = "Enabled"
    filter {
      prefix = ""
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "locked" {
  for_each = local.locked
  bucket   = aws_s3_bucket.this[each.key].id
  rule {
    id     = "expired"
    status = "Enabled"
    filter {
      prefix = ""
    }
    noncurrent_version_expiration {
      noncurrent_days = each.value + 1
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}

resource "aws_s3_bucket_cors_configuration" "incoming" {
  bucket = aws_s3_bucket.this["incoming"].id
  cors_rule {
    allowed_origins = [var.origin]
    allowed_methods = ["PUT", "POST"]
    allowed_headers = ["content-type", "content-md5", "if-none-match"]
    max_age_seconds = 3600
  }
}

data "aws_iam_policy_document" "over_tls" {
  for_each = local.kinds
  statement {
    sid       = "OverTlsAlone"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.this[each.key].arn, "${aws_s3_bucket.this[each.key].arn}/*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
  # Rules of the bucket still end what is past its time: no policy binds those.
  dynamic "statement" {
    for_each = contains(keys(local.locked), each.key) ? [each.key] : []
    content {
      sid       = "NobodyTakesVersionsAway"
      effect    = "Deny"
      actions   = ["s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"]
      resources = ["${aws_s3_bucket.this[statement.value].arn}/*"]
      principals {
        type        = "*"
        identifiers = ["*"]
      }
    }
  }
}

resource "aws_s3_bucket_policy" "over_tls" {
  for_each = local.kinds
  bucket   = aws_s3_bucket.this[each.key].id
  policy   = data.aws_iam_policy_document.over_tls[each.key].json
}

# Backups have three credentials: the writer's is the installation's, the reader's is kept with the backup key for a
# restore on another machine, and whoever applies these files alone changes what ends when. No key is made here: it would
# stand in the state. tests/storage tries the first two on a real store.
resource "aws_iam_policy" "backups" {
  for_each = toset(["writer", "reader"])
  name     = "${var.name}-backup-${each.key}"
  policy = templatefile("${path.module}/policies/backup-${each.key}.json", {
    bucket = aws_s3_bucket.this["backups"].arn
  })
}

data "aws_iam_policy_document" "backup_key" {
  for_each = { writer = ["kms:GenerateDataKey", "kms:Decrypt"], reader = ["kms:Decrypt"] }
  statement {
    sid       = "TheBucketsOwnKey"
    actions   = each.value
    resources = [var.key_arn]
  }
}

resource "aws_iam_policy" "backup_key" {
  for_each = data.aws_iam_policy_document.backup_key
  name     = "${var.name}-backup-${each.key}-key"
  policy   = each.value.json
}

output "backup_policies" {
  description = "By who bears them, writer and reader: what their credentials are given."
  value       = { for who, policy in aws_iam_policy.backups : who => [policy.arn, aws_iam_policy.backup_key[who].arn] }
}

output "names" {
  value = { for kind in local.kinds : kind => aws_s3_bucket.this[kind].id }
}
