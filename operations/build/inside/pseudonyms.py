"""The pseudonym of one id: what DuckDB and Spark both call."""

import hmac
from hashlib import sha256


def pseudonym(key: bytes, value: str | None) -> str | None:
    """The HMAC-SHA-256 of an id as 32 hexadecimal digits; null stays null."""
    if value is None:
        return None
    return hmac.new(key, value.encode(), sha256).hexdigest()[:32]
