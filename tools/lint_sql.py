"""sqlfluff over the dbt project and the demo company's SQL.

What macros emit is linted in the models. A generic test is a macro, of which sqlfluff
sees nothing, so that is linted as it is rendered, with arguments made up here.
"""

import subprocess
import sys
import textwrap
from pathlib import Path

from sqlfluff.core import FluffConfig, Linter

from tools.rendering import models_names

PATHS = ("models", "tests/singular")
DEMO = ("--config", "tools/demo.sqlfluff", "demo/sql")
GENERIC = "tests/generic"


class _Model(str):
    database = schema = identifier = "given"


ARGUMENTS: dict[str, object] = {
    "at_most": 5,
    "at_most_pct": 10,
    "columns": ["first_column", "second_column"],
    "figure": "count(*)",
    "dimensions": ["department", "region"],
    "model": _Model("given"),
    "measures": ["entries", "exits"],
    "steps": {"entries": 5, "exits": "exit_step"},
}
"""What generic tests are given by parameter; any other is given a column's name."""


def main(arguments: list[str]) -> int:
    """Run sqlfluff, on every model, test and file of the demo company if none is named.

    Args:
        arguments: sqlfluff's command (`lint` or `fix`), its options, and files.

    Returns:
        0 if all pass, else 1.
    """
    command, *rest = arguments
    options = [each for each in rest if each.startswith("-")]
    files = [each for each in rest if each not in options]
    generic = [Path(each) for each in files if each.startswith(GENERIC)]
    demo = [each for each in files if each.startswith(DEMO[-1])]
    plain = [each for each in files if each.startswith(PATHS)]
    if not files or len(files) > len(plain) + len(generic) + len(demo):
        # What macros emit, and what decides how it is linted, stands in any model.
        plain, demo = list(PATHS), [DEMO[-1]]
        generic = sorted(Path(GENERIC).glob("*.sql"))
    # A list: all run, also where the first fails.
    return int(
        any(
            [
                bool(plain) and _sqlfluff(command, *options, *plain),
                bool(demo) and _sqlfluff(command, *options, *DEMO[:-1], *demo),
                *(_is_wrong(path) for path in generic),
            ]
        )
    )


def _sqlfluff(*arguments: str) -> bool:
    sqlfluff = Path(sys.executable).with_name("sqlfluff")
    return bool(subprocess.run([sqlfluff, *arguments], check=False).returncode)  # noqa: S603


def _is_wrong(path: Path) -> bool:
    """Whether a generic test, as it is rendered, breaks a rule: each is told."""
    test = models_names()[f"test_{path.stem}"]
    given = {each: ARGUMENTS.get(each, each) for each in test.arguments}
    query = textwrap.dedent(test(**given)).strip() + "\n"
    # A test tells what it finds by all columns of the model that it is put on; where
    # lines start and end is what it hands on to macros, and is given.
    config = FluffConfig.from_root(overrides={"exclude_rules": "AM04,LT02,LT05,ST06"})
    found = Linter(config=config).lint_string(query, fname=str(path)).get_violations()
    for each in found:
        line = query.splitlines()[each.line_no - 1].strip()
        sys.stdout.write(f"{path}: {each.rule_code()} {each.desc()}\n    {line}\n")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
