"""The tracker of change requests, where one is configured.

`MUSTER_TRACKER` is the address of one of its entries, with `{number}` for the number of
`CR-123`, such as `https://api.github.com/repos/example/muster/issues/{number}`;
`MUSTER_TRACKER_TOKEN` is what it wants to know who asks.
"""

import os

import requests

from environment.errors import MusterError

ADDRESS, TOKEN = "MUSTER_TRACKER", "MUSTER_TRACKER_TOKEN"

SECONDS = 30


def require(request: str) -> None:
    """Make sure that the tracker, if there is one, knows a change request.

    Raises:
        MusterError: It does not, or cannot be asked.
    """
    address = os.environ.get(ADDRESS)
    if not address:
        return
    if "{number}" not in address:
        raise MusterError(f"{ADDRESS} has no {{number}} to ask for {request} by.", 2)
    token = os.environ.get(TOKEN)
    number = request.partition("-")[2]
    try:
        answer = requests.get(
            address.replace("{number}", number),
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=SECONDS,
            allow_redirects=False,
        )
    except requests.RequestException as error:
        raise MusterError(
            f"The tracker in {ADDRESS} cannot be asked for {request}: "
            f"{type(error).__name__}."
        ) from None
    if answer.status_code != requests.codes.ok:
        raise MusterError(
            f"The tracker in {ADDRESS} does not know {request}: it answers "
            f"{answer.status_code}.",
            2,
        )
