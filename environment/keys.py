"""Secret keys from the environment: long and mixed enough to be secrets."""

import os

from environment.errors import MusterError

SHORTEST, FEWEST_SIGNS = 32, 10


def secret(variable: str) -> bytes | None:
    """The key that an environment variable gives; None where it is not set.

    Raises:
        MusterError: It is too short or too plain to be a secret.
    """
    given = os.environ.get(variable, "")
    if not given:
        return None
    if len(given) < SHORTEST:
        raise MusterError(
            f"{variable} is too short: give at least {SHORTEST} characters."
        )
    if len(set(given)) < FEWEST_SIGNS:
        raise MusterError(
            f"{variable} is no secret: it has fewer than {FEWEST_SIGNS}"
            " different characters. Make one by: openssl rand -hex 32."
        )
    return given.encode()
