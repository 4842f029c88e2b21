"""The folder as a store: tickets that hold, files that are whole or absent."""

from __future__ import annotations

import io
import stat
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from hrassist.lib import storage
from hrassist.lib.errors import Conflict, Gone
from hrassist.lib.storage.disk import AlreadyUploaded, BadTicket, DiskClean, DiskIncoming, DiskTicket, NotAsDeclared
from tests.uploading import md5_of

DATA = b"%PDF-1.7 a resume " * 100
KEY = "incoming/20261102/9b2d"


@pytest.fixture
def incoming(tmp_path: Path) -> DiskIncoming:
    return DiskIncoming(tmp_path / "store")


@pytest.fixture
def clean(tmp_path: Path) -> DiskClean:
    return DiskClean(tmp_path / "store")


def token_of(store: DiskIncoming, data: bytes = DATA, minutes: int = 15) -> str:
    signed = store.ticket(
        KEY, size=len(data), content_type="application/pdf", md5_b64=md5_of(data), expires_in=timedelta(minutes=minutes)
    )
    assert signed.method == "PUT"
    return signed.url.rpartition("/")[2]


def receive(
    store: DiskIncoming,
    token: str,
    body: bytes = DATA,
    *,
    length: int | None = None,
    content_type: str = "application/pdf",
    md5: str = "",
) -> None:
    store.receive(
        token,
        length=str(len(body) if length is None else length),
        content_type=content_type,
        md5_b64=md5 or md5_of(DATA),
        body=io.BytesIO(body),
    )


def files_in(store: DiskIncoming) -> list[str]:
    return [path.name for path in (store.root / "incoming").rglob("*") if path.is_file()]


def test_a_file_that_is_as_declared_arrives_whole(incoming: DiskIncoming) -> None:
    receive(incoming, token_of(incoming))
    found = incoming.head(KEY)
    assert found is not None
    assert b"".join(incoming.open_once(KEY, etag=found.etag, max_bytes=len(DATA))) == DATA


@pytest.mark.parametrize(
    "how",
    [
        {"body": DATA + b"x"},
        {"body": DATA[:-1]},
        {"body": DATA[:-1], "length": len(DATA)},
        {"body": DATA + b"x", "length": len(DATA)},
        {"body": DATA[:-1] + b"!"},
        {"content_type": "text/html"},
        {"md5": md5_of(b"another file")},
    ],
    ids=["longer", "shorter", "breaks-off", "goes-on", "other-bytes", "other-type", "other-md5"],
)
def test_a_file_that_is_not_as_declared_leaves_nothing(incoming: DiskIncoming, how: dict[str, object]) -> None:
    with pytest.raises(NotAsDeclared):
        receive(incoming, token_of(incoming), **how)  # type: ignore[arg-type]
    assert files_in(incoming) == []


def test_an_address_takes_one_file_once(incoming: DiskIncoming) -> None:
    token = token_of(incoming)
    receive(incoming, token)
    with pytest.raises(AlreadyUploaded):
        receive(incoming, token)
    assert len(files_in(incoming)) == 1


def test_an_address_expires(incoming: DiskIncoming) -> None:
    token = token_of(incoming, minutes=15)
    with time_machine.travel(datetime.now(tz=UTC) + timedelta(minutes=16)), pytest.raises(Gone):
        receive(incoming, token)
    assert files_in(incoming) == []


def test_every_changed_character_of_an_address_is_noticed(incoming: DiskIncoming) -> None:
    token = token_of(incoming)
    for at in range(0, len(token), 7):
        changed = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        with pytest.raises(BadTicket):
            DiskTicket.verified(changed)


@pytest.mark.parametrize("key", ["../secret", "/etc/passwd", "clean/../../secret", "clean/.parts/x", "", ".hidden"])
def test_no_key_leads_out_of_the_folder(clean: DiskClean, key: str) -> None:
    with pytest.raises(storage.ObjectMissing):
        clean.open(key)


def test_files_and_folders_are_for_this_user_only(incoming: DiskIncoming, clean: DiskClean) -> None:
    receive(incoming, token_of(incoming))
    clean.put("clean/1", DATA, content_type="application/pdf")
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in [clean.root, *clean.root.rglob("*")]}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}


def test_another_object_under_the_same_key_is_not_read(incoming: DiskIncoming) -> None:
    receive(incoming, token_of(incoming))
    found = incoming.head(KEY)
    assert found is not None
    incoming.delete(KEY)
    time.sleep(0.01)
    receive(incoming, token_of(incoming))
    with pytest.raises(Conflict):
        incoming.open_once(KEY, etag=found.etag, max_bytes=len(DATA))


def test_more_bytes_than_allowed_are_not_read(incoming: DiskIncoming) -> None:
    receive(incoming, token_of(incoming))
    with pytest.raises(storage.TooManyBytes):
        incoming.open_once(KEY, etag="", max_bytes=len(DATA) - 1)


def test_a_part_of_a_file_is_what_a_range_asks_for(clean: DiskClean) -> None:
    clean.put("clean/1", b"0123456789", content_type="text/plain")
    assert b"".join(clean.open("clean/1", start=2, end=5)) == b"234"
    assert b"".join(clean.open("clean/1", start=7)) == b"789"
    assert b"".join(clean.open("clean/1", start=3, end=3)) == b""


def test_a_large_file_is_copied_in_pieces_and_whole(clean: DiskClean, tmp_path: Path) -> None:
    source = tmp_path / "large"
    source.write_bytes(b"0123456789" * 100_000)
    with source.open("rb") as file:
        clean.put_file("clean/large", file, content_type="text/plain")
    assert b"".join(clean.open("clean/large")) == source.read_bytes()


def test_a_deleted_file_is_missing(clean: DiskClean) -> None:
    clean.put("clean/1", DATA, content_type="text/plain")
    clean.delete("clean/1")
    clean.delete("clean/1")
    assert clean.head("clean/1") is None
    with pytest.raises(storage.ObjectMissing):
        clean.open("clean/1")


def test_old_files_are_listed_and_unfinished_ones_are_not(clean: DiskClean) -> None:
    clean.put("clean/1", DATA, content_type="text/plain")
    clean.part().write_bytes(b"half")
    later = datetime.now(tz=UTC) + timedelta(seconds=5)
    assert list(clean.list_older_than(later)) == ["clean/1"]
    assert list(clean.list_older_than(later - timedelta(hours=1))) == []


def test_what_a_stopped_machine_left_half_written_is_swept(incoming: DiskIncoming) -> None:
    incoming.part().write_bytes(b"half")
    assert incoming.sweep_parts(datetime.now(tz=UTC) - timedelta(hours=1)) == 0
    assert incoming.sweep_parts(datetime.now(tz=UTC) + timedelta(seconds=5)) == 1


def test_a_folder_that_cannot_be_made_is_an_unavailable_store(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    broken = DiskClean(tmp_path / "file" / "store")
    with pytest.raises(storage.StorageUnavailable):
        broken.probe()
    with pytest.raises(storage.StorageUnavailable):
        broken.put("clean/1", DATA, content_type="text/plain")
