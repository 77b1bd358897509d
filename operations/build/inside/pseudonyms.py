"""The pseudonym of an id, which DuckDB and Spark both call, and the key behind it."""

import hmac
import os
import secrets
from hashlib import sha256
from pathlib import Path
from typing import overload

from environment.errors import MusterError
from environment.keys import secret
from operations.build.inside import KEY_VARIABLE

ENVIRONMENTS_WITH_A_LOCAL_KEY = frozenset({"dev", "ci"})
"""Environments that may make their own key; the others must be given one."""


@overload
def pseudonym(key: bytes, value: str) -> str: ...
@overload
def pseudonym(key: bytes, value: None) -> None: ...
def pseudonym(key: bytes, value: str | None) -> str | None:
    """The HMAC-SHA-256 of an id as 32 hexadecimal digits; null stays null."""
    if value is None:
        return None
    return hmac.new(key, value.encode(), sha256).hexdigest()[:32]


def pseudonym_key(environment: Path) -> bytes:
    """Find the key of an environment, or make one where that is allowed.

    Args:
        environment: The environment's folder, such as `warehouse/dev`.

    Returns:
        The key as bytes.

    Raises:
        MusterError: No key is given, or it is too short or too plain to be a
            secret.
    """
    if given := secret(KEY_VARIABLE):
        return given
    if environment.name not in ENVIRONMENTS_WITH_A_LOCAL_KEY:
        raise MusterError(
            f"{KEY_VARIABLE} is not set: environment {environment.name!r} needs a "
            "secret key of its own, kept with your other secrets."
        )
    path = environment / "pseudonym.key"
    if not path.exists():
        draft = path.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_hex(32))
        draft.replace(path)
    return path.read_bytes()
