"""Flush thread: hands a journal's records to the operating system by the clock, however long a step takes."""

from __future__ import annotations

import contextlib
import threading
import weakref

from hhstudio.store.journal import journal
from hhstudio.store.journal.journal import JournalWriter


class FlushThread:
    """Flushes a journal every :data:`~.journal.FLUSH_SECONDS` until :meth:`close`. What the disk does not
    take stays in the journal's buffer; the next call of the journal by whoever records raises it.

    A process that is forked off has no such thread. One whose journal nobody holds any more ends by itself.
    """

    def __init__(self, writer: JournalWriter) -> None:
        self._closing = threading.Event()
        self._thread = threading.Thread(
            target=_flush_by_the_clock,
            args=(weakref.ref(writer), self._closing),
            name="hhstudio-journal",
            daemon=True,
        )
        self._thread.start()

    def close(self) -> None:
        """Returns when the thread has ended."""
        self._closing.set()
        self._thread.join()


def _flush_by_the_clock(journal_of: weakref.ref[JournalWriter], closing: threading.Event) -> None:
    while not closing.wait(journal.FLUSH_SECONDS):
        writer = journal_of()
        if writer is None:
            return
        with contextlib.suppress(OSError):
            writer.flush()
        del writer
