"""Run a notebook's cells in this process and keep what they show in the file.

`python -m tools.notebook docs/notebooks/attrition.ipynb` renews the outputs
without Jupyter, so that a test can run a notebook and anybody can renew its pictures.
"""

import ast
import base64
import contextlib
import io
import json
import sys
from pathlib import Path
from typing import Any

Notebook = dict[str, Any]


class CellFailedError(RuntimeError):
    """A cell of a notebook raised an error; the message names the cell."""


def run(notebook: Notebook) -> dict[str, Any]:
    """Run all code cells in order, and put what each shows into it.

    Args:
        notebook: A notebook of format 4, changed in place.

    Returns:
        The names that the cells have left behind.

    Raises:
        CellFailedError: A cell raised an error.
    """
    names: dict[str, Any] = {"__name__": "__main__"}
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for number, cell in enumerate(cells, start=1):
        try:
            cell["outputs"] = outputs("".join(cell["source"]), names, number)
        except Exception as error:
            message = f"cell {number}: {type(error).__name__}: {error}"
            raise CellFailedError(message) from error
        cell["execution_count"] = number
    return names


def outputs(source: str, names: dict[str, Any], number: int) -> list[dict[str, Any]]:
    """Run one cell and return what it shows: printed text, then its last expression."""
    body = ast.parse(source).body
    last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    printed, value = io.StringIO(), None
    with contextlib.redirect_stdout(printed):
        exec(compile(ast.Module(body, []), f"<cell {number}>", "exec"), names)  # noqa: S102 - a notebook is code
        if isinstance(last, ast.Expr):
            expression = compile(ast.Expression(last.value), f"<cell {number}>", "eval")
            value = eval(expression, names)  # noqa: S307 - a notebook is code
    shown: list[dict[str, Any]] = []
    if printed.getvalue():
        text = printed.getvalue().splitlines(keepends=True)
        shown.append({"output_type": "stream", "name": "stdout", "text": text})
    if value is not None:
        shown.append(
            {
                "output_type": "execute_result",
                "execution_count": number,
                "metadata": {},
                "data": shapes(value),
            }
        )
    return shown


def shapes(value: object) -> dict[str, Any]:
    """A value in the forms that a notebook holds: a picture or table, and text."""
    data: dict[str, Any] = {}
    if hasattr(value, "_repr_mimebundle_"):
        bundle = value._repr_mimebundle_()
        data |= bundle[0] if isinstance(bundle, tuple) else bundle
    elif hasattr(value, "_repr_html_"):
        data["text/html"] = value._repr_html_().splitlines(keepends=True)
    for kind, content in data.items():
        if isinstance(content, bytes):
            data[kind] = base64.b64encode(content).decode()
    picture = any(kind.startswith("image/") for kind in data)
    text = f"<{type(value).__name__}>" if picture else repr(value)
    return data | {"text/plain": text.splitlines(keepends=True)}


def main(arguments: list[str]) -> int:
    """Run the notebooks named and write their outputs back.

    Args:
        arguments: Paths of notebooks.

    Returns:
        0, or 1 where a cell failed.
    """
    for path in map(Path, arguments):
        notebook = json.loads(path.read_text())
        try:
            run(notebook)
        except CellFailedError as error:
            sys.stderr.write(f"{path}, {error}\n")
            return 1
        path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")
        sys.stdout.write(f"{path}: ran {len(notebook['cells'])} cells\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
