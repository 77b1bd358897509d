"""A lease on an environment: one runner writes it at a time, and a dead one lets go.

The claims of an environment are numbered objects `lease/000000000007.json`; the one
with the highest number says who writes, and until when. To take the lease is to create
the next number, which a store grants to one writer only (`Store.create`: a conditional
put on S3, Google Cloud Storage and Azure, a hard link in a folder), and then to list
the claims and find one's own the highest. Numbers only grow, and the highest is never
deleted, so a runner that acts on an old listing creates a number that is taken or no
longer the highest, and goes away. A claim is never taken from its holder by changing
it, which would need a compare-and-swap that fsspec does not offer: only the holder
rewrites its claim, to renew or to release it.

The holder renews in a thread and stops believing in its claim when it expires; others
wait for a twentieth of its duration more, so clocks may differ by that much. In a
folder the operating system's lock is held too: it tells at once that a holder on the
same machine died, without waiting for the expiry.
"""

import json
import os
import platform
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from filelock import FileLock, Timeout

from environment.errors import MusterError
from store.store import Store

SECONDS = 900.0
"""How long a claim lasts unless it is renewed, which happens six times as often."""

TOLERANCE = 0.05
"""How far the clocks of two runners may differ, as a share of a claim's duration."""

SETTLE_SECONDS = 2.0
"""How long a write may take to be seen on a store without conditional writes."""

_ATTEMPTS = 5
_BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Claim:
    """Who writes an environment, what for, and until when.

    Attributes:
        token: Unlike any other claim's.
        machine: The running system that the holder is on.
        holder: The holder, for people.
        purpose: What it does, such as `ingest`.
        seconds: For how long a renewal lasts.
        taken_at: Unix time.
        expires_at: Unix time.
        is_released: Whether the holder is done.
    """

    token: str
    machine: str
    holder: str
    purpose: str
    seconds: float
    taken_at: float
    expires_at: float
    is_released: bool = False

    def is_free(self, now: float) -> bool:
        """Whether another runner may take the lease."""
        return self.is_released or now > self.expires_at + self.seconds * TOLERANCE


class Lease:
    """A lease that is held; from `hold`."""

    def __init__(self, store: Store, number: int, claim: Claim) -> None:
        self._store = store
        self._number = number
        self._claim = claim
        self._is_lost = False
        self._writing = threading.Lock()

    @property
    def claim(self) -> Claim:
        """The claim as it was last written."""
        return self._claim

    def check(self) -> None:
        """Make sure that the lease still holds, before something that counts.

        Raises:
            MusterError: It ran out, and another runner may write by now.
        """
        newest = _newest(self._store)
        if newest is None or newest[1].token != self._claim.token:
            self._is_lost = True
        if self._is_lost or time.time() > self._claim.expires_at:
            raise MusterError(
                f"The lease on {self._store.address} was lost: this runner could not"
                f" renew it for {self._claim.seconds:g} s, or another took it. Nothing"
                " more was written; run this again."
            )

    def renew(self) -> None:
        """Write a later expiry, unless the claim expired: then it is lost."""
        with self._writing:
            now = time.time()
            if self._is_lost or now > self._claim.expires_at:
                self._is_lost = True
                return
            renewed = replace(self._claim, expires_at=now + self._claim.seconds)
            self._store.write_bytes(_key(self._number), _encoded(renewed))
            newest = _newest(self._store)
            if newest is None or newest[1].token != self._claim.token:
                self._is_lost = True
                return
            self._claim = renewed

    def release(self) -> None:
        """Let the next runner in."""
        with self._writing:
            if self._is_lost or time.time() > self._claim.expires_at:
                return
            released = replace(self._claim, is_released=True)
            self._store.write_bytes(_key(self._number), _encoded(released))


@contextmanager
def hold(store: Store, purpose: str, seconds: float = SECONDS) -> Iterator[Lease]:
    """Hold the lease on a store's environment.

    Args:
        store: The environment's store.
        purpose: What for, such as `ingest`; others are told.
        seconds: After how long without a renewal others may take it.

    Yields:
        The lease; `check` it before what must not happen twice.

    Raises:
        MusterError: Another runner holds it; the message says who and until when.
    """
    with ExitStack() as stack:
        is_alone = store.is_local
        if is_alone:
            _lock_folder(store, stack)
        lease = _take(store, purpose, seconds, is_alone=is_alone)
        stop = threading.Event()
        renewing = threading.Thread(
            target=_keep_renewing, args=(lease, stop), name="lease", daemon=True
        )
        renewing.start()
        try:
            yield lease
        finally:
            stop.set()
            renewing.join()
            with suppress(MusterError, OSError):
                lease.release()


def _keep_renewing(lease: Lease, stop: threading.Event) -> None:
    """Renew until told to stop; what fails is tried again until the claim expires."""
    while not stop.wait(lease.claim.seconds / 6):
        with suppress(MusterError, OSError):
            lease.renew()


def _lock_folder(store: Store, stack: ExitStack) -> None:
    path = store.path("lease/lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        stack.enter_context(FileLock(path, timeout=0))
    except Timeout:
        newest = _newest(store)
        raise _refusal(store, newest[1] if newest else None) from None
    except NotImplementedError:
        return
    except OSError as error:
        raise MusterError(
            f"{path.parent} cannot be written ({(error.strerror or 'no').lower()}):"
            " change its permissions, or set MUSTER_HOME to a folder of yours."
        ) from None


def _take(store: Store, purpose: str, seconds: float, *, is_alone: bool) -> Lease:
    """Create the next claim, and make sure that it is the highest."""
    machine = _machine()
    for _ in range(_ATTEMPTS):
        newest = _newest(store)
        now = time.time()
        if newest and not newest[1].is_free(now):
            is_dead = is_alone and newest[1].machine == machine
            if not is_dead:
                raise _refusal(store, newest[1])
        number = newest[0] + 1 if newest else 1
        claim = Claim(
            token=uuid4().hex,
            machine=machine,
            holder=f"{platform.node() or 'this machine'}, process {os.getpid()}",
            purpose=purpose,
            seconds=seconds,
            taken_at=now,
            expires_at=now + seconds,
        )
        if not store.create(_key(number), _encoded(claim)):
            continue
        if not store.is_conditional:
            time.sleep(SETTLE_SECONDS)
        found = _newest(store)
        if found and found[1].token == claim.token:
            _forget_before(store, number)
            return Lease(store, number, claim)
    newest = _newest(store)
    raise _refusal(store, newest[1] if newest else None)


def _forget_before(store: Store, number: int) -> None:
    """Remove claims that a higher one has replaced."""
    for older in _numbers(store):
        if older < number:
            with suppress(MusterError, OSError):
                store.delete(_key(older))


def _newest(store: Store) -> tuple[int, Claim] | None:
    """The claim with the highest number; None where there never was one."""
    for _ in range(_ATTEMPTS):
        numbers = _numbers(store)
        if not numbers:
            return None
        key = _key(numbers[-1])
        try:
            return numbers[-1], Claim(**store.read_json(key))
        except FileNotFoundError:
            continue
        except TypeError:
            raise MusterError(
                f"{store.url(key)} is not a claim that this version of muster knows:"
                " update muster, or delete it when no runner is at work."
            ) from None
    raise MusterError(
        f"The lease on {store.address} changes hands all the time: try again later."
    )


def _numbers(store: Store) -> list[int]:
    names = (key.removeprefix("lease/") for key in store.keys("lease"))
    return sorted(
        int(name.removesuffix(".json"))
        for name in names
        if name.endswith(".json") and name.removesuffix(".json").isdigit()
    )


def _key(number: int) -> str:
    return f"lease/{number:012}.json"


def _encoded(claim: Claim) -> bytes:
    return json.dumps(asdict(claim), indent=2).encode()


def _machine() -> str:
    """The running system, alike in its containers; another after a restart."""
    with suppress(OSError):
        return _BOOT.read_text(encoding="ascii").strip()
    return platform.node()


def _refusal(store: Store, claim: Claim | None) -> MusterError:
    if claim is None or claim.is_released:
        return MusterError(
            f"{store.address} is being written by another runner: wait until it is"
            " done, then run this again."
        )
    since, until = (
        f"{datetime.fromtimestamp(instant, UTC):%Y-%m-%d %H:%M:%S}"
        for instant in (
            claim.taken_at,
            claim.expires_at + claim.seconds * TOLERANCE,
        )
    )
    return MusterError(
        f"{store.address} is being written by {claim.holder} ({claim.purpose}) since"
        f" {since} UTC: wait until it is done. If it died, its lease ends by itself at"
        f" {until} UTC."
    )
