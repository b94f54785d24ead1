"""Standard streams of a command: letters only, whatever the locale, and readers that go away.

Everything that a command prints passes here, so that no name in a session is obeyed by a terminal, wherever
it is printed from.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any, TextIO, cast

from hhstudio.core.plain_text import printable

_ASCII = str.maketrans(
    {"→": "->", "←": "<-", "×": "x", "·": "-", "•": "*", "–": "-", "—": "-", "−": "-", "…": "...", "±": "+-",
     "≥": ">=", "≤": "<=", "‹": "<", "›": ">", "“": '"', "”": '"', "‘": "'", "’": "'", "█": "#",
     "\N{REPLACEMENT CHARACTER}": "?"}
)  # fmt: skip
"""What our own texts have besides ASCII, for a locale that has no more."""


@contextlib.contextmanager
def guarded() -> Iterator[None]:
    """Standard output and error as a command is to use them.

    A stream that is closed (``>&-``) is one that nobody reads: a descriptor is put in its place, lest the
    next file that is opened, a session, gets its number and what is printed. Raises OSError at the end where
    standard output could not take what was printed, as on a full disk.
    """
    before = sys.stdout, sys.stderr
    _occupy()
    output = _Stream(before[0] or open(os.devnull, "w"), "\n\t")  # noqa: SIM115, PTH123 - as long as we live
    errors = _Stream(before[1] or open(os.devnull, "w"), "\n\t\r")  # noqa: SIM115, PTH123 - \r: the bar's
    sys.stdout, sys.stderr = cast(TextIO, output), cast(TextIO, errors)
    try:
        yield
        output.flush()
        if output.error is not None:
            raise output.error
    finally:
        for stream in (output, errors):
            stream.flush()
        sys.stdout, sys.stderr = before


class _Stream:
    """A text stream that takes any text, and goes on when nobody takes it any more: a run is not to end
    because ``head`` has seen enough. ``error``: what other reason there was (a full disk)."""

    def __init__(self, stream: TextIO, allowed: str) -> None:
        self._stream, self._allowed = stream, allowed
        self.error: OSError | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        shown = printable(text, self._allowed)
        encoding = self._stream.encoding
        if not shown.isascii() and encoding:
            try:
                shown.encode(encoding)
            except UnicodeEncodeError:
                shown = shown.translate(_ASCII).encode(encoding, "backslashreplace").decode(encoding)
        with self._forgiving():
            self._stream.write(shown)
        return len(text)

    def flush(self) -> None:
        with self._forgiving():
            self._stream.flush()

    @contextlib.contextmanager
    def _forgiving(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            self._send_to_nowhere()
        except OSError as error:
            self.error = self.error or error
            self._send_to_nowhere()

    def _send_to_nowhere(self) -> None:
        """What is still in the buffer, too: Python would complain of it when it ends."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)


def _occupy() -> None:
    """Open nothing in place of every standard stream that is closed."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the smallest number that is free
