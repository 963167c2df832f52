"""The shape of a scenario file, key by key: what may be written, with which defaults. Meaning is added in `reading`."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from scenarios.arrivals import ArrivalLaw
from scenarios.indicator import Unit
from scenarios.load_schema import ClosedPart, ReplayPart, WrittenBaseline
from scenarios.objective import Severity
from scenarios.part import Duration, Name, Part, Pause, Setting, Slug
from scenarios.stage_schema import StagePart
from scenarios.target_schema import TargetPart
from scenarios.workload_schema import WorkloadPart


class VariantPart(Part):
    """One entry of `variants`."""

    name: Slug
    profile: Slug | None = None
    settings: dict[str, Setting] = Field(default_factory=dict)
    faults: dict[str, Any] = Field(default_factory=dict)


class IndicatorPart(Part):
    """One entry of `indicators`: a number read from Prometheus for each trial and stage."""

    promql: Annotated[str, Field(min_length=1)]
    unit: Unit
    title: str | None = None
    higher_is_better: bool = False
    by: Annotated[str, Field(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$")] | None = None


class ObjectivePart(Part):
    """One entry of `objectives`."""

    indicator: str
    criteria: Annotated[list[str], Field(min_length=1)]
    operation: str | None = None
    stages: Annotated[list[str], Field(min_length=1)] | None = None
    severity: Severity = Severity.FAIL
    key: bool = False
    optional: bool = False
    abort_on_fail: bool = False
    delay_abort_eval: Pause | None = None
    abort_window: Annotated[Pause, Field(ge=1)] | None = None


class ValidityPart(Part):
    """`validity`: when the measurement itself is not to be trusted."""

    lateness_p99: Duration = 0.005
    lateness_share: Annotated[float, Field(gt=0, le=1)] = 0.05
    sent_ratio: Annotated[float, Field(gt=0, le=1)] = 0.995
    littles_law_gap: Annotated[float, Field(gt=0, le=1)] = 0.10
    generator_cpu: Annotated[float, Field(gt=0, le=1)] = 0.80
    missing_seconds: Annotated[float, Field(gt=0, le=1)] = 0.02


class ScenarioPart(Part):
    """The whole file."""

    name: Slug
    title: str = ""
    baseline: WrittenBaseline | None = None
    closed: ClosedPart | None = None
    replay: ReplayPart | None = None
    arrivals: ArrivalLaw = ArrivalLaw.POISSON
    seed: int = 1
    trials: Annotated[int, Field(ge=1, le=50)] = 1
    tolerance: Annotated[float, Field(gt=0, lt=1)] = 0.10
    stages: Annotated[list[StagePart], Field(min_length=1)]
    workload: WorkloadPart = WorkloadPart()
    target: TargetPart = TargetPart()
    variants: Annotated[list[VariantPart], Field(min_length=1)] = Field(
        default_factory=lambda: [VariantPart(name="service")]
    )
    indicators: dict[Name, IndicatorPart] = Field(default_factory=dict)
    objectives: list[ObjectivePart] = Field(default_factory=list)
    validity: ValidityPart = ValidityPart()
