"""Lock of a session, for its one writer: ``NAME.h5.lock`` beside it, held for as long as its owner lives.

Where the system has ``flock`` the kernel lets go of it when its owner dies, whatever the clock says;
the text in the file only names the owner. Elsewhere the owner is told by its process id and start time.
"""

from __future__ import annotations

import errno
import getpass
import json
import os
import socket
import time
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import psutil

from hhstudio.core.errors import SessionError
from hhstudio.core.ordinary_files import open_own

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # not a POSIX system
    fcntl = None

_WAIT = 1.0  # seconds: readers hold the lock for an instant to see whether anybody has it


class Owner(NamedTuple):
    """Who writes a session. ``started``: of the process, ``since``: of the lock, seconds since the epoch;
    ``what``: in words; ``user``: whose process it is."""

    pid: int
    host: str
    started: float
    what: str
    since: float = 0.0
    user: str = ""

    def __str__(self) -> str:
        if not self.pid:
            return self.what
        user = f" of {self.user}" if self.user not in ("", _user()) else ""
        where = "" if self.host in ("", socket.gethostname()) else f" on {self.host}"
        since = f", since {_moment(self.since)}" if self.since else ""
        return f"{self.what} (process {self.pid}{user}{where}{since})"


def lock_path(session: Path) -> Path:
    return session.with_name(session.name + ".lock")


def owner(session: Path) -> Owner | None:
    """Who writes the session now; None where nobody does, or its writer died. Touches nothing."""
    try:
        file = open_own(lock_path(session))
    except OSError:
        return None
    try:
        holder = _read(file)
        if not _is_held(file, holder):
            return None
        return holder or Owner(0, "", 0.0, "another program")
    finally:
        os.close(file)


class Lock:
    """The right to write a session. Raises SessionError naming who has it, OSError (a folder that
    cannot be written ...)."""

    def __init__(self, session: Path, what: str = "hhstudio") -> None:
        self._session, self._what = session, what
        self._path = lock_path(session)
        self._file = self._acquire(session)
        self._sign()

    @property
    def is_held(self) -> bool:
        """Whether the lock still is in its folder, where others see it."""
        return self._file >= 0 and self._is_current(self._file)

    def renew(self) -> None:
        """Take it again where its file is gone; the old one is held until then. Raises SessionError where
        somebody else has it by now, OSError."""
        if not self.is_held:
            old, self._file = self._file, self._acquire(self._session)
            os.close(old)
            self._sign()

    def release(self) -> None:
        if self._file < 0:
            return
        try:
            if self.is_held:
                self._path.unlink(missing_ok=True)
        except OSError:
            pass  # a lock that nobody holds is no obstacle
        os.close(self._file)
        self._file = -1

    def _sign(self) -> None:
        """Say in the file who has it."""
        pid = os.getpid()
        me = Owner(pid, socket.gethostname(), _started(pid), self._what, time.time(), _user())
        os.ftruncate(self._file, 0)
        os.lseek(self._file, 0, os.SEEK_SET)
        os.write(self._file, json.dumps(me._asdict()).encode())

    def _acquire(self, session: Path) -> int:
        deadline = time.monotonic() + _WAIT
        while True:
            file = self._opened()
            try:
                holder = _read(file)
                if _try(file) and self._is_current(file):
                    if os.fstat(file).st_nlink > 1:
                        # the file has another name, by which somebody may want what is in it
                        self._path.unlink(missing_ok=True)
                    elif fcntl is not None or not _lives(holder):
                        return file
                elif holder is not None and holder.host == socket.gethostname() and not _lives(holder):
                    # a child that outlived its owner keeps the kernel's lock: begin a new file
                    self._path.unlink(missing_ok=True)
                if time.monotonic() > deadline:
                    raise SessionError(
                        f"{session}: is being written by {holder or 'another program'}; stop that run first, "
                        "or choose another name"
                    )
            except BaseException:
                os.close(file)
                raise
            os.close(file)
            time.sleep(0.02)

    def _opened(self) -> int:
        try:
            return open_own(self._path, make=True)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.EISDIR, errno.ELOOP):
                raise
            text = f"its lock {self._path.name}: {error.strerror}"
            raise OSError(error.errno, text, str(self._path)) from None

    def _is_current(self, file: int) -> bool:
        """Whether the open file still is the one in the folder: its owner deletes it when done."""
        try:
            return os.path.samestat(os.fstat(file), self._path.lstat())
        except OSError:
            return False


def _try(file: int) -> bool:
    if fcntl is None:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _is_held(file: int, holder: Owner | None) -> bool:
    if fcntl is None:
        return _lives(holder)
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return holder is None or holder.host != socket.gethostname() or _lives(holder)
    return False


def _lives(holder: Owner | None) -> bool:
    if holder is None or not psutil.pid_exists(holder.pid):
        return False
    # where the kernel keeps the lock, the start time (which jumps with the clock) is not needed
    return fcntl is not None or abs(_started(holder.pid) - holder.started) < 2


def _started(pid: int) -> float:
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.Error:
        return 0.0


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a user without a name
        return ""


def _moment(seconds: float) -> str:
    try:
        then = time.localtime(seconds)
    except (OSError, OverflowError, ValueError):
        return "a time unknown"
    return time.strftime("%H:%M" if then[:3] == time.localtime()[:3] else "%Y-%m-%d %H:%M", then)


def _read(file: int) -> Owner | None:
    try:
        os.lseek(file, 0, os.SEEK_SET)
        fields = json.loads(os.read(file, 4096))
        return Owner(
            pid=int(fields["pid"]),
            host=str(fields["host"]),
            started=float(fields["started"]),
            what=str(fields["what"]),
            since=float(fields.get("since", 0.0)),
            user=str(fields.get("user", "")),
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError, OverflowError):
        return None
