"""Where the buckets of pgBackRest are, by its own configuration, and what is said where nobody can ask them."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from hrassist.ops.backup import repositories
from hrassist.ops.backup.facts import Level
from hrassist.ops.backup.pgbackrest import Repository
from hrassist.ops.backup.repositories import Held, Kept

BUCKET = """
[global]
repo1-type=s3
repo1-s3-bucket=backups
repo1-s3-endpoint=127.0.0.1
repo1-storage-port=1
repo1-s3-region=us-east-1
repo1-s3-uri-style=path
repo1-s3-key=key
repo1-s3-key-secret=secret # and more
"""


def configured(settings: Settings, root: Path, text: str, path: str = "etc/pgbackrest.conf") -> None:
    """The settings are of a machine on which this is the configuration."""
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    settings.PG_SERVER_ROOT, settings.PGBACKREST, settings.PGBACKREST_STANZA = str(root), "pgbackrest", "hr"
    settings.BACKUP_LOCK_MODE = "COMPLIANCE"


def test_a_configuration_is_read_as_pgbackrest_reads_it(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured(settings, tmp_path, BUCKET + "[hr]\nrepo1-s3-bucket=of-the-stanza\n[other]\nrepo1-s3-bucket=not-ours\n")
    said = repositories.configuration(1)
    assert (said["s3-bucket"], said["s3-key-secret"]) == ("of-the-stanza", "secret # and more")
    assert repositories.configuration(2) == {}
    # Secrets are often handed over so, and before the file.
    monkeypatch.setenv("PGBACKREST_REPO1_S3_KEY", "of-the-environment")
    assert repositories.configuration(1)["s3-key"] == "of-the-environment"
    # The folder of its package comes first, and what lies beside it counts too.
    configured(settings, tmp_path, BUCKET, "etc/pgbackrest/pgbackrest.conf")
    configured(settings, tmp_path, "[global]\nrepo2-type=gcs\n", "etc/pgbackrest/conf.d/more.conf")
    assert repositories.configuration(1)["s3-bucket"] == "backups"
    assert repositories.configuration(2) == {"type": "gcs"}
    configured(settings, tmp_path, BUCKET.replace("backups", "elsewhere"), "srv/own.conf")
    settings.PGBACKREST = "runuser -u postgres -- pgbackrest --config=/srv/own.conf"
    assert repositories.configuration(1)["s3-bucket"] == "elsewhere"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (BUCKET, "the bucket backups gave no answer (EndpointConnectionError)"),
        (BUCKET.replace("=s3", "=gcs"), "it is of the type gcs"),
        (f"{BUCKET}repo1-host=store.example.com\n", "it is on another machine (store.example.com)"),
        (BUCKET.replace("repo1-s3-bucket=backups\n", ""), "no bucket is configured"),
        ("repo1-type=s3\n", "the configuration of pgBackRest cannot be read (MissingSectionHeaderError)"),
    ],
)
def test_that_a_bucket_could_not_be_asked_is_said(settings: Settings, tmp_path: Path, text: str, why: str) -> None:
    configured(settings, tmp_path, text)
    (fact,) = repositories.about(1, None)
    assert fact.level == Level.WARN
    assert fact.what == f"Whether repository 1 keeps versions and locks them could not be asked: {why}."


def test_a_configuration_that_is_not_there_or_not_for_us_is_said_to_be(settings: Settings, tmp_path: Path) -> None:
    configured(settings, tmp_path, "", "other")
    (fact,) = repositories.about(1, None)
    assert fact.what.endswith("could not be asked: there is no /etc/pgbackrest/pgbackrest.conf.")
    (tmp_path / "srv.conf").mkdir()
    settings.PGBACKREST = "pgbackrest --config=/srv.conf"
    (fact,) = repositories.about(1, None)
    assert "srv.conf cannot be read (Is a directory)" in fact.what


def test_a_folder_is_told_of_where_no_repository_is_a_bucket(settings: Settings, tmp_path: Path) -> None:
    folder = "[global]\nrepo1-path=/var/lib/pgbackrest/a\n"
    configured(settings, tmp_path, folder)
    (fact,) = repositories.about(1, None)
    assert (fact.level, fact.what.split(":")[0]) == (Level.WARN, "Repository 1 is a folder")
    configured(settings, tmp_path, f"{folder}repo2-type=s3\n")
    assert repositories.about(1, None) == []


@pytest.mark.parametrize(
    ("starts", "newest", "archived", "told"),
    [
        ("00000001000000000000003F", "000000010000000000000054", [], []),
        ("00000001000000000000003F", "000000020000000000000054", [], [Level.PAGE]),
        ("000000020000000000000048", "000000020000000000000054", [], []),
        # A standby that took over archived its own history.
        ("00000001000000000000003F", "000000020000000000000054", ["00000002.history"], []),
        ("000000020000000000000048", "000000030000000000000054", ["00000002.history"], [Level.PAGE]),
    ],
)
def test_a_timeline_that_no_backup_leads_to_calls_somebody(
    starts: str, newest: str, archived: list[str], told: list[Level]
) -> None:
    repository = Repository(1, is_well=True, says="ok", newest_backup=None, newest_wal=newest, newest_starts=starts)
    assert [one.level for one in repositories.stranded(repository, archived)] == told


@pytest.mark.parametrize(
    ("kept", "mode", "told"),
    [
        (Kept(versions=True, locks=True, mode="COMPLIANCE", days=30), "COMPLIANCE", ["good"]),
        (Kept(versions=True, locks=True, mode="COMPLIANCE", days=14), "COMPLIANCE", ["good"]),
        (Kept(versions=True, locks=True, mode="COMPLIANCE", days=13), "COMPLIANCE", ["page"]),
        (Kept(versions=True, locks=True, mode="GOVERNANCE", days=30), "COMPLIANCE", ["warn"]),
        (Kept(versions=True, locks=True, mode="GOVERNANCE", days=30), "GOVERNANCE", ["good"]),
        (Kept(versions=True, locks=True), "COMPLIANCE", ["page"]),
        (Kept(versions=True, locks=False), "COMPLIANCE", ["page"]),
        (Kept(versions=True, locks=False), "off", ["warn"]),
        (Kept(versions=False, locks=False), "off", ["page", "warn"]),
        (Kept(versions=False, locks=True, mode="COMPLIANCE", days=30), "COMPLIANCE", ["page"]),
    ],
)
def test_how_bad_it_is_that_a_bucket_keeps_less(settings: Settings, kept: Kept, mode: str, told: list[str]) -> None:
    settings.BACKUP_LOCK_MODE = mode
    assert [one.level.value for one in repositories.judged(1, "backups", kept)] == told


@pytest.mark.parametrize(
    ("found", "mode", "told", "words"),
    [
        (Held(6, 0), "COMPLIANCE", "good", "6 of its newest objects were asked, and each is locked."),
        (Held(6, 1), "COMPLIANCE", "page", "1 of its 6 newest objects that were asked are not locked for 14 days"),
        (Held(6, 1), "off", "warn", "1 of its 6 newest objects that were asked are not locked for 14 days"),
        (Held(0, 0), "COMPLIANCE", "page", "shows nothing of the newest backup"),
    ],
)
def test_how_bad_it_is_that_objects_are_not_locked_although_the_rule_says_so(
    settings: Settings, found: Held, mode: str, told: str, words: str
) -> None:
    settings.BACKUP_LOCK_MODE = mode
    (fact,) = repositories.of_objects(1, "backups", found)
    assert fact.level == told
    assert words in fact.what
