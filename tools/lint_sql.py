"""sqlfluff over the dbt project and the demo company's SQL.

The dbt templater opens the target's databases to compile a model. Left to itself it
would need ingested data and would lock the user's warehouse against a running build, so
it has an empty warehouse in a scratch folder.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

MODELS = ("models", "tests/singular")
DEMO = ("--config", "tools/demo.sqlfluff", "demo/sql")


def main(arguments: list[str]) -> int:
    """Run sqlfluff on every model, test and file of the demo company.

    Args:
        arguments: sqlfluff's command (`lint` or `fix`) and its options.

    Returns:
        0 if both of sqlfluff's runs pass, else 1.
    """
    sqlfluff = str(Path(sys.executable).with_name("sqlfluff"))
    with tempfile.TemporaryDirectory(prefix="muster-lint-") as scratch:
        quiet = {"MUSTER_HOME": scratch, "DO_NOT_TRACK": "1", "DBT_LOG_PATH": scratch}
        # A list: both run, also where the first fails.
        codes = [
            subprocess.run(  # noqa: S603
                [sqlfluff, *arguments, *what], env=os.environ | quiet, check=False
            ).returncode
            for what in (MODELS, DEMO)
        ]
    # One that was killed is negative.
    return int(any(codes))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
