"""How many trials a test makes of what is drawn at random: more at night than by day.

`make faults` sets `MUSTER_NIGHTLY`. What is claimed is the same, of more trials.
"""

import os
from typing import TypeVar

import pytest

Trials = TypeVar("Trials")


def trials(usual: Trials, nightly: Trials) -> Trials:
    """How many trials there are, or which: the usual ones, or those of the night."""
    return nightly if os.environ.get("MUSTER_NIGHTLY") else usual


at_night = pytest.mark.skipif(
    not os.environ.get("MUSTER_NIGHTLY"), reason="takes minutes: see make faults"
)
"""Marks what is claimed of a whole that a shorter test looks at each day."""
