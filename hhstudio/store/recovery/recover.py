"""Recovery of a session: whatever can still be read of it, and a report.

The ladder: take in the journal of a writer that died; if the file itself is damaged, the last good file
that an interrupted compaction left; else whatever objects of the damaged file can still be read. The
damaged original is never overwritten: it stays as ``NAME.h5.damaged-N``.
"""

from __future__ import annotations

import filecmp
import glob
import json
import os
import queue
import shutil
import struct
import subprocess
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import h5py
import msgspec
import numpy as np
from numpy.lib import format as npy

from hhstudio.core import interpreter
from hhstudio.core.atomic_write import named_file, put_in_place
from hhstudio.core.errors import SessionError
from hhstudio.core.ordinary_files import check_ordinary, copy_to_new, open_to_read
from hhstudio.core.plain_text import one_line
from hhstudio.core.run.history import History
from hhstudio.core.run.trainer_state import TrainerState
from hhstudio.store.file import file_format, safe_read
from hhstudio.store.journal.journal import JournalReader, journal_path
from hhstudio.store.journal.lock import Lock
from hhstudio.store.journal.preamble import begin_with_preamble
from hhstudio.store.journal.replay import JournalTail, replay
from hhstudio.store.recovery import messages
from hhstudio.store.recovery import report as reports
from hhstudio.store.recovery.messages import Lost, Piece, Saved, Trying
from hhstudio.store.session import pending_journal, reading
from hhstudio.store.session.compaction import Sources, compact
from hhstudio.store.session.snapshot_extras import SnapshotExtras
from hhstudio.store.session.writing import Identity

TIME_LIMIT = 20.0
"""Seconds that reading one object may take before it is given up."""
ATTEMPTS = 20
"""Objects that may take the reading process down before the rest is given up."""


@dataclass
class Report:
    """What was found. ``saved`` and ``lost``: one line each; ``original``: where the damaged file stays,
    None where nothing was replaced."""

    path: Path
    saved: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    original: Path | None = None

    @property
    def healthy(self) -> bool:
        """Nothing was lost, nothing had to be replaced."""
        return not self.lost and self.original is None

    def __str__(self) -> str:
        lines = [f"{self.path}: {'whole' if self.healthy else 'recovered'}"]
        lines += [f"  saved: {one_line(what)}" for what in self.saved]
        lines += [f"  lost: {one_line(what)}" for what in self.lost]
        if self.original is not None:
            lines.append(f"  the damaged original is kept as {self.original.name}")
        return "\n".join(lines)


def recover(path: Path | str) -> Report:
    """Make ``path`` a whole session again. Raises SessionError when there is nothing to be saved, when a
    writer is at work, or when the folder cannot be written."""
    path = Path(path)
    if path.is_dir():
        raise SessionError(f"{path}: a folder, not a session file")
    if not any(map(os.path.exists, (path, journal_path(path)))):
        raise SessionError(f"{path}: there is no such file")
    try:
        lock = Lock(path, "recovery")
        try:
            report = Report(path)
            _mend_file(path, report)
            _take_journal(path, report)
            return report
        finally:
            lock.release()
    except OSError as error:
        raise SessionError(f"{path}: cannot be recovered here ({error.strerror or error})") from None


def check(path: Path) -> list[str]:
    """Read everything in a session file; what is damaged, one line each. Raises SessionError on a file
    that is not a session of ours."""
    problems: list[str] = []
    with safe_read.open_hdf5(path) as file:
        try:
            with safe_read.reading(path):
                reading.identity(file)
                reading.read_history(file)
        except safe_read.DamagedError as error:
            problems.append(str(error))
        try:
            with safe_read.reading(path, "the trainer's state"):
                reading.read_state(file)
        except safe_read.DamagedError as error:
            problems.append(str(error))
        for kind in (file_format.WEIGHTS, file_format.SNAPSHOTS):
            problems += _check_conditions(path, file, kind)
        try:
            extras = SnapshotExtras(path, file, JournalTail(), None)
            for at in range(len(extras)):
                extras.read(at)
        except safe_read.DamagedError as error:
            problems.append(str(error))
    return problems


def _check_conditions(path: Path, file: h5py.File, kind: str) -> list[str]:
    problems = []
    try:
        with safe_read.reading(path, kind):
            groups = reading.conditions(file, kind)
    except safe_read.DamagedError as error:
        return [str(error)]
    for (name, task), group in groups.items():
        try:
            with safe_read.reading(path, f"the {kind} of {name}, task {task}"):
                reading.check_tensors(group)
        except safe_read.DamagedError as error:
            problems.append(str(error))
    return problems


def _mend_file(path: Path, report: Report) -> None:
    """Leave a whole session file, or raise SessionError and leave everything as it was."""
    temporary = file_format.temporary_path(path)
    try:
        if path.exists() and not check(path):
            return
    except safe_read.DamagedError:
        pass
    except SessionError:
        if not _was_ours(path):
            raise
    with _workplace(path) as folder:
        if temporary.exists() and _is_whole(temporary):
            report.original = _set_aside(path, folder)
            put_in_place(temporary, path)
            report.saved.append("the last whole file, which an interrupted save had left")
        elif path.exists():
            _salvage(path, folder, report)
        else:
            _rebuild(path, report)


@contextmanager
def _workplace(path: Path) -> Iterator[Path]:
    """An empty folder for what a recovery needs meanwhile, gone afterwards.

    In the session's own folder: there is room for a session, and the result is moved, not copied. It always
    has the same name, so that what a recovery that was killed left there goes with the next one.
    """
    folder = path.with_name(f".{path.name}.recovery")
    if folder.is_dir() and not folder.is_symlink():
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _rebuild(path: Path, report: Report) -> None:
    """A session file made of a journal alone. The journal stays until the file is in place."""
    history, tail = History(), JournalTail()
    with JournalReader(journal_path(path)) as journal:
        preamble = None
        if journal.header is not None:
            with safe_read.reading(path, "the beginning of its journal"):
                preamble = begin_with_preamble(history, journal, tail)
        if preamble is None or journal.header is None:
            raise SessionError(f"{path}: the session file is gone, and its journal does not say what it held")
        replayed = replay(history, journal, journal.header.base, tail)
        end = history.end
        identity = Identity(journal.header.session, replayed.sequence, end.state if end else "failed")
        compact(path, history, identity, Sources(None, journal, tail))
    report.saved.append(f"the run as it was at step {history.step}, from the journal alone")
    if tail.state is not None:
        report.saved.append(f"the checkpoint at step {tail.state[0]}")
    else:
        report.lost.append("the checkpoint: the run cannot be continued")
    if preamble.step:
        report.lost.append(f"curves of many points up to step {preamble.step}")
    lost = [f"{name} task {task}" for name, task in preamble.weights if (name, task) not in tail.finals]
    if lost:
        more = ", …" if len(lost) > 6 else ""
        report.lost.append(f"generated weights of {len(lost)} tasks ({', '.join(lost[:6])}{more})")


def _was_ours(path: Path) -> bool:
    """Whether a file that HDF5 does not know any more begins as a session of ours does."""
    with open_to_read(path) as file:
        return file_format.FORMAT.encode() in file.read(1 << 16)


def _is_whole(path: Path) -> bool:
    try:
        return not check(path)
    except SessionError:
        return False


def _set_aside(path: Path, folder: Path) -> Path | None:
    """A second name for the damaged file, so that putting another in place does not end it; the one that an
    earlier recovery gave it, where that was ended before it was done."""
    if not path.exists():
        return None
    aside = pending_journal.free_name(path, "damaged")
    for earlier in path.parent.glob(f"{glob.escape(path.name)}.damaged-*"):
        if _is_same(path, earlier):
            return earlier
    try:
        os.link(named_file(path), aside)
    except OSError:  # a file system without links
        copy = folder / "original"
        shutil.copy2(path, copy)
        copy.rename(aside)
    return aside


def _is_same(path: Path, other: Path) -> bool:
    """Whether another ordinary file, not a link, is or holds what ``path`` does."""
    try:
        status = other.lstat()
        check_ordinary(status, other)
        if status.st_size != path.stat().st_size:
            return False
        return path.samefile(other) or filecmp.cmp(path, other, shallow=False)
    except OSError:
        return False


def _salvage(path: Path, folder: Path, report: Report) -> None:
    copy, out = folder / "copy.h5", folder / "out"
    copy_to_new(path, copy)
    _make_openable(copy)
    identity = _read_objects(copy, out, report)
    history, tail = History(), JournalTail()
    if not out.exists():
        raise SessionError(f"{path}: nothing in it can be read; it is left as it was")
    with JournalReader(out) as journal:
        replay(history, journal, 0, tail)
        if history.run is None:
            raise SessionError(f"{path}: neither its spec nor its run can be read; it is left as it was")
        header = _journal_header(path)
        session, sequence, state = identity or (header[0], header[1], "failed")
        whole = Identity(session, sequence, state if history.end else "failed")  # type: ignore[arg-type]
        trainer = _trainer_state(out)
        if (
            trainer is not None
            and "topology" in trainer.meta
            and not history.has_tree(trainer.meta["topology"])
        ):
            trainer = None
            report.lost.append("the checkpoint, whose tree is none of those that could be read")
        report.original = _set_aside(path, folder)
        try:
            compact(path, history, whole, Sources(None, journal, tail), trainer)
        except BaseException:
            if report.original is not None:
                report.original.unlink(missing_ok=True)  # the damaged file is still where it was
            raise


def _journal_header(path: Path) -> tuple[str, int]:
    """Session and base of the journal beside a file that does not know them any more."""
    try:
        with JournalReader(journal_path(path)) as journal:
            if journal.header is not None:
                return journal.header
    except (OSError, SessionError):
        pass
    return "0" * 32, 0


def _make_openable(copy: Path) -> None:
    """Mend what keeps HDF5 from opening a file at all: a cut end, a broken first block."""
    with copy.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        if _opens(copy):
            return
        file.seek(0)
        end = safe_read.stored_size(file.read(48))
        if end is not None and size < end <= 64 * max(size, 1 << 20):
            file.truncate(end)
            file.flush()
            if _opens(copy):
                return
        # the first block of every file that we write is the same, but for the size of the file
        file.seek(0)
        file.write(_first_block(max(size, 2048)))
        file.truncate(max(size, 2048))


def _first_block(size: int) -> bytes:
    with h5py.File("empty", "w", driver="core", backing_store=False) as empty:
        empty.flush()
        block = bytearray(empty.id.get_file_image()[:96])
    struct.pack_into("<Q", block, 40, size)
    return bytes(block)


def _opens(path: Path) -> bool:
    try:
        h5py.File(path, "r").close()
    except (OSError, RuntimeError):
        return False
    return True


def _read_objects(copy: Path, out: Path, report: Report) -> tuple[str, int, str] | None:
    """Let a process read object after object, begin again without the one at which it died.

    Returns session id, sequence and state, None where they are lost.
    """
    skip: list[Piece] = []
    for _ in range(ATTEMPTS):
        results, died_at = _one_attempt(copy, out, skip)
        if died_at is None:
            break
        skip.append(died_at)
    saved, lost = reports.in_words(results)
    report.saved += saved
    report.lost += lost
    identities = (m.identity for m in results if isinstance(m, Saved) and m.identity is not None)
    return next(identities, None)


def _one_attempt(copy: Path, out: Path, skip: list[Piece]) -> tuple[list[Saved | Lost], Piece | None]:
    """What the process said, and what it was reading when it died or hung (None: it got through)."""
    pieces = [piece.argument() for piece in skip]
    command = interpreter.command("hhstudio.store.recovery.salvage", str(copy), str(out), *pieces)
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=interpreter.environment()
    )
    lines: queue.Queue[bytes | None] = queue.Queue()
    threading.Thread(target=_listen, args=(process, lines), daemon=True).start()
    results: list[Saved | Lost] = []
    trying: Piece | None = None
    try:
        while (line := lines.get(timeout=TIME_LIMIT)) is not None:
            message = messages.decode(line)
            if isinstance(message, Trying):
                trying = message.piece
            else:
                results.append(message)
                trying = None
    except (queue.Empty, msgspec.DecodeError):  # it hangs, or died within a line
        pass
    finally:
        process.kill()
        process.wait()
    return results, trying


def _listen(process: subprocess.Popen[bytes], lines: queue.Queue[bytes | None]) -> None:
    assert process.stdout is not None
    with process.stdout:
        for line in process.stdout:
            lines.put(line)
    lines.put(None)


def _trainer_state(out: Path) -> TrainerState | None:
    source = out.with_name(out.name + ".npz")
    if not source.exists():
        return None
    try:
        with zipfile.ZipFile(source) as packed:
            whole = json.loads(packed.read("whole.json"))
            arrays = {}
            for at, name in enumerate(whole["names"]):
                with packed.open(f"{at}.npy") as file:
                    arrays[name] = np.asarray(npy.read_array(file, allow_pickle=False))
    except (zipfile.BadZipFile, OSError, ValueError, KeyError):
        return None  # its writer died while it wrote
    return TrainerState(whole["step"], whole["meta"], arrays)


def _take_journal(path: Path, report: Report) -> None:
    replayed = pending_journal.merge_journal(path)
    if replayed is None:
        return
    if replayed.records:
        report.saved.append(f"{replayed.records} records from the journal")
    if replayed.lost_bytes:
        report.lost.append(f"{replayed.lost_bytes:,} bytes at the end of the journal ({replayed.problem})")
