"""Where the processes of this machine leave what they counted, so that one exporter can add it up.

Each server or worker has a folder of its own below HRASSIST_METRICS_DIR, `web-x3k9…`. It holds a lock on it for as long
as it or a child of it lives; whoever starts next removes the folders that nobody holds any more. Must be called before
prometheus_client is imported, because that decides at its import where values live.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WEB, STREAM, WORKER = "web", "stream", "worker"
ROLES = (WEB, STREAM, WORKER)
VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
# Kinds of values that are added up, whichever process counted them.
ADDED = ("counter", "histogram", "summary")
_held: list[int] = []


def begin(role: str, root: Path | None) -> Path | None:
    """Take a fresh folder for this process and its children, and remove those of processes that are gone.

    Without a root, or where it cannot be written, the process counts for itself alone: a site without figures is
    better than no site.
    """
    if root is None or "prometheus_client" in sys.modules:
        return None
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locked(root / ".lock"):
            sweep(root)
            folder = Path(tempfile.mkdtemp(prefix=f"{role}-", dir=root))
            held = os.open(folder / ".held", os.O_CREAT | os.O_RDWR, 0o600)
            fcntl.flock(held, fcntl.LOCK_EX)
    except OSError as error:
        sys.stderr.write(f"Nothing is counted: HRASSIST_METRICS_DIR={root} cannot be used ({error.strerror}).\n")
        return None
    # Closed by the end of the last process that inherited it.
    _held.append(held)
    os.environ[VARIABLE] = str(folder)
    return folder


def sweep(root: Path) -> None:
    """Remove the folders whose processes have all ended."""
    for folder in root.iterdir():
        if folder.is_dir() and not is_held(folder):
            shutil.rmtree(folder, ignore_errors=True)


def is_held(folder: Path) -> bool:
    """Whether a process lives that counts into it."""
    try:
        held = os.open(folder / ".held", os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(held)


@contextmanager
def locked(path: Path, *, shared: bool = False) -> Iterator[None]:
    """Hold a lock between processes."""
    handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def fold(pid: int) -> None:
    """Add what a worker that ended had counted to what former ones had, in one file, and forget its gauges.

    Otherwise each recycled worker leaves a file behind that every scrape reads.
    """
    name = os.environ.get(VARIABLE, "")
    folder = Path(name)
    if not name or not folder.is_dir():
        return
    from prometheus_client.mmap_dict import MmapedDict  # noqa: PLC0415  see above
    from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415

    with locked(folder / ".folding"):
        mark_process_dead(pid)
        for kind in ADDED:
            file = folder / f"{kind}_{pid}.db"
            if not file.exists():
                continue
            kept = MmapedDict(str(folder / f"{kind}_ended.db"))
            for key, value, _timestamp, _position in MmapedDict.read_all_values_from_file(str(file)):
                kept.write_value(key, kept.read_value(key)[0] + value, 0.0)
            kept.close()
            file.unlink()


@contextmanager
def of_role(root: Path, role: str) -> Iterator[list[str]]:
    """The files that processes of this kind left, while none of them is folded."""
    folders = sorted(folder for folder in root.glob(f"{role}-*") if folder.is_dir())
    with _all_locked(folders):
        yield sorted(str(file) for folder in folders for file in folder.glob("*.db"))


@contextmanager
def _all_locked(folders: list[Path]) -> Iterator[None]:
    if not folders:
        yield
        return
    with locked(folders[0] / ".folding", shared=True), _all_locked(folders[1:]):
        yield
