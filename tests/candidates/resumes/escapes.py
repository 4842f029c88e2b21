"""What code that took over a reader would try; each runs inside the cage and says how it went."""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from candidates.resumes.extract import Limits


def _attempt(act: object) -> bytes:
    try:
        return f"escaped: {act()!r}".encode()  # type: ignore[operator]
    except (OSError, subprocess.SubprocessError) as error:
        return f"refused: {type(error).__name__}".encode()


def connect(data: bytes, *, limits: Limits) -> bytes:
    return _attempt(lambda: socket.create_connection(("127.0.0.1", int(data)), timeout=2))


def send_datagram(data: bytes, *, limits: Limits) -> bytes:
    return _attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", int(data))))


def read_file(data: bytes, *, limits: Limits) -> bytes:
    return _attempt(Path(data.decode()).read_bytes)


def write_file(data: bytes, *, limits: Limits) -> bytes:
    return _attempt(lambda: Path(data.decode()).write_text("here"))


def run_program(data: bytes, *, limits: Limits) -> bytes:
    return _attempt(lambda: subprocess.run(["/bin/true"], check=True))


def fork(data: bytes, *, limits: Limits) -> bytes:
    return _attempt(os.fork)


def spawn(data: bytes, *, limits: Limits) -> bytes:
    return _attempt(lambda: os.posix_spawn("/bin/true", ["true"], {}))


def signal_parent(data: bytes, *, limits: Limits) -> bytes:
    return _attempt(lambda: os.kill(os.getppid(), signal.SIGCONT))


def show_environment(data: bytes, *, limits: Limits) -> bytes:
    return "\n".join(sorted(os.environ)).encode()


def print_noise(data: bytes, *, limits: Limits) -> bytes:
    print("a library talks")  # noqa: T201
    return b"answer"


def spin(data: bytes, *, limits: Limits) -> bytes:
    while True:
        pass


def sleep(data: bytes, *, limits: Limits) -> bytes:
    time.sleep(60)
    return b""


def grow(data: bytes, *, limits: Limits) -> bytes:
    kept = []
    while True:
        kept.append(bytearray(10_000_000))


def crash(data: bytes, *, limits: Limits) -> bytes:
    ctypes.string_at(0)
    return b""


def flood(data: bytes, *, limits: Limits) -> bytes:
    return b"a" * 20_000_000


def flood_stderr(data: bytes, *, limits: Limits) -> bytes:
    for _ in range(300):
        sys.stderr.write("x" * 100_000)
    return b"answer"


def leave_quietly(data: bytes, *, limits: Limits) -> bytes:
    os._exit(0)


def lie(data: bytes, *, limits: Limits) -> bytes:
    return b'{"kind": "pdf", "pages": [{"number": "x"}]}'


def _system_call(number: int, *arguments: int) -> bytes:
    """A call past every library, as shell code would make it."""
    libc = ctypes.CDLL(None, use_errno=True)
    ctypes.set_errno(0)
    result = libc.syscall(number, *arguments)
    said = os.strerror(ctypes.get_errno()) if result == -1 else f"escaped: {result}"
    return (said if said.startswith("escaped") else f"refused: {said}").encode()


# By the numbers of x86_64 and of aarch64.
_CALLS = {
    "io_uring_setup": (425, 425),
    "ptrace": (101, 117),
    "socketpair": (53, 199),
    "unshare": (272, 97),
    "mount": (165, 40),
    "bpf": (321, 280),
    "userfaultfd": (323, 282),
    "keyctl": (250, 219),
    "pidfd_getfd": (438, 438),
    "process_vm_readv": (310, 270),
    "perf_event_open": (298, 241),
    "open_by_handle_at": (304, 265),
    "setns": (308, 268),
    "personality": (135, 92),
}


def system_call(data: bytes, *, limits: Limits) -> bytes:
    numbers = _CALLS[data.decode()]
    return _system_call(numbers[platform.machine() == "aarch64"], 0, 0, 0, 0, 0)


def x32_call(data: bytes, *, limits: Limits) -> bytes:
    # The same calls under the numbers of another convention: socket is 41.
    return _system_call(0x40000000 + 41, socket.AF_INET, socket.SOCK_STREAM, 0)


def run_from_memory(data: bytes, *, limits: Limits) -> bytes:
    def attempt() -> None:
        file = os.memfd_create("program")
        os.execve(file, ["program"], {})  # noqa: S606

    return _attempt(attempt)


def kill_everything(data: bytes, *, limits: Limits) -> bytes:
    return _attempt(lambda: os.kill(-1, signal.SIGKILL))


def kill_parent(data: bytes, *, limits: Limits) -> bytes:
    return _attempt(lambda: os.kill(os.getppid(), signal.SIGKILL))


def widen_limits(data: bytes, *, limits: Limits) -> bytes:
    def attempt() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (2**40, 2**40))

    try:
        return _attempt(attempt)
    except ValueError as error:
        return f"refused: {error}".encode()


def open_many_files(data: bytes, *, limits: Limits) -> bytes:
    return _attempt(lambda: [os.open("/dev/null", os.O_RDONLY) for _ in range(1_000)])


def list_descriptors(data: bytes, *, limits: Limits) -> bytes:
    """Which descriptors are open here: nothing of the worker's may be among them."""
    found = []
    for number in range(256):
        try:
            os.fstat(number)
        except OSError:
            continue
        found.append(number)
    return " ".join(map(str, found)).encode()


def remove_file(data: bytes, *, limits: Limits) -> bytes:
    return _attempt(lambda: Path(data.decode()).unlink())


def link_file(data: bytes, *, limits: Limits) -> bytes:
    return _attempt(lambda: Path(data.decode() + "-link").symlink_to(data.decode()))


def draw_with_escape(data: bytes, *, limits: Limits) -> bytes:
    """What a page's renderer could do once it is taken over: the same as everything else, nothing."""
    import pypdfium2

    pypdfium2.PdfDocument(data)[0].render(scale=0.1)
    return b" ".join([run_program(b"", limits=limits), fork(b"", limits=limits), kill_parent(b"", limits=limits)])
