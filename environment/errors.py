"""Errors for the person who must act: one clear line, with what to do about it."""

import errno
import os
import re
from pathlib import Path

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class MusterError(Exception):
    """Something failed; the message is one line: what, where and what to do.

    Args:
        message: The line.
        exit_code: What the command ends with: 1 for a failure, 2 for wrong usage.
    """

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class ConfigurationError(MusterError):
    """A setting is missing or wrong."""

    def __init__(self, message: str) -> None:
        super().__init__(message, 2)


class NotConfiguredError(ConfigurationError):
    """A source lacks the settings it needs.

    The runner skips such a source with a line when no source was named, and stops with
    exit code 2 when it was.
    """


def no_room(error: BaseException, folder: Path) -> str:
    """One line for people where an error comes of a full disk; else empty.

    Args:
        error: The error, or one that was raised because of it.
        folder: Where files were written, should the error name none.
    """
    found: BaseException | None = error
    while found is not None:
        text = str(found)
        for number in _FULL:
            why = os.strerror(number)
            if getattr(found, "errno", None) == number or why in text:
                # Of a copy, the second is what was written; DuckDB and Arrow quote it.
                named = [getattr(found, f"filename{n}", None) for n in ("2", "")]
                quoted = re.search(r"[\"'](/[^\"']+)[\"']", text)
                place = next(filter(None, named), quoted[1] if quoted else folder)
                return (
                    f"no room to write {place} ({why.lower()}); what was complete is"
                    " kept: make room there, then run this again"
                )
        found = found.__cause__ or found.__context__
    return ""
