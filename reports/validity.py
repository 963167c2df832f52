"""Validity: whether the measurement itself can be believed, check by check. The measurer is measured."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field

from reports import units

_FIRST = (
    "finished",
    "workers",
    "limits of this machine",
    "counts",
    "connections",
)  # they explain the others, so they are told first

WHOLE_TRIAL = ""
"""The stage of a check that concerns every stage of its trial."""


@dataclass(frozen=True, slots=True)
class Check:
    """One question about the measurement of one trial and stage; `value` and `limit` are in base units.

    `generator` tells that a failure means that the generator, not the target, was the limit: what was measured is
    then a lower bound of what the target can do.
    """

    name: str
    variant: str
    trial: int
    stage: str
    value: float
    limit: float
    holds: bool
    sentence: str
    generator: bool = False

    @property
    def strain(self) -> float:
        """How near the check is to its limit: 1 is at the limit; failures always come out above 1."""
        share = self.value / self.limit if self.limit else 0.0
        return max(share, 1.0 + 1e-9) if not self.holds else min(share, 1.0)


@dataclass(frozen=True, slots=True)
class Validity:
    """Every check of a run, and per variant and stage the rate that was answered well, per second.

    `cut` tells why stages that an abort cut short, or kept from being reached, are not judged.
    """

    checks: tuple[Check, ...]
    achieved_per_s: Mapping[tuple[str, str], float]
    cut: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def faults(self, variant: str, stage: str) -> tuple[Check, ...]:
        """Return the checks that do not hold for a stage of a variant, in any of its trials."""
        return tuple(
            its for its in self.checks if not its.holds and its.variant == variant and its.stage in (stage, WHOLE_TRIAL)
        )

    def sound(self, variant: str, stage: str) -> bool:
        """Whether the stage may be judged."""
        return not self.faults(variant, stage) and (variant, stage) not in self.cut

    def first_fault(self, variant: str, stage: str) -> Check | None:
        """Return the check to tell of when a stage cannot be judged: one that explains the others, else the worst."""
        faults = self.faults(variant, stage)
        return min(faults, key=lambda its: (_rank(its.name), -its.strain), default=None)

    def at_least(self, variant: str, stage: str) -> str:
        """Return what the service can do at the least, where the generator was the limit; empty elsewhere."""
        achieved_per_s = self.achieved_per_s.get((variant, stage), 0.0)
        if not achieved_per_s or not any(its.generator for its in self.faults(variant, stage)):
            return ""
        return f"the service answered at least {units.rate(achieved_per_s)}"

    def reason(self, variant: str, stage: str) -> str:
        """Return why a stage cannot be judged, in one sentence; empty when it can."""
        first = self.first_fault(variant, stage)
        if first is None:
            return self.cut.get((variant, stage), "")
        others = len({its.name for its in self.faults(variant, stage)}) - 1
        more = f"{units.plural(others, 'further check')} of the measurement fail{'s' * (others == 1)}" if others else ""
        said = (f"trial {first.trial}: {first.sentence}", more, self.at_least(variant, stage))
        return "; ".join(part for part in said if part)

    @property
    def worst(self) -> tuple[Check, ...]:
        """The check of each name that came nearest to its limit, or went furthest beyond it."""
        return _worst(self.checks, lambda its: its.name)

    @property
    def worst_by_stage(self) -> tuple[Check, ...]:
        """The worst trial for each check, variant and stage."""
        return _worst(self.checks, lambda its: (its.variant, its.stage, its.name))

    @property
    def unsound_stages(self) -> tuple[tuple[str, str], ...]:
        """The (variant, stage) pairs that may not be judged, in order of appearance; whole trials have no stage."""
        return tuple(dict.fromkeys((its.variant, its.stage) for its in self.checks if not its.holds))


def _rank(name: str) -> int:
    return _FIRST.index(name) if name in _FIRST else len(_FIRST)


def _worst(checks: Iterable[Check], group: Callable[[Check], Hashable]) -> tuple[Check, ...]:
    found: dict[Hashable, Check] = {}
    for its in checks:
        key = group(its)
        if key not in found or its.strain > found[key].strain:
            found[key] = its
    return tuple(found.values())
