"""`muster docs`: serve the generated documentation on this machine."""

import errno
import os
import sys
import webbrowser
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from rich.console import Console

import environment as environments
from environment.errors import MusterError

HOST = "127.0.0.1"


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves the docs, and the site that they lead to, without a line for each file."""

    def translate_path(self, path: str) -> str:
        """Where a file is: the site lies beside the docs, as it does on Pages."""
        docs = Path(self.directory)
        for folder in (docs, docs.with_name("report")):
            if path.startswith(f"/{folder.name}/"):
                self.directory = str(folder)
                path = path.removeprefix(f"/{folder.name}")
                break
        found = super().translate_path(path)
        self.directory = str(docs)
        return found

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


def serve(name: str, port: int, console: Console, *, browser: bool = True) -> None:
    """Serve the docs of an environment until Ctrl-C.

    Args:
        name: The environment.
        port: The port on loopback; 0 takes a free one.
        console: Where the address is written.
        browser: Whether to open a browser, where there is one.

    Raises:
        MusterError: There are no docs, or the port cannot be used.
    """
    page = environments.find(name).docs
    if not page.exists():
        raise MusterError(
            f"There are no docs in {environments.shown(page.parent)} yet: run "
            f"muster build --env {name}."
        )
    handler = partial(QuietHandler, directory=str(page.parent))
    try:
        server = ThreadingHTTPServer((HOST, port), handler)
    except OSError as error:
        raise MusterError(refusal(port, error), 1) from None
    with server:
        address = f"http://{HOST}:{server.server_port}/"
        console.print(f"The docs are at {address} (Ctrl-C ends).")
        if browser and has_display():
            webbrowser.open(address)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            console.print()


def refusal(port: int, error: OSError) -> str:
    """Say why a port cannot be served on, and what to do."""
    remedy = f"choose another one, such as make docs PORT={port + 1}."
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken by another program: {remedy}"
    if error.errno == errno.EACCES:
        return f"Port {port} may not be used without more rights: {remedy}"
    return f"Port {port} cannot be used ({error.strerror}): {remedy}"


def has_display() -> bool:
    """Whether a browser has a screen to open on."""
    if sys.platform in {"darwin", "win32"}:
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
