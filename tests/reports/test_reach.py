"""Reach: how far promises are kept, counted up to the first stage where they are not."""

from __future__ import annotations

import pytest

from reports.findings import find
from reports.reach import fair_stage, highest, reach
from scenarios.scenario import Variant
from tests.reports.synthetic import Manner, Recipe, scenario_from

ALONE = scenario_from(variants=(Variant("service"),), trials=1)
SLOW, UNSOUND = Manner(median_s=0.2), Manner(cpu_share=0.97)


@pytest.mark.parametrize(
    ("manners", "kept", "broken", "unjudged", "recovers"),
    [
        ({}, "10x", None, None, True),
        ({"5x": SLOW}, "2x", "5x", None, True),  # that 10x went well again does not make up for 5x
        ({"1x": SLOW}, None, "1x", None, True),
        ({"5x": UNSOUND}, "2x", None, "5x", True),
        ({"5x": UNSOUND, "10x": SLOW}, "2x", "10x", "5x", True),
        ({"recovery": SLOW}, "10x", None, None, False),
    ],
)
def test_promises_are_kept_up_to_the_first_stage_where_they_are_not(
    tmp_path, manners, kept, broken, unjudged, recovers
):
    """The last stage before the first that was broken or could not be judged; recovery apart."""
    run = Recipe(scenario=ALONE, manners={("service", stage): its for stage, its in manners.items()}).write(
        tmp_path / "r"
    )
    got = reach(find(run), "service")
    names = [its.name if its else None for its in (got.kept, got.broken, got.unjudged)]
    assert names == [kept, broken, unjudged]
    assert got.recovers is recovers
    assert got.whole is (broken is None and unjudged is None)


def test_variants_are_looked_at_side_by_side_where_both_kept_their_promises(findings_before_after):
    """Before broke at 5x: 2x is fair; the highest stage is 10x all the same."""
    assert fair_stage(findings_before_after).name == "2x"
    assert highest(findings_before_after.run.scenario).name == "10x"
