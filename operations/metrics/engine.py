"""The metrics that a build left, and the SQL of a question about them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

import sqlglot
from metricflow.engine.metricflow_engine import (
    MetricFlowEngine,
    MetricFlowQueryRequest,
)
from metricflow.protocols.sql_client import SqlEngine
from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
from metricflow_semantic_interfaces.implementations.metric import PydanticMetric
from metricflow_semantic_interfaces.implementations.semantic_manifest import (
    PydanticSemanticManifest,
)
from metricflow_semantic_interfaces.references import MetricReference
from metricflow_semantic_interfaces.transformations.semantic_manifest_transformer import (  # noqa: E501
    PydanticSemanticManifestTransformer,
)
from metricflow_semantics.errors.error_classes import InvalidQueryException
from metricflow_semantics.model.linkable_element_property import GroupByItemProperty
from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup
from metricflow_semantics.model.semantics.element_filter import GroupByItemSetFilter
from metricflow_semantics.model.semantics.linkable_element import LinkableElementType
from sqlglot import exp

from environment import Environment, shown
from environment.errors import MusterError
from environment.sql import literal, quote

MANIFEST = "semantic_manifest.json"
"""What dbt writes of metrics, beside its other artifacts."""

GRAINS = ("day", "week", "month", "quarter", "year")

UNKNOWN = "not_known_beyond_"
"""How the reason begins for which a total is null as soon as one of its cells is."""

GROUPED = re.compile(r"\w+\('(?P<name>\w+)'(?:, *'(?P<grain>\w+)')?\)")
"""What a saved query groups by: `Entity('region')`, `TimeDimension('...', 'month')`."""


@dataclass(frozen=True)
class Question:
    """What is asked.

    Attributes:
        metrics: Their names, or that of one saved query alone.
        by: What to group by, by its short name, such as `region`.
        grain: One of `GRAINS`; None for all the time together.
        where: SQL conditions over what can be grouped by.
        begin: The first day.
        end: The last day.
    """

    metrics: Sequence[str]
    by: Sequence[str] = ()
    grain: str | None = None
    where: Sequence[str] = ()
    begin: date | None = None
    end: date | None = None


@dataclass(frozen=True)
class Group:
    """What figures can be grouped and filtered by.

    Attributes:
        name: Its short name.
        path: The entities by which it is reached, in order.
        kind: `Entity` or `Dimension`, as templates call it.
    """

    name: str
    path: tuple[str, ...]
    kind: str

    @property
    def column(self) -> str:
        """Its name in MetricFlow, and that of its column."""
        return "__".join((*self.path, self.name))

    @property
    def template(self) -> str:
        """How a filter names it."""
        if self.kind == "Dimension":
            return f"{{{{ Dimension('{self.column}') }}}}"
        return f"{{{{ Entity('{self.name}', entity_path={list(self.path)}) }}}}"


@dataclass
class _Client:
    """What the engine has to know of the database: SQL is run elsewhere."""

    sql_engine_type: SqlEngine = SqlEngine.DUCKDB
    sql_plan_renderer: DuckDbSqlPlanRenderer = field(
        default_factory=DuckDbSqlPlanRenderer
    )


@dataclass(frozen=True)
class Layer:
    """The metrics of an environment.

    Attributes:
        manifest: What they are.
    """

    manifest: PydanticSemanticManifest

    @cached_property
    def lookup(self) -> SemanticManifestLookup:
        """Where the engine looks them up."""
        return SemanticManifestLookup(self.manifest)

    @cached_property
    def engine(self) -> MetricFlowEngine:
        """What makes SQL of a question."""
        return MetricFlowEngine(self.lookup, _Client())

    @cached_property
    def metrics(self) -> Mapping[str, PydanticMetric]:
        """Those that are asked for by name, in the order of names."""
        named = sorted(self.manifest.metrics, key=lambda metric: metric.name)
        return {
            metric.name: metric for metric in named if not metric.type_params.is_private
        }

    def reason(self, metric: str) -> str | None:
        """The metric that tells why another is null, where one does."""
        config = self.metrics[metric].config
        told = config.meta.get("null_reason") if config else None
        return None if told is None else str(told)

    def groups(self, metrics: Iterable[str]) -> dict[str, Group]:
        """What all of some metrics can be grouped by, by short names.

        Of two that are called the same the nearer counts.
        """
        found = self.lookup.metric_lookup.get_common_group_by_items(
            metric_references=tuple(map(MetricReference, metrics)),
            set_filter=GroupByItemSetFilter.create(
                any_properties_denylist=frozenset(
                    {GroupByItemProperty.LOCAL_LINKED, GroupByItemProperty.METRIC}
                )
            ),
        )
        kinds = {
            LinkableElementType.ENTITY: "Entity",
            LinkableElementType.DIMENSION: "Dimension",
        }
        groups = [
            Group(
                each.spec.element_name,
                tuple(link.element_name for link in each.spec.entity_links),
                kinds[each.element_type],
            )
            for each in found.annotated_specs
            if each.element_type in kinds
            # Whether a row counts at all is for filters of metrics.
            and not each.spec.element_name.startswith("is_")
        ]
        groups.sort(key=lambda group: (-len(group.path), group.column))
        return {group.name: group for group in groups}

    def expanded(self, question: Question) -> Question:
        """The question with what a saved query of that name asks.

        Raises:
            MusterError: There is no metric of a name.
        """
        saved = {each.name: each.query_params for each in self.manifest.saved_queries}
        if len(question.metrics) == 1 and (asked := saved.get(question.metrics[0])):
            grouped = [GROUPED.fullmatch(each) for each in asked.group_by]
            grains = [each["grain"] for each in grouped if each and each["grain"]]
            names = [each["name"] for each in grouped if each and not each["grain"]]
            return replace(
                question,
                metrics=asked.metrics,
                by=[*names, *(each for each in question.by if each not in names)],
                grain=question.grain or next(iter(grains), None),
            )
        for name in question.metrics:
            _require(name, {*self.metrics, *saved}, "metric", "muster metrics list")
        return question

    def sql(self, question: Question) -> str:
        """The SQL that answers.

        A figure is null, and its reason beside it, as soon as one of its cells is not
        known any more: a sum over the others would look like all of them.

        Raises:
            MusterError: It names what is not there, or what does not go together.
        """
        asked = self.expanded(question)
        reasons = {name: self.reason(name) for name in asked.metrics}
        groups = self.groups(asked.metrics)
        for name in asked.by:
            _require(name, groups, "group of these metrics", "muster metrics list")
        by = {name: groups[name].column for name in asked.by}
        if asked.grain is not None:
            _require(asked.grain, GRAINS, "grain", "--help")
            by = {_period(asked.grain): f"metric_time__{asked.grain}"} | by
        request = MetricFlowQueryRequest.create(
            metric_names=[
                *asked.metrics,
                *sorted({name for name in reasons.values() if name}),
            ],
            group_by_names=list(by.values()),
            where_constraints=[self._condition(each, groups) for each in asked.where],
            time_constraint_start=_midnight(asked.begin),
            time_constraint_end=_midnight(asked.end),
        )
        try:
            found = self.engine.explain(request).sql_statement.sql
        except InvalidQueryException as error:
            told = re.findall(r"Message:\s*(.+?)(?:\n\s*\n|$)", str(error), re.DOTALL)
            detail = " ".join((told[0] if told else str(error)).split())
            raise MusterError(f"That cannot be asked: {detail}", 2) from None
        return _wrapped(found, by, reasons)

    def _condition(self, text: str, groups: Mapping[str, Group]) -> str:
        """A condition with what it names as MetricFlow's templates.

        Raises:
            MusterError: It is no SQL, or names something else.
        """
        try:
            # A brace would begin a template of MetricFlow's.
            parsed = None if "{" in text else sqlglot.parse_one(text, dialect="duckdb")
        except sqlglot.errors.SqlglotError:
            parsed = None
        if parsed is None:
            raise MusterError(
                f"--where {text!r} is no condition in SQL, such as"
                " \"region = 'Western Europe'\".",
                2,
            )
        places: dict[str, str] = {}

        def named(node: exp.Expression) -> exp.Expression:
            if not isinstance(node, exp.Column):
                return node
            _require(node.name, groups, "group of these metrics", "muster metrics list")
            key = f"__{len(places)}__"
            places[key] = groups[node.name].template
            return exp.column(key)

        rendered = parsed.transform(named).sql(dialect="duckdb")
        for key, template in places.items():
            rendered = rendered.replace(key, template)
        return rendered


def read(environment: Environment) -> Layer:
    """The metrics that an environment's last build or release left.

    Raises:
        MusterError: It left none.
    """
    remedy = f"run muster build --force --env {environment.name}."
    path = environment.artifacts / MANIFEST
    try:
        layer = parsed(path)
    except (OSError, ValueError):
        raise MusterError(f"{shown(path)} is missing or unreadable: {remedy}") from None
    if not layer.manifest.metrics:
        raise MusterError(f"The last build knew no metrics: {remedy}")
    return layer


def parsed(path: Path) -> Layer:
    """The metrics of a file that dbt wrote.

    Raises:
        OSError: It cannot be read.
        ValueError: It is no such file.
    """
    manifest = PydanticSemanticManifest.parse_raw(path.read_bytes())
    return Layer(PydanticSemanticManifestTransformer.transform(manifest))


def _require(name: str, known: Iterable[str], what: str, where: str) -> None:
    names = sorted(known)
    if name not in names:
        near = get_close_matches(name, names, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}."
        raise MusterError(f"There is no {what} {name!r} ({where}): {hint}", 2)


def _period(grain: str) -> str:
    """The name of the column of a grain: as in the marts."""
    return "date_on" if grain == "day" else f"{grain}_start_on"


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime(day.year, day.month, day.day)


def _wrapped(sql: str, by: Mapping[str, str], reasons: Mapping[str, str | None]) -> str:
    """What MetricFlow gives, in our names, with null for what is not known."""
    columns = [
        f"cast({quote(column)} as date) as {quote(name)}"
        if column.startswith("metric_time__")
        else f"{quote(column)} as {quote(name)}"
        for name, column in by.items()
    ]
    whys = []
    for name, reason in reasons.items():
        if reason is None:
            columns.append(quote(name))
            continue
        is_known = f"not starts_with(coalesce({quote(reason)}, ''), {literal(UNKNOWN)})"
        known = f"case when {is_known} then {quote(name)} end"
        columns.append(f"{known} as {quote(name)}")
        whys.append(f"case when {known} is null then {quote(reason)} end")
    if whys:
        columns.append(f"coalesce({', '.join(whys)}) as null_reason")
    order = ", ".join(f"{quote(name)} nulls last" for name in by)
    return f"select {', '.join(columns)} from ({sql}) as figures" + (
        f" order by {order}" if order else ""
    )
