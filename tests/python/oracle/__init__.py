"""What the marts must say, told from the demo company's ledger in plain Python.

The ledger holds what truly happened. The functions here count it by the definitions
of the project, with loops anyone can follow, and know nothing of how the warehouse
comes to its own figures. Tests compare the two.
"""

from oracle.employment import State, Workforce, assignments_on, known
from oracle.headcount import MEASURES, Cell, headcount, months, movements

__all__ = [
    "MEASURES",
    "Cell",
    "State",
    "Workforce",
    "assignments_on",
    "headcount",
    "known",
    "months",
    "movements",
]
