"""Schedule: which trial of which variant runs when. Variants of a pair run next to each other, in drawn order."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from scenarios.scenario import Scenario, Variant


@dataclass(frozen=True, slots=True)
class PlannedTrial:
    """One trial to come; trials of a pair share the seed, so that both variants meet the same arrivals."""

    index: int
    pair: int
    variant: Variant
    seed: int


def schedule(scenario: Scenario) -> tuple[PlannedTrial, ...]:
    """Interleave the variants: A B, B A, A B, ... with the order inside each pair drawn from the seed.

    Drift of the machine then falls on both variants alike; never AAAA BBBB.
    """
    rng = Random(f"{scenario.seed}:order")  # noqa: S311 - a seeded draw, not a secret
    planned: list[PlannedTrial] = []
    for pair in range(1, scenario.trials + 1):
        order = list(scenario.variants)
        rng.shuffle(order)
        for variant in order:
            planned.append(PlannedTrial(len(planned) + 1, pair, variant, scenario.seed + pair - 1))
    return tuple(planned)
