"""Progress of long steps: live on a terminal, plain lines elsewhere."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

PLAIN_INTERVAL_SECONDS = 5.0

SILENT_SECONDS = 10.0
"""How long a step may take between two lines where there is no terminal to draw on."""


class Step:
    """One step under way: `advance` it, or name what it does now."""

    def advance(self, amount: float = 1, total: float | None = None) -> None:
        """Say that `amount` more is done, of `total` if that is known by now."""

    def describe(self, text: str) -> None:
        """Say what is being done."""


class Reporter:
    """Says nothing; the base of those that do, and the one for tests."""

    @contextmanager
    def step(self, title: str, total: float | None = None) -> Iterator[Step]:
        """Show a step while its body runs."""
        yield Step()

    def line(self, text: str) -> None:
        """Show one line."""


class TerminalReporter(Reporter):
    """Reports to a console, to standard error by default."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)

    @contextmanager
    def step(self, title: str, total: float | None = None) -> Iterator[Step]:
        """Show a step: a bar on a terminal, a line now and then elsewhere."""
        if self._console.is_terminal:
            columns = (
                SpinnerColumn(),
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
            )
            with Progress(*columns, console=self._console, transient=True) as bars:
                yield _Bar(bars, title, total)
        else:
            step = _Plain(self, title, total)
            with step.watched():
                yield step
            step.finish()

    @contextmanager
    def lasting(self, title: str) -> Iterator[None]:
        """Say now and then that work lasts, where there is no terminal to see it on."""
        if self._console.is_terminal:
            yield
        else:
            with _Plain(self, title, None).watched():
                yield

    def line(self, text: str) -> None:
        """Show one line."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


class _Bar(Step):
    def __init__(self, bars: Progress, title: str, total: float | None) -> None:
        self._bars = bars
        self._title = title
        self._task = bars.add_task(title, total=total)

    def advance(self, amount: float = 1, total: float | None = None) -> None:
        if total is not None:
            self._bars.update(self._task, total=total)
        self._bars.advance(self._task, amount)

    def describe(self, text: str) -> None:
        self._bars.update(self._task, description=f"{self._title}: {text}")


class _Plain(Step):
    def __init__(self, reporter: Reporter, title: str, total: float | None) -> None:
        self._reporter = reporter
        self._title = title
        self._total = total
        self._text = ""
        self._done = 0.0
        self._started = self._said = time.monotonic()

    def advance(self, amount: float = 1, total: float | None = None) -> None:
        self._done += amount
        self._total = total if total is not None else self._total
        if time.monotonic() - self._said >= PLAIN_INTERVAL_SECONDS:
            self._say()

    def describe(self, text: str) -> None:
        self._text = text

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Say how it stands whenever the step was silent for long, until it ends."""
        ended = threading.Event()

        def watch() -> None:
            while not ended.wait(min(1.0, SILENT_SECONDS)):
                if time.monotonic() - self._said >= SILENT_SECONDS:
                    self._say()

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _say(self) -> None:
        self._said = time.monotonic()
        whole = f" of {self._total:,.0f}" if self._total else ""
        how_far = f"{self._done:,.0f}{whole}" if self._done else self._text
        seconds = f"{self._said - self._started:.0f} s"
        told = ", ".join(each for each in (how_far, seconds) if each)
        self._reporter.line(f"{self._title}: {told}")

    def finish(self) -> None:
        seconds = time.monotonic() - self._started
        if seconds >= 1:
            done = f"{self._done:,.0f} in " if self._done else ""
            self._reporter.line(f"{self._title}: {done}{seconds:.1f} s")
