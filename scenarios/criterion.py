"""Criterion: one limit in k6's form, `p(95)<100ms`, or Keptn's signed change against the baseline, `p(95)<=+10%`.

A criterion states what must hold to pass (k6's sense; Taurus states what fails). It is computed per operation and
stage, over the whole stage, from every trial together.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from scenarios.indicator import AGGREGATIONS, Indicator, Unit

_TEXT = re.compile(
    r"\s*(?P<aggregation>p\(\s*(?P<percentile>\d+(?:\.\d+)?)\s*\)|[a-z]+)"
    r"\s*(?P<operator><=|>=|<|>)\s*(?P<sign>[+-]?)\s*(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>[A-Za-z%/]*)\s*"
)

_FACTORS: dict[Unit, dict[str, float]] = {
    Unit.SECONDS: {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0},
    Unit.RATIO: {"": 1.0, "%": 0.01, "pp": 0.01},
    Unit.PER_SECOND: {"/s": 1.0, "/m": 1 / 60},
    Unit.BYTES: {"B": 1.0, "kB": 1e3, "MB": 1e6, "GB": 1e9, "KiB": 2.0**10, "MiB": 2.0**20, "GiB": 2.0**30},
    Unit.CORES: {"": 1.0},
    Unit.COUNT: {"": 1.0},
}

_HOLDS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class ChangeKind(StrEnum):
    """How a signed criterion measures the change from baseline to contender."""

    RATIO = "ratio"  # contender / baseline - 1
    DIFFERENCE = "difference"  # contender - baseline, in the indicator's unit


@dataclass(frozen=True, slots=True)
class Criterion:
    """What must hold: `aggregation operator limit`, the limit in base units (seconds, shares, per second, bytes)."""

    text: str
    aggregation: str
    operator: str
    limit: float
    percentile: float | None = None
    change: ChangeKind | None = None

    def holds(self, value: float) -> bool:
        """Whether a value (or a change, for a signed criterion) in base units meets the limit; NaN never does."""
        return _HOLDS[self.operator](value, self.limit)

    @property
    def limits_from_above(self) -> bool:
        """Whether small values are the good ones."""
        return self.operator in ("<", "<=")


def parse_criterion(text: str, indicator: Indicator) -> Criterion:
    """Read one criterion for the given indicator.

    Raises:
        ValueError: with what is wrong and what is known, when the text is not a criterion of this indicator.
    """
    match = _TEXT.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a criterion; write it like {_example(indicator)}")
    aggregation = "p" if match["percentile"] else match["aggregation"]
    percentile = _percentile(text, indicator, match)
    change = _change(match)
    limit = float(match["number"]) * _factor(text, indicator, match["unit"], change)
    if match["sign"] == "-":
        limit = -limit
    criterion = Criterion(text.strip(), aggregation, match["operator"], limit, percentile, change)
    if criterion.limits_from_above == indicator.higher_is_better:
        good = "above" if indicator.higher_is_better else "below"
        raise ValueError(f"{text!r} limits {indicator.name} from the wrong side; good values lie {good} the limit")
    return criterion


def _example(indicator: Indicator) -> str:
    aggregation = AGGREGATIONS[indicator.kind][0].replace("N", "95")
    limit = {Unit.SECONDS: "100ms", Unit.RATIO: "1%", Unit.PER_SECOND: "1000/s", Unit.BYTES: "500MB"}
    return f"{aggregation}{'>=' if indicator.higher_is_better else '<'}{limit.get(indicator.unit, '2')}"


def _percentile(text: str, indicator: Indicator, match: re.Match[str]) -> float | None:
    known = AGGREGATIONS[indicator.kind]
    if match["percentile"]:
        percentile = float(match["percentile"])
        if "p(N)" not in known:
            raise ValueError(f"{text!r}: {indicator.name} knows {', '.join(known)}, not percentiles")
        if not 0 < percentile < 100:
            raise ValueError(f"{text!r}: a percentile lies between 0 and 100")
        return percentile
    if match["aggregation"] not in known:
        raise ValueError(
            f"{text!r}: unknown aggregation {match['aggregation']!r}; {indicator.name} knows {', '.join(known)}"
        )
    return 50.0 if match["aggregation"] == "med" else None


def _change(match: re.Match[str]) -> ChangeKind | None:
    if not match["sign"]:
        return None
    return ChangeKind.RATIO if match["unit"] == "%" else ChangeKind.DIFFERENCE


def _factor(text: str, indicator: Indicator, unit: str, change: ChangeKind | None) -> float:
    if change is ChangeKind.RATIO:
        return 0.01
    factors = _FACTORS[indicator.unit]
    if unit not in factors or (unit == "pp" and change is None):
        choices = ", ".join(name or "a bare number" for name in factors if name != "pp" or change is not None)
        raise ValueError(f"{text!r}: {indicator.name} is measured in {choices}; got {unit or 'a bare number'}")
    return factors[unit]
