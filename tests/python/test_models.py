"""The house's rules for models: names, layers, descriptions, portable SQL."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from operations.report import figures

pytestmark = pytest.mark.structure

REPOSITORY = Path(__file__).resolve().parents[2]
MODELS = REPOSITORY / "models"

PREFIXES = {
    "staging": r"stg_(?P<folder>[a-z0-9_]+)__[a-z0-9_]+",
    "intermediate": r"int_[a-z0-9_]+",
    "marts": r"(dim|fct|rpt|ftr)_[a-z0-9_]+",
}

# A layer reads from these; staging alone reads sources.
READS = {
    "staging": {"source"},
    "intermediate": {"staging", "intermediate", "seed"},
    "marts": {"intermediate", "marts", "seed"},
}

NOT_PORTABLE = {
    "qualify": r"\bqualify\b",
    "distinct on": r"\bdistinct\s+on\b",
    "a cast by ::": r"::",
    "exclude or replace of columns": r"\*\s*(exclude|except|replace)\b",
    "an as-of join": r"\basof\b",
    "union by name": r"\bby\s+name\b",
    "group or order by all": r"\bby\s+all\b",
    "ignore nulls": r"\bignore\s+nulls\b",
    "lists or structs": r"\b(unnest|list_\w+|array_agg|list|struct_pack)\s*\(|[\[\]{}]",
    "strftime or strptime": r"\bstr[fp]time\b",
    "at time zone": r"\bat\s+time\s+zone\b",
    "dayofweek": r"\b(dayofweek|isodow|weekday)\b",
    "concat, which engines differ on with nulls": r"\bconcat(_ws)?\s*\(",
    "quotes inside a string": r"\w''|''\w",
    "a backslash": r"\\",
    "a quoted identifier": r'"',
    "hash()": r"\bhash\s*\(",
    "merge": r"\bmerge\s+into\b",
    "an interval": r"\binterval\b",
    "the clock": r"\b(now|current_date|current_timestamp|getdate|today)\b",
    "like without case": r"\bi?like\s+any\b|\bilike\b",
    "a frame on a named window": r"\bover\s*\(\s*(?!partition|order|rows|range)\w+\s",
    "a lambda": r"->",
    "limit": r"\blimit\b",
    # A build would not know that it reads it: `operations/build/inside/unchanged.py`.
    "a table that is not named by ref or source": (
        r"(?<!year )(?<!quarter )(?<!month )(?<!day )\b(from|join)\s+\w+\.\w"
        r"|\bread_\w+\("
    ),
}


def sql_files() -> list[Path]:
    """Models and singular tests."""
    return sorted(
        [*MODELS.rglob("*.sql"), *(REPOSITORY / "tests" / "singular").rglob("*.sql")]
    )


def shown(path: Path) -> str:
    """A file's path from the repository's root."""
    return str(path.relative_to(REPOSITORY))


@cache
def sql_of(path: Path) -> str:
    """A model without comments, with a plain word wherever a macro stands."""
    text = path.read_text()
    text = re.sub(r"{#.*?#}", " ", text, flags=re.DOTALL)
    text = re.sub(r"{%.*?%}", " ", text, flags=re.DOTALL)
    text = re.sub(r"{{.*?}}", "macro", text, flags=re.DOTALL)
    return re.sub(r"--[^\n]*", "", text).lower()


def sort_keys(sql: str) -> list[str]:
    """Every key of every `order by`."""
    keys = []
    for match in re.finditer(r"\border\s+by\b", sql):
        depth, key = 0, ""
        for position in range(match.end(), len(sql)):
            character = sql[position]
            if depth == 0 and (
                character == ")"
                or re.match(r"\b(rows|range)\s+between\b", sql[position:])
            ):
                break
            depth += {"(": 1, ")": -1}.get(character, 0)
            if depth == 0 and character == ",":
                keys.append(key)
                key = ""
            else:
                key += character
        keys.append(key)
    # A trailing blank key comes from a loop that writes its own commas.
    return [" ".join(key.split()) for key in keys if key.strip()]


@pytest.fixture(scope="session")
def manifest(parsed: Path) -> dict[str, Any]:
    """What dbt makes of the project, parsed once without any database."""
    loaded = json.loads((parsed / "manifest.json").read_text())
    assert isinstance(loaded, dict)
    return loaded


def models_of(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """Our own models."""
    return [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["package_name"] == "muster"
    ]


def layer_of(node: dict[str, Any]) -> str:
    """The layer of a node: its folder below `models/`, or its kind."""
    if node["resource_type"] != "model":
        return str(node["resource_type"])
    return str(Path(node["original_file_path"]).parts[1])


def test_there_are_models_to_check() -> None:
    assert len(sql_files()) > 20


@pytest.mark.parametrize("construct", NOT_PORTABLE)
def test_models_are_portable(construct: str) -> None:
    pattern = re.compile(NOT_PORTABLE[construct])
    assert not [shown(path) for path in sql_files() if pattern.search(sql_of(path))]


def test_models_do_not_look_at_the_target() -> None:
    pattern = re.compile(r"\btarget\.(type|name)\b|\badapter\.type\b|\benabled\s*=")
    assert not [shown(p) for p in sql_files() if pattern.search(p.read_text())]


def test_a_pseudonym_is_a_column_of_its_own() -> None:
    """Inside a condition DuckDB gives a connection's function wrong strings."""
    alone = re.compile(r"\s+\{\{ pseudonym\('\w+\.\w+'\) \}\} as \w+,?")
    calls = [
        line
        for path in sql_files()
        for line in path.read_text().splitlines()
        if "pseudonym(" in line
    ]
    assert calls
    assert not [line for line in calls if not alone.fullmatch(line)]


def test_every_order_says_where_nulls_go() -> None:
    faulty = {
        shown(path): keys
        for path in sql_files()
        if (keys := [k for k in sort_keys(sql_of(path)) if "nulls last" not in k])
    }
    assert not faulty


def test_sort_keys_are_found() -> None:
    sql = (
        "row_number() over (partition by a order by b, coalesce(c, d) desc) order by e"
    )
    assert sort_keys(sql) == ["b", "coalesce(c, d) desc", "e"]
    assert sort_keys("sum(a) over (order by b rows between 1 and 2)") == ["b"]


def test_files_are_named_after_their_layer_and_folder() -> None:
    for path in sorted(MODELS.rglob("*.sql")):
        layer, folder = path.relative_to(MODELS).parts[:2]
        match = re.fullmatch(PREFIXES[layer], path.stem)
        assert match, f"{shown(path)} is not named as models of {layer} are"
        if layer == "staging":
            assert match["folder"] == folder, f"{shown(path)} is not of {folder}"


def test_every_model_has_a_properties_file_of_its_own() -> None:
    for path in sorted(MODELS.rglob("*.sql")):
        properties = path.with_suffix(".yml")
        assert properties.exists(), f"{shown(path)} has no {properties.name}"
        (model,) = yaml.safe_load(properties.read_text())["models"]
        assert model["name"] == path.stem


def test_a_model_ends_with_its_final_cte() -> None:
    for path in sorted(MODELS.rglob("*.sql")):
        last = path.read_text().rstrip().splitlines()[-1]
        match = re.fullmatch(r"select \* from ([a-z0-9_]+)", last)
        assert match, f"{shown(path)} ends with {last!r}"
        assert re.search(rf"\b{match[1]} as \(", path.read_text()), shown(path)


def test_columns_have_names_that_say_what_they_are(manifest: dict[str, Any]) -> None:
    for model in models_of(manifest):
        for name, column in model["columns"].items():
            kind = (column["data_type"] or "").lower()
            where = f"{model['name']}.{name}"
            assert re.fullmatch(r"[a-z][a-z0-9_]*", name), where
            if kind == "boolean":
                assert re.match(r"(is|has)_", name), f"{where} is a boolean"
            if re.match(r"(is|has)_", name) and kind:
                assert kind == "boolean", f"{where} is {kind}"
            if kind == "date":
                assert re.search(r"_(on|from|to)$", name), f"{where} is a date"
            if kind == "timestamp":
                assert re.search(r"_at$", name), f"{where} is an instant"


def test_layers_are_read_in_order(manifest: dict[str, Any]) -> None:
    everything = manifest["nodes"] | manifest["sources"]
    for model in models_of(manifest):
        read = {layer_of(everything[key]) for key in model["depends_on"]["nodes"]}
        allowed = READS[layer_of(model)]
        if model["name"].startswith("stg_"):
            # Local time and `as_at` need the HR system's settings and the loads.
            allowed = allowed | {"staging"}
        assert read <= allowed, f"{model['name']} reads {read - allowed}"


def test_an_hr_system_is_named_by_its_own_models_alone(
    manifest: dict[str, Any],
) -> None:
    """Others read what `united()` gives of every system, whichever there are."""
    project = yaml.safe_load((REPOSITORY / "dbt_project.yml").read_text())
    systems = project["vars"]["hr_sources"]
    assert systems
    for system in systems:
        own = re.compile(rf"(stg_{system}__|int_{system}_)\w+")
        for model in models_of(manifest):
            name = model["name"]
            if own.fullmatch(name):
                continue
            assert system not in model["raw_code"], f"{name} names {system}"
            for key in model["depends_on"]["nodes"]:
                if own.fullmatch(parent := key.rsplit(".", 1)[-1]):
                    entity = parent.removeprefix(f"int_{system}_")
                    united = f"united('{entity}')"
                    assert united in model["raw_code"], f"{name} reads {parent}"


def test_every_model_says_what_a_row_is(manifest: dict[str, Any]) -> None:
    vague = [
        model["name"]
        for model in models_of(manifest)
        if not re.match(r"One row\b", model["description"])
    ]
    assert not vague


def test_every_column_is_described(manifest: dict[str, Any]) -> None:
    mute = [
        f"{node['name']}.{name}"
        for node in [*models_of(manifest), *seeds_of(manifest)]
        for name, column in node["columns"].items()
        if not column["description"].strip()
    ]
    assert not mute
    assert not [m["name"] for m in models_of(manifest) if not m["columns"]]


def test_every_source_table_is_described(manifest: dict[str, Any]) -> None:
    mute = [
        f"{source['source_name']}.{source['name']}"
        for source in manifest["sources"].values()
        if not source["description"].strip()
    ]
    assert not mute


def test_marts_have_an_enforced_contract(manifest: dict[str, Any]) -> None:
    loose = [
        model["name"]
        for model in models_of(manifest)
        if layer_of(model) == "marts" and not model["contract"]["enforced"]
    ]
    assert not loose


def mart_folder(node: dict[str, Any]) -> tuple[str, str]:
    """What a mart's path says: who may read it, and its area."""
    *readers, area = Path(node["original_file_path"]).parts[2:-1]
    if area in {"published", "ops"}:
        return area, area
    return ("restricted" if readers == ["restricted"] else "muster"), area


def test_who_may_read_a_table_is_seen_from_its_path(manifest: dict[str, Any]) -> None:
    """Its folder decides the database, both ways, and nothing in the model does."""
    for model in models_of(manifest):
        path = model["original_file_path"]
        if layer_of(model) != "marts":
            is_of_runs = Path(path).parts[2] in {"runs", "monitoring"}
            assert model["database"] == ("ops" if is_of_runs else "restricted"), path
            continue
        database, area = mart_folder(model)
        assert model["database"] == database, path
        assert model["schema"] == ("main" if area == database else area), path
        assert model["config"]["tags"] == [
            {"muster": "analysts"}.get(database, database)
        ], path
    in_models = re.compile(r"\bdatabase\s*=|^\s*\+?database:", re.MULTILINE)
    files = [
        *MODELS.rglob("*.sql"),
        *(p for p in MODELS.rglob("*.yml") if not p.name.endswith("__sources.yml")),
    ]
    assert not [shown(path) for path in files if in_models.search(path.read_text())]


# An amount in money, which of one person is what they earn; a relation is none.
MONEY = re.compile(
    r"(?!.*_pct$)(.*_)?(pay|gross|basic|salary|bonus|cost|amount|currency)(_.*)?"
)


def tells_of_pay(model: dict[str, Any]) -> bool:
    """Whether a column of a mart is an amount in money, or all of it is about pay."""
    return bool(re.search(r"_(pay|cost)s?_", f"{model['name']}_")) or any(
        MONEY.fullmatch(name)
        for name, column in model["columns"].items()
        if column["data_type"] not in {"boolean", "string"} or name == "currency"
    )


def test_what_tells_of_pay_is_restricted_or_published(manifest: dict[str, Any]) -> None:
    telling = [
        model
        for model in models_of(manifest)
        if layer_of(model) == "marts" and tells_of_pay(model)
    ]
    assert not [m["name"] for m in telling if mart_folder(m)[0] == "muster"]
    of_persons = [m for m in telling if {"employee_key", "person"} & set(m["columns"])]
    assert {mart_folder(m)[0] for m in of_persons} == {"restricted"}
    assert {"fct_pay_levels", "fct_workforce_costs"} <= {m["name"] for m in of_persons}


def test_what_a_company_says_of_pay_or_of_few_people_is_restricted(
    manifest: dict[str, Any],
) -> None:
    databases = {seed["name"]: seed["database"] for seed in seeds_of(manifest)}

    assert databases["pay_gap_justifications"] == "restricted"
    assert databases["governance_bodies"] == "restricted"
    assert databases["pay_report_statements"] == "restricted"
    assert databases["un_m49"] == "muster"


FOR_EQUAL_PAY = {
    "seed.muster.job_evaluations",
    "seed.muster.pay_gap_justifications",
    "seed.muster.pay_report_statements",
    "seed.muster.pay_reports_submitted",
    "model.muster.stg_hr_tables__job_evaluations",
}
"""What an employer processes for Articles 7, 9 and 10 of Directive (EU) 2023/970."""


def made_of(manifest: dict[str, Any], sources: set[str]) -> list[dict[str, Any]]:
    """The models that anything of the sources may be in, at whatever remove."""
    found, new = set(), set(sources)
    while new:
        found |= new
        new = {
            model["unique_id"]
            for model in models_of(manifest)
            if new & set(model["depends_on"]["nodes"])
        } - found
    return [model for model in models_of(manifest) if model["unique_id"] in found]


def test_what_is_processed_for_equal_pay_serves_nothing_else(
    manifest: dict[str, Any],
) -> None:
    """Article 12(2): beyond pay are published gaps alone, which name no category."""
    assert set(manifest["nodes"]) >= FOR_EQUAL_PAY
    made = made_of(manifest, FOR_EQUAL_PAY)
    outside = [
        model
        for model in made
        if Path(model["original_file_path"]).parts[-2] not in {"pay", "hr_tables"}
    ]
    assert {"rpt_pay_differences", "fct_pay_levels"} <= {m["name"] for m in made}
    assert {m["fqn"][-2] for m in outside} <= {"published", "disclosure"}
    told = re.compile(
        r"\b(worker_category|requirement_level|position_level|criteria)\b"
    )
    assert not [m["name"] for m in outside if told.search(m["raw_code"])]
    assert not [m["name"] for m in outside if told.search(" ".join(m["columns"]))]


def test_every_folder_has_who_answers_for_it(manifest: dict[str, Any]) -> None:
    groups = {g["name"]: g["owner"]["name"] for g in manifest["groups"].values()}
    assert {m["config"]["group"] for m in models_of(manifest)} == set(groups)
    text = (REPOSITORY / "docs" / "requirements.yml").read_text()
    owners = {r["owner"] for r in yaml.safe_load(text)["requirements"]}
    # Finance and talent development own reports within areas of others.
    builders = {"Head of data engineering"}
    assert set(groups.values()) - builders <= owners


def test_marts_alone_are_public(manifest: dict[str, Any]) -> None:
    """An exposure reads nothing else."""
    access = {m["unique_id"]: m["access"] for m in models_of(manifest)}
    for model in models_of(manifest):
        is_mart = layer_of(model) == "marts"
        assert (model["access"] == "public") == is_mart, model["name"]
    read = {
        key: exposure["name"]
        for exposure in manifest["exposures"].values()
        for key in exposure["depends_on"]["nodes"]
        if access.get(key) != "public"
    }
    assert not read


def test_a_report_leads_to_the_page_that_shows_it(manifest: dict[str, Any]) -> None:
    shown = {
        figure.requirement: f"{page}.html"
        for page, content in figures.PAGES.items()
        for figure in content
        if page != "index"
    }
    assert {
        exposure["config"]["meta"]["requirement"]: exposure["url"]
        for exposure in manifest["exposures"].values()
        if exposure["url"]
    } == {
        requirement: f"../report/{shown.get(requirement, 'index.html')}"
        for requirement in (*shown, figures.PUBLISHED)
    }


def test_every_mart_has_a_reader(manifest: dict[str, Any]) -> None:
    read = {
        key
        for exposure in manifest["exposures"].values()
        for key in exposure["depends_on"]["nodes"]
    }
    unread = [
        model["name"]
        for model in models_of(manifest)
        if model["name"].startswith("rpt_") and model["unique_id"] not in read
    ]
    assert not unread, "an exposure in the YAML of each lists it in depends_on"


def test_every_report_is_told_by_an_oracle(manifest: dict[str, Any]) -> None:
    """But those that a test holds against others: what is published or set aside.

    What is made of runs is told by the trouble that tests/python/operations/monitoring
    makes.
    """
    folders = (
        REPOSITORY / "tests" / "python" / name for name in ("acceptance", "oracle")
    )
    tests = "".join(path.read_text() for each in folders for path in each.glob("*.py"))
    untold = [
        table
        for model in models_of(manifest)
        if model["name"].startswith("rpt_")
        and mart_folder(model)[1] not in {"published", "disclosure", "quality", "ops"}
        and not re.search(rf"\b{(table := '.'.join(model['fqn'][-2:]))}\b", tests)
    ]
    assert not untold, 'write its oracle in tests/python/oracle, marked @tells("...")'


def test_every_model_has_a_tested_key(manifest: dict[str, Any]) -> None:
    by_key = {"unique", "unique_combination", "no_overlap", "one_version_at_a_time"}
    # To sort every punch for a test costs more each day: one is unique by its making,
    # of the other nothing more is asked than to hold what raw does.
    by_unit_test = {
        "stg_attendance__deliveries": "a_punch_is_there_as_often_as_it_was_delivered",
    }
    proven = {
        model
        for model, name in by_unit_test.items()
        if f"unit_test.muster.{model}.{name}" in manifest["unit_tests"]
    }
    keyed = {
        test["attached_node"]
        for test in manifest["nodes"].values()
        if test["resource_type"] == "test"
        and test.get("test_metadata")
        and test["test_metadata"]["name"] in by_key
    }
    loose = [
        model["name"]
        for model in models_of(manifest)
        if model["unique_id"] not in keyed
        and model["name"] not in proven
        and not model["description"].startswith("One row:")
    ]
    assert not loose


def test_metrics_of_metrics_stand_by_themselves() -> None:
    """Those that a model has dbt finds twice when it reads again what has changed."""
    for path in (REPOSITORY / "models").rglob("*.yml"):
        for model in yaml.safe_load(path.read_text()).get("models", []):
            kinds = {each.get("type") for each in model.get("metrics", [])}
            assert kinds <= {None, "simple"}, path


def test_metrics_are_of_what_analysts_may_read(manifest: dict[str, Any]) -> None:
    """Who reads what is restricted has to be noted, and is told nowhere else."""
    semantic = manifest["semantic_models"].values()
    assert semantic
    read = {model["node_relation"]["database"] for model in semantic}
    assert read <= {"muster", "published"}
    metrics = manifest["metrics"].values()
    assert len(metrics) > 25
    for metric in (*metrics, *manifest["saved_queries"].values()):
        assert metric["label"], metric["name"]
        assert metric["description"], metric["name"]
    owned = {group["name"] for group in manifest["groups"].values()}
    assert {metric["group"] for metric in metrics} <= owned


def test_tests_are_named_as_claims(manifest: dict[str, Any]) -> None:
    # What a column that is unique or not null claims, dbt's own name says.
    plain = {"not_null", "one_version_at_a_time", "unique"}
    tests = [n for n in manifest["nodes"].values() if n["resource_type"] == "test"]
    unnamed = [
        test["name"]
        for test in tests
        if test.get("test_metadata")
        and test["test_metadata"]["name"] not in plain
        and test["name"].startswith(test["test_metadata"]["name"])
    ]
    assert not unnamed
    names = [test["name"] for test in [*tests, *manifest["unit_tests"].values()]]
    assert not [name for name in names if not re.fullmatch(r"[a-z][a-z0-9_]*", name)]


def test_nothing_is_disabled(manifest: dict[str, Any]) -> None:
    assert not manifest["disabled"]


def seeds_of(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """Our own seeds."""
    return [n for n in manifest["nodes"].values() if n["resource_type"] == "seed"]
