"""The child's side of the cage: give up every right, then read one file.

Nothing is imported here but the standard library, and native libraries are loaded only after `confine`: a filter set
earlier also holds for every thread that they start.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import json
import os
import platform
import re
import resource
import struct
import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _PR_SET_PDEATHSIG, _PR_SET_DUMPABLE = 38, 22, 1, 4
_SECCOMP_MODE_FILTER = 2
_CLONE_NEWUSER, _CLONE_NEWNET, _CLONE_THREAD = 0x10000000, 0x40000000, 0x00010000
_ALLOW, _ERRNO, _KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000
_LOAD, _JUMP_EQUAL, _JUMP_SET, _JUMP_GREATER_EQUAL, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
_NUMBER_AT, _ARCH_AT, _FIRST_ARGUMENT_AT = 0, 4, 16
_LANDLOCK_CREATE, _LANDLOCK_ADD_RULE, _LANDLOCK_RESTRICT, _O_PATH = 444, 445, 446, 0x200000
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_READABLE = (
    *("/usr/lib", "/usr/lib64", "/usr/local/lib", "/lib", "/lib64", "/usr/share/fonts", "/usr/share/zoneinfo"),
    *("/etc/ld.so.cache", "/dev/null", "/dev/urandom"),
)


@dataclass(frozen=True, slots=True)
class _Machine:
    """The numbers of one architecture's system calls (asm/unistd.h)."""

    audit_arch: int
    clone: int
    clone3: int
    prlimit64: int
    tgkill: int
    denied: tuple[int, ...]


# socket connect accept accept4 bind listen socketpair sendto sendmsg sendmmsg; execve execveat fork vfork; ptrace
# process_vm_* pidfd_getfd pidfd_send_signal kill tkill; unshare setns mount umount2 pivot_root chroot; keys, bpf,
# perf_event_open, userfaultfd, io_uring_*, modules, kexec, reboot, swap, open_by_handle_at, personality
_MACHINES = {
    "x86_64": _Machine(
        0xC000003E, 56, 435, 302, 234,
        (41, 42, 43, 288, 49, 50, 53, 44, 46, 307, 59, 322, 57, 58, 101, 310, 311, 438, 424, 62, 200, 272, 308, 165,
         166, 155, 161, 248, 249, 250, 321, 298, 323, 425, 426, 427, 175, 313, 176, 246, 320, 169, 167, 168, 304, 135),
    ),
    "aarch64": _Machine(
        0xC00000B7, 220, 435, 261, 131,
        (198, 203, 202, 242, 200, 201, 199, 206, 211, 269, 221, 281, 117, 270, 271, 438, 424, 129, 130, 97, 268, 40, 39,
         41, 51, 217, 218, 219, 280, 241, 282, 425, 426, 427, 105, 273, 106, 104, 294, 142, 224, 225, 265, 92),
    ),
}  # fmt: skip


def confine(*, limits: dict[str, Any], root: str, packages: tuple[str, ...]) -> None:
    """Give up files, network, programs and other processes for good, and bound memory and time.

    Raises OSError where Linux offers no way to close the network: a cage with an open door is not one.
    """
    for what, bound in (
        (resource.RLIMIT_AS, limits["memory_bytes"]),
        (resource.RLIMIT_CPU, limits["cpu_seconds"]),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        hard = resource.getrlimit(what)[1]
        soft = bound if hard == resource.RLIM_INFINITY else min(bound, hard)
        # One second between the signal that says why and the one that cannot be caught.
        spare = 1 if what == resource.RLIMIT_CPU and hard != soft else 0
        resource.setrlimit(what, (soft, soft + spare))
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "PR_SET_NO_NEW_PRIVS")
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    _close_files(libc, root=root, packages=packages)
    if not _close_system_calls(libc) and libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "neither seccomp nor a network namespace is available")


def _close_files(libc: Any, *, root: str, packages: tuple[str, ...]) -> None:
    """Landlock: only libraries, fonts and our own code can be read, nothing written; older kernels go without."""
    abi = libc.syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1)
    if abi < 1:
        return
    handled = (1 << 13) - 1 | (1 << 13 if abi >= 2 else 0) | (1 << 14 if abi >= 3 else 0)
    attributes = struct.pack("<QQQ", handled, 3 if abi >= 4 else 0, 3 if abi >= 6 else 0)
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    ruleset = libc.syscall(_LANDLOCK_CREATE, attributes, ctypes.c_size_t(size), 0)
    if ruleset < 0:
        return
    # The root itself can be listed, as imports need, but files beside the packages (.env, uploads) stay closed.
    rules = [(path, _READ_FILE | _READ_DIR) for path in (*_READABLE, sys.prefix, sys.base_prefix)]
    rules += [(str(Path(root, name)), _READ_FILE | _READ_DIR) for name in packages] + [(root, _READ_DIR)]
    for path, rights in rules:
        with contextlib.suppress(OSError):
            target = os.open(path, _O_PATH | os.O_CLOEXEC)
            allowed = rights if Path(path).is_dir() else _READ_FILE
            libc.syscall(_LANDLOCK_ADD_RULE, ruleset, 1, struct.pack("<Qi", allowed, target), 0)
            os.close(target)
    libc.syscall(_LANDLOCK_RESTRICT, ruleset, 0)
    os.close(ruleset)


def _close_system_calls(libc: Any) -> bool:
    """Seccomp: no sockets, programs, processes or signals to others; whether the kernel took the filter."""
    machine = _MACHINES.get(platform.machine())
    if machine is None:
        return False
    refuse = (_RETURN, 0, 0, _ERRNO | errno.EPERM)
    program = [
        (_LOAD, 0, 0, _ARCH_AT),
        (_JUMP_EQUAL, 1, 0, machine.audit_arch),
        (_RETURN, 0, 0, _KILL_PROCESS),
        (_LOAD, 0, 0, _NUMBER_AT),
    ]
    if platform.machine() == "x86_64":
        program += [(_JUMP_GREATER_EQUAL, 0, 1, 0x40000000), refuse]  # the x32 numbers
    # clone3 hides its flags in memory; told that it does not exist, libc falls back to clone.
    program += [(_JUMP_EQUAL, 0, 1, machine.clone3), (_RETURN, 0, 0, _ERRNO | errno.ENOSYS)]
    for number, jump, value in (
        (machine.clone, _JUMP_SET, _CLONE_THREAD),  # threads, not processes
        (machine.prlimit64, _JUMP_EQUAL, 0),  # our own limits
        (machine.tgkill, _JUMP_EQUAL, os.getpid()),  # abort() signals itself
    ):
        program += [(_JUMP_EQUAL, 0, 4, number), (_LOAD, 0, 0, _FIRST_ARGUMENT_AT), (jump, 0, 1, value)]
        program += [(_RETURN, 0, 0, _ALLOW), refuse]
    for number in machine.denied:
        program += [(_JUMP_EQUAL, 0, 1, number), refuse]
    program.append((_RETURN, 0, 0, _ALLOW))
    code = b"".join(struct.pack("<HBBI", *instruction) for instruction in program)
    buffer = ctypes.create_string_buffer(code, len(code))
    header = ctypes.create_string_buffer(struct.pack("@HP", len(program), ctypes.addressof(buffer)))
    return bool(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, header, 0, 0) == 0)


def main(root: str, target: str, limits_json: str) -> None:
    """Run `module:function` on standard input and write its answer, or why there is none, to standard output."""
    reply = os.dup(1)
    # Opened now: inside the cage there is no /proc.
    status = open_status()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # a library that prints must not write into the answer
    values = json.loads(limits_json)
    module, _, function = target.partition(":")
    try:
        confine(limits=values, root=root, packages=("candidates", "hrassist", module.partition(".")[0]))
    except OSError as error:
        _reply(reply, b"E", json.dumps({"code": "cage_unavailable", "message": str(error)}).encode(), status=status)
        return
    try:
        from candidates.resumes.extract.limits import Limits  # noqa: PLC0415

        run = getattr(import_module(module), function)
    except Exception as error:
        # Our own code does not load (an upgrade under way, say): no fault of the file.
        unusable = {
            "code": "cage_unavailable",
            "message": "The reader could not be started.",
            "error": repr(error)[:300],
        }
        _reply(reply, b"E", json.dumps(unusable).encode(), status=status)
        os._exit(0)
    try:
        with open(0, "rb", closefd=False) as stream:
            data = stream.read()
        answer = run(data, limits=Limits(**values))
    except MemoryError:
        _reply(reply, b"E", b'{"code": "too_much_memory", "message": ""}', status=status)
    except BaseException as error:  # a panic of a Rust library is not an Exception
        code = getattr(error, "code", "") if type(error).__name__ == "Unreadable" else "damaged_file"
        message = getattr(error, "message", "") if code != "damaged_file" else ""
        refusal = {"code": code, "message": message, "error": repr(error)[:300]}
        _reply(reply, b"E", json.dumps(refusal).encode(), status=status)
    else:
        _reply(reply, b"K", answer, status=status)
    # Libraries may crash while they are torn down; the answer is out, nothing is left to save.
    os._exit(0)


def open_status() -> int | None:
    """A descriptor that tells `peak_bytes` of the process that opened it, for as long as it lives."""
    try:
        return os.open("/proc/self/status", os.O_RDONLY)
    except OSError:
        return None


def peak_bytes(status: int | None) -> int:
    """The most memory this process has had resident, 0 where the system does not say."""
    if status is None:
        return 0
    found = re.search(rb"VmHWM:\s+(\d+) kB", os.pread(status, 4096, 0))
    return int(found[1]) * 1024 if found else 0


def _reply(descriptor: int, tag: bytes, content: bytes, *, status: int | None) -> None:
    """One byte that says how it went, eight with the peak of memory, then the answer."""
    view = memoryview(tag + peak_bytes(status).to_bytes(8, "big") + content)
    while view:
        view = view[os.write(descriptor, view) :]
