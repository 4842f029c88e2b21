"""Terraform's files by Terraform itself, evaluated, and by policies; a plan of them needs an account."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.places import Evaluated, listed
from tests.deploy.tools import run
from tests.repo.sources import ROOT

pytestmark = pytest.mark.deploy
FOLDER = ROOT / "deploy/terraform"
SCRIPT = ROOT / "tests/deploy/with_scanners/terraform.py"
PARTS = [*sorted((FOLDER / "modules").iterdir()), *sorted((FOLDER / "environments").iterdir())]
ENVIRONMENTS = ("staging", "production")
# Days that nobody takes anything away in.
LOCKED = {"audit": 730, "backups": 30}
BUCKETS, DATABASE, INSTALLATION = (f"modules/{name}/main.tf" for name in ("buckets", "database", "installation"))
STATE = "environments/production/versions.tf"
# What is decided otherwise, each with its reason.
LEFT_OUT = {
    "CKV_AWS_109": "the policy of a key names the account that the key is of",
    "CKV_AWS_111": "as above",
    "CKV_AWS_356": "as above",
    "CKV_AWS_157": "a copy for reading, and staging, stand in one zone",
    "CKV_AWS_18": "the application's own trail says who opened which resume",
    "CKV_AWS_21": "resumes have one version, or erasing a person would not erase them",
    "CKV_AWS_144": "copies elsewhere are made by backups, with keys of their own",
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
        ("[var.origin]", '["x"]', "variable origin is used by nothing"),
        ("locals {", "locals {{", "Argument or block definition required"),
        ("[var.origin]", "[var.origin", "main.tf: invalid HCL"),
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


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    shutil.copytree(FOLDER, tmp_path / "terraform")
    return tmp_path / "terraform"


def test_terraform_itself_finds_every_file_in_its_form(shipped):
    assert terraform(shipped, "fmt", "-check", "-recursive").returncode == 0
    main = shipped / "modules/dns/main.tf"
    main.write_text(main.read_text().replace(" = ", "  =  ", 1))
    done = terraform(shipped, "fmt", "-check", "-recursive")
    assert done.returncode == 3
    assert done.stdout.split() == ["modules/dns/main.tf"]


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_terraform_itself_reads_each_environment_with_its_modules(shipped, name):
    done = terraform(shipped / "environments" / name, "get", "-no-color")
    assert done.returncode == 0, done.stderr
    assert sorted(re.findall(r"in \S+/modules/(\w+)$", done.stdout, re.MULTILINE)) == [
        part.name for part in PARTS if part.parent.name == "modules"
    ]


@pytest.mark.parametrize(
    ("part", "old", "new", "said"),
    [
        ("modules/dns/main.tf", 'variable "', 'variabel "', "Unsupported block type"),
        ("modules/dns/main.tf", "  type ", "  tpye ", "Unsupported argument"),
        ("modules/dns/main.tf", "variable", 'variable "zone" {}\nvariable', "Missing required argument"),
        ("modules/network/versions.tf", ">= 1.9", ">= 99", "Unsupported Terraform Core version"),
        ("modules/installation/main.tf", '"../dns"', '"../names"', "Unreadable module directory"),
        ("environments/staging/versions.tf", 'backend "s3"', 'backend "s4" {}\n  backend "s3"', "Duplicate 'backend'"),
    ],
)
def test_terraform_itself_refuses_a_mistake(shipped, part, old, new, said):
    text = (shipped / part).read_text()
    assert old in text
    (shipped / part).write_text(text.replace(old, new, 1))
    done = terraform(shipped / "environments/staging", "get", "-no-color")
    assert done.returncode == 1
    assert said in done.stderr


def terraform(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return run("deploy/scripts/scanner", "terraform", folder, *command)


def test_policies_have_nothing_to_say_but_what_is_decided_otherwise():
    checkov = ("deploy/scripts/scanner", "checkov", "--directory", FOLDER, "--framework", "terraform")
    done = run(*checkov, "--skip-check", ",".join(LEFT_OUT), timeout=300)
    assert done.returncode == 0, done.stdout
    assert "Failed checks: 0" in done.stdout


def test_the_environments_are_one_installation_with_other_sizes_and_addresses(evaluated):
    texts = [(FOLDER / "environments" / name / "main.tf").read_text() for name in ENVIRONMENTS]
    differing = [
        (one, other) for one, other in zip(*(text.splitlines() for text in texts), strict=True) if one != other
    ]
    assert {one.split("=")[0].strip() for one, _ in differing[1:]} == {
        "name", "cidr", "nat_in_each_zone", "host", "database",
    }  # fmt: skip
    assert all(text.count("source ") == 1 and "resource " not in text for text in texts)
    # Neither writes into the other's state.
    assert {name: evaluated[name]["terraform"][0]["backend"]["bucket"] for name in ENVIRONMENTS} == {
        "staging": "hrassist-terraform-staging", "production": "hrassist-terraform-production",
    }  # fmt: skip


def evaluate(*folders: Path) -> list[Evaluated]:
    done = run("deploy/scripts/scanner", "python", SCRIPT.with_name("terraform_values.py"), *folders)
    assert done.returncode == 0, done.stdout + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def evaluated() -> dict[str, Evaluated]:
    folders = [FOLDER / "environments" / name for name in ENVIRONMENTS]
    return dict(zip(ENVIRONMENTS, evaluate(*folders), strict=True))


def lacking(found: Evaluated, kind: str, holds: Callable[[dict[str, Any]], bool]) -> Iterator[str]:
    """Buckets, of any module, that have not exactly one thing of this kind, or one of which that does not hold."""
    for bucket in (one["bucket"] for one in found["aws_s3_bucket"]):
        about = [one for one in found.get(f"aws_s3_bucket_{kind}", []) if one["bucket"] == bucket]
        if [holds(one) for one in about] != [True]:
            yield f"{bucket}: {kind}"


def wrong(found: Evaluated) -> list[str]:
    """What is not closed, encrypted, locked or ended in time, in an environment as it would be made."""
    (key,) = found["aws_kms_key"]
    policies = {one["id"]: one for one in found["aws_iam_policy_document"]}
    ends = {
        "incoming": lambda rule: rule.get("expiration", {}).get("days") == 1,
        # The application's rules of retention end resumes, and nothing else may.
        "resumes": lambda rule: not {"expiration", "noncurrent_version_expiration", "transition"} & set(rule),
    } | {name: partial(goes_after, days) for name, days in LOCKED.items()}

    def closed(one: dict[str, Any]) -> bool:
        flags = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
        return all(one.get(flag) is True for flag in flags)

    def encrypted(one: dict[str, Any]) -> bool:
        told = one["rule"]["apply_server_side_encryption_by_default"]
        return bool(told["sse_algorithm"] == "aws:kms" and told["kms_master_key_id"] == key["id"])

    def ended(one: dict[str, Any]) -> bool:
        (rule,) = listed(one["rule"])
        everything = rule["status"] == "Enabled" and rule["filter"]["prefix"] == ""
        unfinished = rule["abort_incomplete_multipart_upload"]["days_after_initiation"] == 1
        return everything and unfinished and bool(ends[one["bucket"].rpartition("-")[2]](rule))

    def over_tls(one: dict[str, Any]) -> bool:
        denied = [
            said for said in listed(policies[one["policy"]]["statement"])
            if said["effect"] == "Deny" and said.get("condition", {}).get("variable") == "aws:SecureTransport"
        ]  # fmt: skip
        return [said["condition"]["values"] for said in denied] == [["false"]] and denied[0]["resources"] == [
            f"arn:aws:s3:::{one['bucket']}", f"arn:aws:s3:::{one['bucket']}/*",
        ]  # fmt: skip

    said = [
        *lacking(found, "public_access_block", closed),
        *lacking(found, "ownership_controls", lambda one: one["rule"]["object_ownership"] == "BucketOwnerEnforced"),
        *lacking(found, "server_side_encryption_configuration", encrypted),
        *lacking(found, "lifecycle_configuration", ended),
        *lacking(found, "policy", over_tls),
    ]
    for bucket in found["aws_s3_bucket"]:
        days = LOCKED.get(bucket["bucket"].rpartition("-")[2])
        locks = [one["rule"]["default_retention"] for one in of(found, "object_lock_configuration", bucket)]
        versions = [one["versioning_configuration"]["status"] for one in of(found, "versioning", bucket)]
        kept = [(one["mode"], one["days"]) for one in locks]
        if (bucket["object_lock_enabled"], kept, versions) != (
            (True, [("COMPLIANCE", days)], ["Enabled"]) if days else (False, [], [])
        ):
            said.append(f"{bucket['bucket']}: lock")
    for one in found["aws_db_instance"]:
        if not (one["storage_encrypted"] and one["kms_key_id"] == key["id"] and one["deletion_protection"]):
            said.append(f"{one['address']}: encryption or protection")
        if one["publicly_accessible"] is not False:
            said.append(f"{one['address']}: public")
    said += [f"{one['address']}: key" for one in found["aws_cloudwatch_log_group"] if one["kms_key_id"] != key["id"]]
    said += ["the key: rotation"] if key["enable_key_rotation"] is not True else []
    state = found["terraform"][0]["backend"]
    said += ["the state: encryption or lock"] if not (state["encrypt"] and state["use_lockfile"]) else []
    return said


def of(found: Evaluated, kind: str, bucket: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in found.get(f"aws_s3_bucket_{kind}", []) if one["bucket"] == bucket["bucket"]]


def goes_after(days: int, rule: dict[str, Any]) -> bool:
    gone = rule.get("noncurrent_version_expiration", {}).get("noncurrent_days")
    return gone == days + 1 and "expiration" not in rule


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_every_bucket_is_closed_encrypted_and_ended_and_what_must_not_be_deleted_is_locked(evaluated, name):
    found = evaluated[name]
    assert {one["bucket"] for one in found["aws_s3_bucket"]} == {
        f"hrassist-{name}-{kind}" for kind in ("incoming", "resumes", "audit", "backups")
    }
    assert len(found["aws_db_instance"]) == {"staging": 1, "production": 2}[name]
    assert wrong(found) == []


@pytest.mark.parametrize(
    ("path", "old", "new", "said"),
    [
        (BUCKETS, 'mode = "COMPLIANCE"', 'mode = "GOVERNANCE"', "-audit: lock"),
        (BUCKETS, "backups = var.backup_days }", "backups = 7 }", "-backups: lock"),
        (BUCKETS, "= contains(keys(local.locked), each.key)\n}", "= false\n}", "-audit: lock"),
        (BUCKETS, 'toset(["audit", "backups"])', 'toset(["audit"])', "-backups: lock"),
        (BUCKETS, '"aws:kms"', '"AES256"', "-resumes: server_side_encryption_configuration"),
        (BUCKETS, "restrict_public_buckets = true", "restrict_public_buckets = false", "-incoming: pub"),
        (BUCKETS, 'access_block" "this" {\n  for_each                = local.kinds',
         'access_block" "this" {\n  for_each                = local.versioned', "-resumes: public_access_block"),
        (BUCKETS, "days = 1\n", "days = 30\n", "-incoming: lifecycle_configuration"),
        (BUCKETS, "each.value + 1", "each.value - 1", "-audit: lifecycle_configuration"),
        (BUCKETS, 'this["resumes"].id\n  rule', 'this["incoming"].id\n  rule', "-resumes: lifecycle"),
        (BUCKETS, 'id     = "unfinished"\n    status = "Enabled"',
         'id     = "unfinished"\n    status = "Disabled"', "-resumes: lifecycle_configuration"),
        (BUCKETS, 'values   = ["false"]', 'values   = ["true"]', "-resumes: policy"),
        (BUCKETS, '"BucketOwnerEnforced"', '"ObjectWriter"', "-resumes: ownership_controls"),
        (INSTALLATION, "enable_key_rotation     = true", "enable_key_rotation     = false", "rotation"),
        (DATABASE, "deletion_protection       = true", "deletion_protection       = false", "this: enc"),
        (DATABASE, "publicly_accessible             = false", "publicly_accessible = true", "[0]: pub"),
        (STATE, "encrypt      = true", "encrypt      = false", "the state"),
    ],
)  # fmt: skip
def test_what_would_be_open_or_unlocked_is_seen(tmp_path: Path, path, old, new, said):
    tree = shutil.copytree(FOLDER, tmp_path / "terraform")
    text = (tree / path).read_text()
    assert old in text
    (tree / path).write_text(text.replace(old, new))
    (found,) = evaluate(tree / "environments/production")
    assert any(said in one for one in wrong(found)), wrong(found)
