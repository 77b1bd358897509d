"""The demo company's own words: where it sits, how it is organised, what it calls.

Everything here is invented, the names of people above all.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt


class Company(NamedTuple):
    """One legal entity of the group; `weight` is its share of the workforce."""

    company: str
    abbr: str
    country: str
    currency: str
    weight: float


class Branch(NamedTuple):
    """One site; `weight` is its share of its company."""

    branch: str
    company: str
    country: str
    time_zone: str
    weight: float


class Leaf(NamedTuple):
    """A department with staff: its tree parent, ladder and share of a company."""

    name: str
    parent: str
    ladder: tuple[str, str, str]
    weight: float


COMPANIES: Final = (
    Company("Harbour Group GmbH", "HG", "Germany", "EUR", 0.60),
    Company("Harbour UK Ltd", "HU", "United Kingdom", "GBP", 0.25),
    Company("Harbour Inc", "HI", "United States", "USD", 0.15),
)
ABBR: Final = {company.company: company.abbr for company in COMPANIES}

BRANCHES: Final = (
    Branch("Berlin", COMPANIES[0].company, "DE", "Europe/Berlin", 0.45),
    Branch("Hamburg", COMPANIES[0].company, "DE", "Europe/Berlin", 0.25),
    Branch("Vienna", COMPANIES[0].company, "AT", "Europe/Vienna", 0.15),
    Branch("Port Louis", COMPANIES[0].company, "MU", "Indian/Mauritius", 0.15),
    Branch("London", COMPANIES[1].company, "GB", "Europe/London", 0.65),
    Branch("Manchester", COMPANIES[1].company, "GB", "Europe/London", 0.35),
    Branch("New York", COMPANIES[2].company, "US", "America/New_York", 0.60),
    Branch("Austin", COMPANIES[2].company, "US", "America/Chicago", 0.40),
)
COUNTRY_OF_BRANCH: Final = {branch.branch: branch.country for branch in BRANCHES}
COUNTRY_OF_COMPANY: Final = {
    COMPANIES[0].company: "DE",
    COMPANIES[1].company: "GB",
    COMPANIES[2].company: "US",
}
FULL_TIME_HUNDREDTHS: Final = {
    "DE": 4000,
    "AT": 3850,
    "MU": 4500,
    "GB": 3750,
    "US": 4000,
}

ROOT_DEPARTMENT: Final = "All Departments"
GROUPS: Final = {
    "Commercial": ROOT_DEPARTMENT,
    "Operations": ROOT_DEPARTMENT,
    "Technology": ROOT_DEPARTMENT,
    "Corporate": ROOT_DEPARTMENT,
    "Engineering": "Technology",
}
_OFFICE: Final = ("Assistant", "Specialist", "Senior Specialist")
_ENGINEER: Final = ("Software Engineer", "Senior Software Engineer", "Staff Engineer")
LEAVES: Final = (
    Leaf(
        "Sales",
        "Commercial",
        ("Sales Representative", "Senior Sales Representative", "Account Manager"),
        12,
    ),
    Leaf("Marketing", "Commercial", _OFFICE, 5),
    Leaf(
        "Customer Support",
        "Commercial",
        ("Support Agent", "Senior Support Agent", "Senior Specialist"),
        10,
    ),
    Leaf(
        "Partnerships", "Commercial", ("Assistant", "Specialist", "Account Manager"), 2
    ),
    Leaf(
        "Logistics",
        "Operations",
        ("Operator", "Logistics Coordinator", "Shift Supervisor"),
        10,
    ),
    Leaf("Procurement", "Operations", ("Assistant", "Buyer", "Senior Specialist"), 4),
    Leaf(
        "Production",
        "Operations",
        ("Operator", "Senior Operator", "Shift Supervisor"),
        18,
    ),
    Leaf(
        "Quality",
        "Operations",
        ("Quality Inspector", "Specialist", "Senior Specialist"),
        5,
    ),
    Leaf("Facilities", "Operations", ("Operator", "Specialist", "Shift Supervisor"), 3),
    Leaf("Platform Engineering", "Engineering", _ENGINEER, 6),
    Leaf("Product Engineering", "Engineering", _ENGINEER, 8),
    Leaf(
        "Data",
        "Technology",
        ("Data Analyst", "Data Scientist", "Senior Data Scientist"),
        4,
    ),
    Leaf(
        "Infrastructure",
        "Technology",
        ("Systems Engineer", "Senior Software Engineer", "Staff Engineer"),
        4,
    ),
    Leaf("Finance", "Corporate", ("Assistant", "Accountant", "Senior Accountant"), 5),
    Leaf("Legal", "Corporate", ("Assistant", "Legal Counsel", "Senior Specialist"), 2),
    Leaf("Human Resources", "Corporate", _OFFICE, 4),
    Leaf("Communications", "Corporate", _OFFICE, 2),
)
LEAF_BY_NAME: Final = {leaf.name: leaf for leaf in LEAVES}
ABSENT_DEPARTMENTS: Final = {
    "HG": frozenset[str](),
    "HU": frozenset({"Production"}),
    "HI": frozenset({"Production", "Procurement", "Communications"}),
}

TEAM_LEAD: Final = "Team Lead"
HEAD: Final = "Head of Department"
DIRECTOR: Final = "Director"
MANAGING_DIRECTOR: Final = "Managing Director"
LEADING: Final = (TEAM_LEAD, HEAD, DIRECTOR, MANAGING_DIRECTOR)
DESIGNATIONS: Final = tuple(
    sorted({title for leaf in LEAVES for title in leaf.ladder} | set(LEADING))
)
GRADES: Final = tuple(f"G{number}" for number in range(1, 9))
EMPLOYMENT_TYPES: Final = ("Full-time", "Part-time", "Contract", "Apprentice", "Intern")

GENDERS: Final = (
    ("Female", 0.455),
    ("Male", 0.470),
    ("Prefer not to say", 0.018),
    ("Other", 0.008),
    ("Non-Conforming", 0.008),
    ("Genderqueer", 0.007),
    ("Transgender", 0.007),
    (None, 0.027),
)

EXIT_REASONS: Final = {
    "voluntary": ("Resignation", "Better offer", "Relocation", "Further study"),
    "involuntary": ("Dismissal", "Redundancy", "Failed probation"),
    "other": ("Retirement", "End of contract", "Death in service"),
}
UNMAPPED_REASONS: Final = {
    "voluntary": "Personal reasons",
    "other": "Mutual agreement",
}
EDUCATION_LEVELS: Final = ("Under Graduate", "Graduate", "Post Graduate")
LEAVE_TYPES: Final = ("Annual Leave", "Sick Leave", "Parental Leave", "Unpaid Leave")
STRIKE: Final = "Strike"

_FIRST_NAMES: Final = [
    "Alva",
    "Brin",
    "Cato",
    "Dara",
    "Edda",
    "Falk",
    "Greet",
    "Hale",
    "Ilka",
    "Jorin",
    "Kaya",
    "Lenno",
    "Mirte",
    "Nevio",
    "Orla",
    "Perrin",
    "Quill",
    "Runa",
    "Sanna",
    "Tamsin",
    "Ulla",
    "Veit",
    "Wenna",
    "Yorick",
    "Zora",
    "Amity",
    "Bastian",
    "Corin",
    "Delia",
    "Emrys",
    "Fenna",
    "Gisla",
    "Hanno",
    "Isolde",
    "Jannik",
    "Keziah",
    "Linus",
    "Maren",
    "Nils",
    "Oda",
    "Piet",
    "Roswin",
    "Sunniva",
    "Thies",
    "Una",
    "Vesna",
    "Wiebke",
    "Yara",
    "Zeno",
    "Aude",
    "Brannoc",
    "Cressida",
    "Dario",
    "Elowen",
    "Florin",
    "Gwenda",
    "Hilke",
    "Imre",
    "Jolan",
    "Kirsa",
]
_SURNAME_HEADS: Final = [
    "Ahl",
    "Bram",
    "Cald",
    "Dorn",
    "Eld",
    "Farn",
    "Gild",
    "Holm",
    "Iver",
    "Jarn",
    "Keld",
    "Lund",
    "Mold",
    "Nord",
    "Oster",
    "Pell",
    "Quar",
    "Rand",
    "Stel",
    "Thorn",
    "Ulm",
    "Vane",
    "Wend",
    "Yarl",
    "Zell",
    "Ash",
    "Birk",
    "Crow",
    "Drey",
    "Ember",
    "Fjell",
    "Grim",
    "Hask",
    "Isen",
    "Kest",
    "Lark",
    "Marsh",
    "Neth",
    "Orm",
    "Pike",
]
_SURNAME_TAILS: Final = [
    "acker",
    "bury",
    "combe",
    "dale",
    "enfeld",
    "ford",
    "gate",
    "haven",
    "ingham",
    "kamp",
    "ley",
    "marck",
    "nesse",
    "over",
    "quist",
    "rick",
    "sund",
    "thwaite",
    "ufer",
    "vale",
    "wick",
    "yard",
    "zand",
    "berry",
    "croft",
    "dyke",
    "moor",
    "stead",
    "tofte",
    "witz",
]


def department_name(name: str, abbr: str) -> str:
    """Return a department's document name, as Frappe builds it."""
    return f"{name} - {abbr}"


def base_name(department: str) -> str:
    """Return a department's name without its company, `Sales - HG` -> `Sales`."""
    return department.rsplit(" - ", 1)[0]


def first_names(rng: np.random.Generator, count: int) -> list[str]:
    """Return `count` invented first names."""
    return [_FIRST_NAMES[i] for i in rng.integers(0, len(_FIRST_NAMES), count).tolist()]


def last_names(rng: np.random.Generator, count: int) -> list[str]:
    """Return `count` invented surnames."""
    heads = rng.integers(0, len(_SURNAME_HEADS), count).tolist()
    tails = rng.integers(0, len(_SURNAME_TAILS), count).tolist()
    return [
        _SURNAME_HEADS[head] + _SURNAME_TAILS[tail]
        for head, tail in zip(heads, tails, strict=True)
    ]


def shares(weights: list[float]) -> npt.NDArray[np.float64]:
    """Return weights as probabilities that sum to one."""
    array = np.asarray(weights, dtype=np.float64)
    return np.asarray(array / array.sum(), dtype=np.float64)
