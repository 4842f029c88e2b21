"""Every hostile file is read in a process of its own, which can neither run long, grow large, nor reach anything."""

from __future__ import annotations

import compileall
import json
import os
import re
import resource
import selectors
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from candidates.resumes import confine
from candidates.resumes.document import Document, HiddenText, Kind, Page, Unreadable
from candidates.resumes.extract.limits import Limits

_ROOT = str(Path(__file__).resolve().parents[2])
_BOOT = "import sys; sys.path.insert(0, sys.argv[1]); from candidates.resumes.confine import main; main(*sys.argv[1:])"
# A wheel that starts a thread per core would spend the address space on stacks; one file needs one core.
_ENVIRONMENT = {
    "LANG": "C.UTF-8",
    "OMP_THREAD_LIMIT": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "RAYON_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
}
_LIMITS = Limits()
# The child's first bytes: how it went, and its peak of memory.
_HEAD = 9
_CODE = re.compile(r"[a-z][a-z0-9_]{1,39}")
_ALLOCATION_FAILED = (b"alloc", b"memory", b"MemoryError")
_STDERR_KEPT = 8_192
_MESSAGES = {
    "too_slow": "Reading this file took too long. Please save it as a simple PDF.",
    "too_much_memory": "Reading this file took too much memory. Please save it as a simple PDF.",
    "too_much_output": "This file holds more text than a resume can have.",
    "damaged_file": "This file is damaged and could not be read. Please save it again, as PDF or DOCX.",
    "cage_unavailable": "Files cannot be read safely on this machine.",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a caged process answered and used: wall and processor seconds, peak resident bytes (0: not known)."""

    output: bytes
    seconds: float
    cpu_seconds: float
    peak_bytes: int


class CageError(Unreadable):
    """A file whose process was stopped or died; `outcome` says what it used."""

    def __init__(self, message: str = "", *, code: str, outcome: Outcome) -> None:
        super().__init__(message or _MESSAGES.get(code, ""), code=code)
        self.outcome = outcome


def read_in_cage(data: bytes, *, limits: Limits = _LIMITS) -> Document:
    """Check the structure of a file and read its text, both inside the cage. Raises Unreadable with a reason code."""
    outcome = run_in_cage("candidates.resumes.caged:read", data, limits=limits, output_bytes=limits.output_bytes)
    return decode_document(outcome.output)


def render_in_cage(data: bytes, *, limits: Limits = _LIMITS) -> list[bytes]:
    """PNG images of the pages of a PDF, none for other formats. Raises Unreadable with a reason code."""
    outcome = run_in_cage(
        "candidates.resumes.caged:render", data, limits=limits, output_bytes=limits.image_output_bytes
    )
    return decode_images(outcome.output)


def read_and_draw_in_cage(data: bytes, *, limits: Limits = _LIMITS) -> tuple[Document, list[bytes]]:
    """Check, read and draw a file in one process: half the cost of two. Raises Unreadable with a reason code.

    A file whose pages take too much to draw is read alone: its text counts, pictures are a convenience.
    """
    most = limits.output_bytes + limits.image_output_bytes
    try:
        output = run_in_cage("candidates.resumes.caged:read_and_draw", data, limits=limits, output_bytes=most).output
    except CageError as error:
        if error.code not in {"too_slow", "too_much_memory", "too_much_output", "damaged_file"}:
            raise
        document = read_in_cage(data, limits=limits)
        return replace(document, warnings=(*document.warnings, f"pages not drawn: {error.code}")), []
    end = 4 + int.from_bytes(output[:4], "big")
    return decode_document(output[4:end]), decode_images(output[end:])


def run_in_cage(target: str, data: bytes, *, limits: Limits, output_bytes: int) -> Outcome:
    """Run `module:function` as `function(data, limits=limits) -> bytes` in a fresh process.

    Raises CageError with the code of the Unreadable that the function raised, or too_slow, too_much_memory,
    too_much_output, damaged_file (it crashed), cage_unavailable.
    """
    if len(data) > limits.max_bytes:
        # The child would say the same, after a copy that need not be made.
        raise Unreadable(
            "This file has {size:.1f} MB; at most {limit} MB are accepted.",
            code="too_large",
            size=len(data) / 2**20,
            limit=limits.max_bytes // 2**20,
        )
    _compile_once()
    began = time.monotonic()
    with _as_stdin(data) as stdin:
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", "-B", "-c", _BOOT, _ROOT, target, json.dumps(asdict(limits))],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(),
            cwd="/",
            close_fds=True,
            start_new_session=True,
        )
    with process:
        try:
            output, errors, stopped_for = _collect(
                process, deadline=began + limits.wall_seconds, most=output_bytes + _HEAD
            )
        finally:
            # Its session, so that nothing it might have started stays behind.
            _kill_group(process.pid)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    outcome = Outcome(
        output=output[_HEAD:],
        seconds=time.monotonic() - began,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        peak_bytes=int.from_bytes(output[1:_HEAD], "big") or _peak_of(usage),
    )
    if stopped_for:
        raise CageError(code=stopped_for, outcome=outcome)
    if output[:1] == b"K":
        return outcome
    if output[:1] == b"E":
        raise _refusal(outcome)
    raise CageError(code=_cause_of_death(process.returncode, errors, outcome, limits=limits), outcome=outcome)


def _peak_of(usage: resource.struct_rusage) -> int:
    # A new process starts with the peak of the one it came from; only what lies above is known to be its own.
    peak = usage.ru_maxrss * 1024
    return peak if peak > confine.peak_bytes(_own_status()) else 0


@cache
def _own_status() -> int | None:
    return confine.open_status()


@cache
def _compile_once() -> None:
    # A caged process cannot write byte code, so without this it would compile our modules for every file anew.
    for folder in (Path(__file__).parent, Path(__file__).parent / "extract"):
        compileall.compile_dir(folder, maxlevels=0, quiet=2)


def _as_stdin(data: bytes) -> Any:
    # A file in memory: no pipe to feed while reading, nothing on a disk.
    file = os.fdopen(os.memfd_create("resume"), "w+b") if hasattr(os, "memfd_create") else _temporary_file()
    file.write(data)
    file.seek(0)
    return file


def _temporary_file() -> Any:
    import tempfile  # noqa: PLC0415

    return tempfile.TemporaryFile()


def _environment() -> dict[str, str]:
    # Python itself may live where the loader does not look.
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    return _ENVIRONMENT | kept


def _collect(process: subprocess.Popen[bytes], *, deadline: float, most: int) -> tuple[bytes, bytes, str]:
    """Standard output up to `most` bytes, the end of standard error, and why the process has to stop, or ""."""
    if process.stdout is None or process.stderr is None:
        raise ValueError("the process has no pipes to read")
    output, errors = bytearray(), bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ, output)
        selector.register(process.stderr, selectors.EVENT_READ, errors)
        while selector.get_map():
            left = deadline - time.monotonic()
            if left <= 0:
                return bytes(output), bytes(errors), "too_slow"
            for key, _ in selector.select(left):
                chunk = os.read(key.fd, 65_536)
                if not chunk:
                    selector.unregister(key.fileobj)
                key.data.extend(chunk)
            if len(output) > most:
                return b"", bytes(errors), "too_much_output"
            del errors[:-_STDERR_KEPT]
    # Both ends closed says that it is over or nearly so; a process that lingers on has no more to say.
    return bytes(output), bytes(errors), "" if output or _ends_by(process.pid, deadline) else "too_slow"


def _ends_by(pid: int, deadline: float) -> bool:
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


def _kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _refusal(outcome: Outcome) -> CageError:
    try:
        said = json.loads(outcome.output)
        code, message = said["code"], said["message"]
    except (ValueError, KeyError, TypeError, RecursionError):
        code, message = "damaged_file", ""
    if not isinstance(code, str) or not _CODE.fullmatch(code) or not isinstance(message, str):
        code, message = "damaged_file", ""
    return CageError(message[:500] or _MESSAGES.get(code, _MESSAGES["damaged_file"]), code=code, outcome=outcome)


def _cause_of_death(status: int, errors: bytes, outcome: Outcome, *, limits: Limits) -> str:
    if status == -signal.SIGXCPU or outcome.cpu_seconds > 0.95 * limits.cpu_seconds:
        return "too_slow"
    if any(word in errors for word in _ALLOCATION_FAILED) or outcome.peak_bytes > 0.7 * limits.memory_bytes:
        return "too_much_memory"
    return "damaged_file"


def decode_document(output: bytes) -> Document:
    """The document of an answer that is not trusted: another shape raises Unreadable."""
    try:
        said = json.loads(output)
        return Document(
            kind=Kind(said["kind"]),
            pages=tuple(
                Page(number=int(one["number"]), text=_text(one["text"]), engine=_text(one["engine"])[:40])
                for one in said["pages"]
            ),
            hidden=tuple(
                HiddenText(page=int(one["page"]), text=_text(one["text"]), reason=_text(one["reason"])[:40])
                for one in said["hidden"]
            ),
            warnings=tuple(_text(one)[:200] for one in said["warnings"][:100]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Unreadable(_MESSAGES["damaged_file"], code="damaged_file") from error


def decode_images(output: bytes) -> list[bytes]:
    """The images of an answer: each its length in four bytes, then a PNG. Another shape raises Unreadable."""
    images, at = [], 0
    while at < len(output):
        size = int.from_bytes(output[at : at + 4], "big")
        image = output[at + 4 : at + 4 + size]
        if len(image) != size or not image.startswith(b"\x89PNG\r\n\x1a\n"):
            raise Unreadable(_MESSAGES["damaged_file"], code="damaged_file")
        images.append(image)
        at += 4 + size
    return images


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    # Neither NUL nor half a surrogate pair can be stored by PostgreSQL.
    return value.encode("utf-8", "replace").decode().replace("\x00", "")
