"""Settings: what the dashboards take from a scenario. Nothing here knows PromQL or Grafana's JSON."""

from __future__ import annotations

from dataclasses import dataclass

from scenarios.indicator import IndicatorKind, Unit
from scenarios.objective import Severity
from scenarios.scenario import Scenario, ValidityLimits

DEFAULT_PERCENTILE = 95.0  # shown where no objective names a percentile of the latency


@dataclass(frozen=True, slots=True)
class Limit:
    """The limit of an absolute criterion, in the indicator's base unit, and what breaking it means."""

    value: float
    severity: Severity
    higher_is_better: bool = False


@dataclass(frozen=True, slots=True)
class OwnIndicator:
    """An indicator that the scenario itself reads from Prometheus, with the limits its objectives set.

    `promql` still holds `$target` and `$window`. `by` names the label over whose values the query splits, if any.
    """

    title: str
    promql: str
    unit: Unit
    limits: tuple[Limit, ...] = ()
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """What depends on the scenario: the percentile, the limits drawn as lines, the variants in their order.

    `unjudged` are the stages that no objective speaks of: warm-up.
    """

    percentile: float
    latency: tuple[Limit, ...]
    errors: tuple[Limit, ...]
    goodput: tuple[Limit, ...]
    variants: tuple[str, ...]
    unjudged: tuple[str, ...]
    indicators: tuple[OwnIndicator, ...]
    validity: ValidityLimits

    @property
    def percentile_name(self) -> str:
        """The percentile as people write it: p95, p99.9."""
        return f"p{self.percentile:g}"


def settings_of(scenario: Scenario) -> Settings:
    """Return what the dashboards take from a scenario."""
    percentile = _percentile(scenario)
    return Settings(
        percentile=percentile,
        latency=limits_of(scenario, "latency", percentile),
        errors=limits_of(scenario, "errors"),
        goodput=limits_of(scenario, "goodput"),
        variants=tuple(variant.name for variant in scenario.variants),
        unjudged=tuple(stage.name for stage in scenario.stages if not stage.judged),
        indicators=tuple(
            OwnIndicator(its.title, its.promql, its.unit, limits_of(scenario, its.name), its.by)
            for its in scenario.indicators
            if its.kind is IndicatorKind.PROMQL and its.promql is not None
        ),
        validity=scenario.validity,
    )


def limits_of(scenario: Scenario, indicator: str, percentile: float | None = None) -> tuple[Limit, ...]:
    """Return the absolute limits that the objectives set on an indicator, ascending and each once.

    A signed criterion is a change against a baseline, not a level: it has no line. `percentile` keeps the criteria on
    that percentile only. Where two objectives set one limit, the graver severity counts.
    """
    found: dict[float, Limit] = {}
    for objective in scenario.objectives:
        if objective.indicator.name != indicator:
            continue
        for criterion in objective.criteria:
            if criterion.change is None and criterion.percentile == percentile:
                known = found.get(criterion.limit)
                graver = Severity.FAIL if known and known.severity is Severity.FAIL else objective.severity
                found[criterion.limit] = Limit(criterion.limit, graver, objective.indicator.higher_is_better)
    return tuple(found[value] for value in sorted(found))


def _percentile(scenario: Scenario) -> float:
    """Return the percentile that the scenario's first objective on the latency names, key objectives first."""
    named = [
        (not objective.key, index, criterion.percentile)
        for index, objective in enumerate(scenario.objectives)
        for criterion in objective.criteria
        if objective.indicator.name == "latency" and criterion.change is None and criterion.percentile is not None
    ]
    return min(named)[2] if named else DEFAULT_PERCENTILE
