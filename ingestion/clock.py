"""The known time: the wall clock, unless `MUSTER_CLOCK` says otherwise."""

import os
from datetime import UTC, datetime

from environment.errors import ConfigurationError

VARIABLE = "MUSTER_CLOCK"


def now() -> datetime:
    """The present instant, in UTC, aware.

    `MUSTER_CLOCK` (an ISO instant; UTC when it names no offset) replaces the wall
    clock. It is for the demo and the tests: what is loaded is known as of that instant.

    Raises:
        ConfigurationError: `MUSTER_CLOCK` is not an instant.
    """
    text = os.environ.get(VARIABLE)
    if not text:
        return datetime.now(UTC)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(
            f"{VARIABLE} is not an ISO instant such as 2026-07-01T06:00:00Z"
        ) from None
    if instant.tzinfo is None:
        return instant.replace(tzinfo=UTC)
    return instant.astimezone(UTC)


def now_naive() -> datetime:
    """The present instant as a naive UTC timestamp, as raw tables keep it."""
    return now().replace(tzinfo=None)
