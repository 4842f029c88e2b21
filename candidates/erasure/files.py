"""The files of long work that a person stands in: exports, imports and lists of refused rows, each kept for a day."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast

from django.db.models import Q

from candidates.models.erasing import Person
from hrassist.lib import storage
from hrassist.models import LongTask

IN_MEMORY = 10 * 1024 * 1024
# A larger one is not read for a word: it goes, and whoever made it makes it again.
MOST_READ = 200 * 1024 * 1024
CHUNK = 1024 * 1024


def that_name(person: Person) -> list[tuple[LongTask, set[str]]]:
    """The work whose files name the person, with the keys of those files; what cannot be read counts as naming them."""
    words = [word.casefold().encode() for word in {*person.words, *person.addresses, *(str(one) for one in person.ids)}]
    found = []
    live = LongTask.objects.filter(~Q(file_key="") | ~Q(source_key="") | Q(result__has_key="refused_key"))
    for task in live.iterator():
        keys = {task.file_key, task.source_key, task.result.get("refused_key", "")} - {""}
        if mine := {key for key in keys if _names(key, words)}:
            found.append((task, mine))
    return found


def forget(task: LongTask, keys: set[str]) -> None:
    """Let the work no longer offer these files."""
    row = LongTask.objects.select_for_update().get(pk=task.pk)
    changed: dict[str, Any] = {}
    for column in ("file_key", "source_key"):
        if getattr(row, column) in keys:
            changed[column] = ""
    if row.result.get("refused_key") in keys:
        changed["result"] = {name: value for name, value in row.result.items() if name != "refused_key"}
    LongTask.objects.filter(pk=row.pk).update(**changed)


def _names(key: str, words: list[bytes]) -> bool:
    try:
        stat = storage.clean().head(key)
        if stat is None:
            return False
        if stat.size > MOST_READ:
            return True
        with cast(IO[bytes], SpooledTemporaryFile(max_size=IN_MEMORY)) as file:
            for chunk in storage.clean().open(key):
                file.write(chunk)
            file.seek(0)
            return _holds(file, words)
    except storage.ObjectMissing:
        return False


def _holds(file: IO[bytes], words: list[bytes]) -> bool:
    if not zipfile.is_zipfile(file):
        file.seek(0)
        return _found(iter(lambda: file.read(CHUNK), b""), words)
    try:
        with zipfile.ZipFile(file) as archive:
            for name in archive.namelist():
                with archive.open(name) as member:
                    if _found(iter(lambda member=member: member.read(CHUNK), b""), words):  # type: ignore[misc]
                        return True
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, io.UnsupportedOperation):
        return True
    return False


def _found(chunks: Iterable[bytes], words: list[bytes]) -> bool:
    # A word may lie across two chunks.
    overlap = max((len(word) for word in words), default=1)
    tail = b""
    for chunk in chunks:
        text = (tail + chunk).decode(errors="ignore").casefold().encode()
        if any(word in text for word in words):
            return True
        tail = chunk[-overlap * 2 :]
    return False
