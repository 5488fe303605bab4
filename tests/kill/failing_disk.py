"""A disk that fails for this process: the kernel itself answers its fsync or its writes with an
error, so SQLite meets what it would meet on a disk that is broken or full.

A seccomp filter holds up each such call until a helper says what becomes of it
(seccomp_unotify(2)); so a fault can come and go. The filter ends with the process.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import platform
import signal
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Calls:
    """Numbers of system calls. SQLite writes with pwrite64 only."""

    seccomp: int
    fsync: int
    fdatasync: int
    pwrite64: int


CALLS = {"x86_64": Calls(317, 74, 75, 18), "aarch64": Calls(277, 82, 83, 68)}

# linux/seccomp.h, linux/filter.h, linux/prctl.h
PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38
SECCOMP_SET_MODE_FILTER = 1
SECCOMP_FILTER_FLAG_NEW_LISTENER = 8
SECCOMP_RET_USER_NOTIF, SECCOMP_RET_ALLOW = 0x7FC00000, 0x7FFF0000
SECCOMP_USER_NOTIF_FLAG_CONTINUE = 1
SECCOMP_IOCTL_NOTIF_RECV, SECCOMP_IOCTL_NOTIF_SEND = 0xC0502100, 0xC0182101
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
# What is shared: full, failing, how many such calls still work, how many fail then.
FAULTS, FOR_GOOD = "=??II", 2**32 - 1
# struct seccomp_notif begins with id, pid, flags, number of the call.
NOTIF, NOTIF_SIZE, RESPONSE = "=QIIi", 80, "=QqiI"

_libc = ctypes.CDLL(None, use_errno=True)


class _Program(ctypes.Structure):
    """struct sock_fprog"""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


class Disk:
    """A disk that can be told to fail."""

    def __init__(self) -> None:
        """Puts a helper between this process and the kernel, for good.

        To be called before any thread is started: those that run already would not be held to it.
        The helper is a process, as some of SQLite's calls keep all Python threads waiting. Raises
        OSError where the kernel does not offer it, KeyError for a machine of unknown calls.
        """
        self._calls = CALLS[platform.machine()]
        self._faults = mmap.mmap(-1, struct.calcsize(FAULTS))  # shared with the helper
        listener = _listener(self._calls)
        if os.fork() == 0:
            _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            self._help(listener)
        os.close(listener)

    def fail(
        self, *, full: bool = False, failing: bool = False, after: int = 0, times: int = FOR_GOOD
    ) -> None:
        """``full``: nothing can be written from now on. ``failing``: nothing can be synced.

        ``after`` so many more calls of these; ``times``: so many fail, then all is well.
        """
        struct.pack_into(FAULTS, self._faults, 0, full, failing, after, times)

    @property
    def begun(self) -> bool:
        """Whether the calls that still work are used up."""
        after: int = struct.unpack_from(FAULTS, self._faults)[2]
        return after == 0

    def _help(self, listener: int) -> None:
        """Answers for ever; the system ends it with the process that it helps."""
        request = ctypes.create_string_buffer(NOTIF_SIZE)
        while True:
            ctypes.memset(request, 0, NOTIF_SIZE)  # the kernel asks for it
            if _ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, request):
                continue
            number, _, _, call = struct.unpack_from(NOTIF, request.raw)
            error = self._error(call)
            flags = 0 if error else SECCOMP_USER_NOTIF_FLAG_CONTINUE
            response = struct.pack(RESPONSE, number, 0, -error, flags)
            _ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, ctypes.create_string_buffer(response))

    def _error(self, call: int) -> int:
        full, failing, after, times = struct.unpack_from(FAULTS, self._faults)
        writes = call == self._calls.pwrite64
        if not (full if writes else failing) or not times:
            return 0
        error = 0 if after else errno.ENOSPC if writes else errno.EIO
        if after:
            after -= 1
        elif times != FOR_GOOD:
            times -= 1
        self.fail(full=full, failing=failing, after=after, times=times)
        return error


def unsupported() -> str | None:
    """Why there is no such disk here, None when there is: tried in a process of its own."""
    command = [sys.executable, "-c", "from tests.kill.failing_disk import Disk; Disk()"]
    root = Path(__file__).parents[2]
    tried = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    return tried.stderr.strip().rsplit("\n", 1)[-1] if tried.returncode else None


def _listener(calls: Calls) -> int:
    """A descriptor that tells of each of these calls, of this thread and all that it starts."""
    held = (calls.fsync, calls.fdatasync, calls.pwrite64)
    jumps = [(JUMP_IF_EQUAL, len(held) - place, 0, call) for place, call in enumerate(held)]
    returns = [(RETURN, 0, 0, SECCOMP_RET_ALLOW), (RETURN, 0, 0, SECCOMP_RET_USER_NOTIF)]
    program = [(LOAD, 0, 0, 0), *jumps, *returns]
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *each) for each in program))
    sock_fprog = _Program(len(program), ctypes.addressof(code))
    _libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    listener: int = _libc.syscall(
        calls.seccomp,
        SECCOMP_SET_MODE_FILTER,
        SECCOMP_FILTER_FLAG_NEW_LISTENER,
        ctypes.byref(sock_fprog),
    )
    if listener < 0:
        problem = ctypes.get_errno()
        raise OSError(problem, f"seccomp: {os.strerror(problem)}")
    return listener


def _ioctl(descriptor: int, request: int, argument: ctypes.Array[ctypes.c_char]) -> int:
    """0, or the number of an error that is none: an interruption, or the caller is gone."""
    if _libc.ioctl(descriptor, ctypes.c_ulong(request), argument) >= 0:
        return 0
    problem = ctypes.get_errno()
    if problem not in (errno.EINTR, errno.ENOENT):
        raise OSError(problem, os.strerror(problem))
    return problem
