"""Terraform's files by a real parser and by policies; planned or applied they are not, which needs an account."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.deploy.tools import run
from tests.repo.sources import ROOT

pytestmark = pytest.mark.deploy
FOLDER = ROOT / "deploy/terraform"
SCRIPT = ROOT / "tests/deploy/with_scanners/terraform.py"
PARTS = [*sorted((FOLDER / "modules").iterdir()), *sorted((FOLDER / "environments").iterdir())]
# What is decided otherwise, each with its reason.
LEFT_OUT = {
    "CKV_AWS_109": "the policy of a key names the account that the key is of",
    "CKV_AWS_111": "as above",
    "CKV_AWS_356": "as above",
    "CKV_AWS_157": "a copy for reading, and staging, stand in one zone",
    "CKV_AWS_18": "the application's own trail says who opened which resume",
    "CKV_AWS_21": "resumes have one version, or erasing a person would not erase them",
    "CKV_AWS_144": "copies elsewhere are made by backups, with keys of their own",
    "CKV2_AWS_61": "how long resumes stay is decided by the application's rules of retention",
    "CKV2_AWS_62": "nobody listens to events of buckets",
    "CKV2_AWS_5": "groups are attached in another module",
    "CKV2_AWS_23": "the proxy's addresses are given",
}


def test_everything_that_is_named_is_declared_and_everything_declared_is_used():
    assert [part.name for part in PARTS] == [
        "buckets",
        "database",
        "dns",
        "installation",
        "network",
        "production",
        "staging",
    ]
    done = run("deploy/scripts/scanner", "python", SCRIPT, *PARTS)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("var.origin]", "var.orign]", "var.orign is not declared"),
        ("var.origin]", '"x"]', "variable origin is used by nothing"),
        ("local.versioned\n", "local.versions\n", "local.versions is not declared"),
        (
            "data.aws_iam_policy_document.over_tls[",
            "data.aws_iam_policy_document.tls[",
            "policy_document.tls is not declared",
        ),
        ("aws_s3_bucket.this[kind]", "aws_s3_bucket.that[kind]", "aws_s3_bucket.that is not declared"),
    ],
)
def test_a_wrong_reference_would_be_seen(tmp_path: Path, old, new, said):
    text = (FOLDER / "modules/buckets/main.tf").read_text()
    assert old in text
    (tmp_path / "main.tf").write_text(text.replace(old, new))
    done = run("deploy/scripts/scanner", "python", SCRIPT, tmp_path)
    assert done.returncode == 1
    assert said in done.stdout


def test_policies_have_nothing_to_say_but_what_is_decided_otherwise():
    checkov = ("deploy/scripts/scanner", "checkov", "--directory", FOLDER, "--framework", "terraform")
    done = run(*checkov, "--skip-check", ",".join(LEFT_OUT), timeout=300)
    assert done.returncode == 0, done.stdout
    assert "Failed checks: 0" in done.stdout


def test_the_environments_are_one_installation_with_other_sizes_and_addresses():
    texts = [(FOLDER / "environments" / name / "main.tf").read_text() for name in ("staging", "production")]
    differing = [
        (one, other) for one, other in zip(*(text.splitlines() for text in texts), strict=True) if one != other
    ]
    assert {one.split("=")[0].strip() for one, _ in differing[1:]} == {"name", "cidr", "host", "database"}
    assert all(text.count("source ") == 1 and "resource " not in text for text in texts)
    # Neither writes into the other's state.
    backends = [(FOLDER / "environments" / name / "versions.tf").read_text() for name in ("staging", "production")]
    assert "hrassist-terraform-staging" in backends[0]
    assert "hrassist-terraform-production" in backends[1]


def test_what_must_not_be_deleted_is_locked_and_what_is_stored_is_encrypted():
    text = (FOLDER / "modules/buckets/main.tf").read_text()
    for words in ('mode = "COMPLIANCE"', '"aws:kms"', "block_public_acls       = true", "aws:SecureTransport"):
        assert words in text
    database = (FOLDER / "modules/database/main.tf").read_text()
    for words in ("storage_encrypted     = true", "deletion_protection       = true", "publicly_accessible    = false"):
        assert words in database
