"""sqlfluff over the dbt project, with an empty warehouse in a scratch folder.

The dbt templater opens the target's databases to compile a model. Left to itself it
would need ingested data and would lock the user's warehouse against a running build.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

PATHS = ("models", "tests/singular")


def main(arguments: list[str]) -> int:
    """Run sqlfluff on every model and test.

    Args:
        arguments: sqlfluff's command (`lint` or `fix`) and its options.

    Returns:
        sqlfluff's exit code.
    """
    with tempfile.TemporaryDirectory(prefix="muster-lint-") as scratch:
        sqlfluff = Path(sys.executable).with_name("sqlfluff")
        return subprocess.run(  # noqa: S603
            [
                str(sqlfluff),
                *arguments,
                *(path for path in PATHS if Path(path).exists()),
            ],
            env=os.environ
            | {"MUSTER_HOME": scratch, "DO_NOT_TRACK": "1", "DBT_LOG_PATH": scratch},
            check=False,
        ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
