"""How many trials a test makes of what is drawn at random: more at night than by day.

`make faults` sets `MUSTER_NIGHTLY`. What is claimed is the same, of more trials.
"""

import os


def trials(usual: int, nightly: int) -> int:
    """How many trials there are: the usual number, or that of the night."""
    return nightly if os.environ.get("MUSTER_NIGHTLY") else usual
