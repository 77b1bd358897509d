"""Another key of pseudonyms: no byte of those by the earlier one is kept.

`pseudonyms.json` in the store has an HMAC by which one key is told from another. A
build or a release by another key is refused until somebody says that it is meant. Then
all goes that has pseudonyms: what builds made, what runs noted of them, and, once one
by the new key is there, all earlier releases. Killed at any moment, it is done again.
"""

import hmac
import re
import shutil
from collections.abc import Sequence

from environment import Environment
from environment.errors import MusterError
from environment.locks import locked
from ingestion.erasure.matching import Known, Where
from ingestion.ledger_tables import RUNS
from ingestion.log import marker_key
from ingestion.log import of as log_of
from operations.build.inside import KEY_VARIABLE
from operations.build.inside.pseudonyms import pseudonym_key
from operations.erasure import forget, kept, log
from operations.monitoring.seen import FOLDER as OPS
from store import mirror, releases
from store.store import Store

NOTE = "pseudonyms.json"

_PSEUDONYM = re.compile(r"[0-9a-f]{32}")


class Pseudonyms(Known):
    """Whoever a pseudonym stands for, whichever key made it."""

    def find(self, kind: str, identifier: str) -> str | None:
        """As of `Known`."""
        return None

    def may_name(self, text: str, where: Where) -> bool:
        """As of `Known`."""
        return bool(_PSEUDONYM.search(text))

    def begins(self, following: Sequence[str], where: Where) -> tuple[int, str] | None:
        """As of `Known`."""
        return (1, "") if _PSEUDONYM.fullmatch(following[0]) else None


def is_begun(environment: Environment, store: Store, *, is_meant: bool) -> bool:
    """Whether pseudonyms are by another key from now on.

    Raises:
        MusterError: They would be, and nobody said that it is meant.
    """
    now, before = _mark(environment), None
    if store.exists(NOTE):
        before = store.read_json(NOTE).get("key")
    elif not is_meant:
        store.write_json(NOTE, {"key": now})
    if before == now or not (before or is_meant):
        return False
    if not is_meant:
        name = environment.name
        is_released = releases.current(store) is not None
        command = f"release {name}" if is_released else f"build --env {name}"
        raise MusterError(
            f"The pseudonyms of {name} were made by another key: set {KEY_VARIABLE} to"
            f" that one; or, if it was changed on purpose, run muster {command}"
            " --new-key, which removes whatever has the old pseudonyms."
        )
    return True


def sweep(environment: Environment, store: Store) -> None:
    """Take pseudonyms out of all but releases.

    Args:
        environment: The environment; nobody else may be building.
        store: Its store; the lease on it is held.

    Raises:
        MusterError: Another process is at work, or an erasure was begun.
    """
    environment = Environment(environment.name, environment.home)
    with locked(environment.folder):
        if forget.plans(environment):
            raise MusterError("An erasure was begun: run muster ingest to finish it.")
        runs = log_of(environment.folder)
        for damage in runs.damaged(RUNS, thorough=True):
            # No figure rests on it, and it cannot be rewritten.
            marker = runs.folder / marker_key(RUNS, damage.load.load_id)
            marker.unlink(missing_ok=True)
        mirror.pull(environment, store)
        runs = log_of(environment.folder)
        log.rewrite(runs, Pseudonyms(), forget.request_id(), [RUNS])
        mirror.push(environment, store, datasets=[RUNS])
        shutil.rmtree(environment.folder / OPS, ignore_errors=True)
        kept.drop_made(environment)


def finish(environment: Environment, store: Store, but: str = "") -> list[str]:
    """Remove earlier releases, and note by which key pseudonyms are now.

    Args:
        environment: The environment.
        store: Its store; the lease on it is held.
        but: The release by the new key, if there is one.

    Returns:
        The old versions of objects that could not be removed, for people.
    """
    for each in releases.ids(store):
        if each != but:
            releases.delete(store, each)
    left = store.drop_versions()
    store.write_json(NOTE, {"key": _mark(environment)})
    return left


def _mark(environment: Environment) -> str:
    return hmac.digest(pseudonym_key(environment.folder), b"pseudonyms", "sha256").hex()
