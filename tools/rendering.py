"""The project's Jinja rendered without dbt and without a warehouse.

For sqlfluff, and for tests of macros.
"""

import datetime
import functools
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import jinja2
import yaml
from sqlfluff.core.templaters.jinja import DBTTestExtension

REPOSITORY = Path(__file__).parent.parent
PREFIX = "dbt_macro__"
MACROS = ("macros", "tests/generic")


class _ReturnError(Exception):
    """What dbt's `return` leaves a macro with."""


def project() -> dict[str, Any]:
    """What `dbt_project.yml` says."""
    read: dict[str, Any] = yaml.safe_load((REPOSITORY / "dbt_project.yml").read_text())
    return read


@functools.cache
def models_names() -> Mapping[str, Any]:
    """What is known by name where models are rendered, with the project's own vars."""
    return names(project()["vars"])


def names(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """What dbt knows by name where it renders: its own, the macros, the generic tests.

    Relations are named as models are, and no query runs. As in a build of DuckDB that
    adds to a table. A generic test is `test_<name>`.

    Args:
        given: Every var that there is.
    """
    known: dict[str, Any] = {
        "adapter": SimpleNamespace(
            dispatch=lambda name, _package: known[f"duckdb__{name}"]
        ),
        "config": lambda **_: "",
        "dbt": _dbt(),
        "exceptions": SimpleNamespace(raise_compiler_error=_refuse),
        "execute": False,
        "graph": {},
        "is_incremental": lambda: True,
        "local_md5": lambda text: text,
        "modules": SimpleNamespace(datetime=datetime, re=re),
        "project_name": project()["name"],
        "ref": lambda model: model,
        "return": _return,
        "source": lambda dataset, table: f"{dataset}.{table}",
        "this": "this_model",
        "var": lambda name, *default: (
            given.get(name, *default) if default else given[name]
        ),
    }
    environment = jinja2.Environment(  # noqa: S701 - SQL, which no browser reads
        extensions=["jinja2.ext.do", DBTTestExtension],
        undefined=jinja2.StrictUndefined,
    )
    environment.globals.update(known)
    files = [
        path.read_text()
        for folder in MACROS
        for path in sorted((REPOSITORY / folder).rglob("*.sql"))
    ]
    macros: dict[str, Callable[..., str]] = {}
    for name in re.findall(r"{%-? macro (\w+)", "".join(files)):
        known[name] = functools.partial(_call, macros, name)
    environment.globals.update(known)
    for text in files:
        # Under other names, as dbt has them: macros of one file would call each other
        # directly, and so not return.
        renamed = re.sub(r"({%-? macro )", rf"\1{PREFIX}", text)
        module = environment.from_string(renamed).module
        for name, macro in vars(module).items():
            if name.startswith(PREFIX):
                macros[name.removeprefix(PREFIX)] = macro
            elif isinstance(macro, jinja2.runtime.Macro):
                known[name] = macro
    return known


def _dbt() -> SimpleNamespace:
    """The macros of dbt that differ by engine, in a form that sqlfluff's rules pass."""
    return SimpleNamespace(
        date_spine=lambda part, *_: f"select cast(null as date) as date_{part}",
        date_trunc=lambda part, of: f"date_trunc('{part}', {of})",
        dateadd=lambda part, number, of: f"date_add({of}, interval ({number}) {part})",
        datediff=lambda since, until, part: f"datediff('{part}', {since}, {until})",
        last_day=lambda of, _part: f"last_day({of})",
        split_part=lambda of, by, number: f"split_part({of}, {by}, {number})",
    )


def _call(
    macros: Mapping[str, Callable[..., str]], name: str, *values: Any, **named: Any
) -> Any:
    try:
        return macros[name](*values, **named)
    except _ReturnError as returned:
        return returned.args[0]


def _return(value: Any) -> NoReturn:
    raise _ReturnError(value)


def _refuse(message: str) -> NoReturn:
    raise ValueError(message)
