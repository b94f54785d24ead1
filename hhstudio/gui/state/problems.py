"""Problems: what went wrong, in words for a person."""

from __future__ import annotations

from collections.abc import Callable

from hhstudio.core.errors import HHStudioError
from hhstudio.core.spec.interchange import ImportFailedError
from hhstudio.service import logs


def explained(error: Exception) -> str:
    """The text of an error that a user can do something about; a defect of ours goes into the log instead."""
    if isinstance(error, ImportFailedError):
        return "\n".join(f"• {problem}" for problem in error.problems)
    return str(error) if isinstance(error, HHStudioError) else logs.unexpected(error)


def guarded(title: str, work: Callable[[], object], failed: Callable[[str, Exception], object]) -> bool:
    """Do it; what goes wrong is told. Whether it went well."""
    try:
        work()
    except Exception as error:
        failed(title, error)
        return False
    return True
