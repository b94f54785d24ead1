"""Failures in words, for a person who wants to go on training."""

from __future__ import annotations

import signal

from hhstudio.core.errors import HHStudioError
from hhstudio.service.logs import unexpected

_MEMORY_PHRASES = ("out of memory", "can't allocate memory", "not enough memory", "cannot allocate memory")

_WINDOWS_CODES = {
    0xC0000005: "access violation",
    0xC00000FD: "stack overflow",
    0xC0000017: "out of memory",
    0xC0000135: "a library was not found",
}


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that main or device memory ran out (torch's own class included)."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and any(phrase in text for phrase in _MEMORY_PHRASES)


def explain(error: BaseException, device: str) -> tuple[int, str]:
    """Exit status and one line. The traceback of a defect is kept in a file that the line names."""
    if isinstance(error, HHStudioError):
        return error.exit_status, " ".join(str(error).split())
    if is_out_of_memory(error):
        where = f"device {device}" if device and device != "cpu" else "this machine"
        return 1, (
            f"{where} ran out of memory: try a smaller training.batch_size, evaluation.batch_size or "
            "hypernetwork.chunk"
        )
    return 1, unexpected(error)


def exit_in_words(code: int | None) -> str:
    """How a process ended, from its exit code (negative: a signal, as POSIX has it)."""
    if code is None:
        return "did not end"
    if code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = f"signal {-code}"
        hint = {
            "SIGKILL": " (by hand, or by the system when memory ran out)",
            "SIGSEGV": " (a crash in native code)",
            "SIGABRT": " (a crash in native code)",
            "SIGTERM": " (it was asked to end)",
        }.get(name, "")
        return f"was killed by {name}{hint}"
    if code in _WINDOWS_CODES:
        return f"crashed: {_WINDOWS_CODES[code]} (code 0x{code:X})"
    return f"ended with exit code {code}"
