"""The self-test in words: the headline, the columns and the rows, the same for every format."""

from __future__ import annotations

from collections.abc import Sequence

from loadtests.self_test.case import Expected
from reports import units
from reports.report import MARKS, Tone
from reports.self_test.sighting import Sighting

COLUMNS = ("fault", "broken on purpose", "promise", "wanted", "said", "measured (promised)", "seen")
SHOWN = (0, 2, 3, 4, 5, 6)  # of the columns: what fits into 80


def passed(sightings: Sequence[Sighting]) -> bool:
    """Whether the gate said what it had to say of every case; of none is no yes."""
    return bool(sightings) and all(its.seen for its in sightings)


def tone(sightings: Sequence[Sighting]) -> Tone:
    """Return how the whole is meant."""
    return Tone.PASS if passed(sightings) else Tone.FAIL


def headline(sightings: Sequence[Sighting]) -> str:
    """Return the answer in one sentence."""
    counted = {kind: [its for its in sightings if its.case.expected is kind] for kind in Expected}
    said = ", ".join(
        f"{sum(its.seen for its in group)} of {_many(len(group), kind)}" for kind, group in _in_order(counted) if group
    )
    verdict = "The gate can be trusted" if passed(sightings) else "The gate cannot be trusted"
    return f"{verdict}: {said or 'nothing was run'}."


def _in_order(counted: dict[Expected, list[Sighting]]) -> list[tuple[Expected, list[Sighting]]]:
    return [(kind, counted[kind]) for kind in (Expected.FAIL, Expected.PASS, Expected.INVALID)]


def _many(count: int, kind: Expected) -> str:
    match kind:
        case Expected.FAIL:
            return units.plural(count, "fault") + " detected"
        case Expected.PASS:
            return units.plural(count, "healthy run") + " passed"
        case _:
            return units.plural(count, "unsound measurement") + " refused"


def row(its: Sighting) -> tuple[str, ...]:
    """Return the cells of a case, in the order of `COLUMNS`."""
    said = str(its.outcome).upper()
    mark = f"{MARKS[Tone.PASS]} yes" if its.seen else f"{MARKS[Tone.FAIL]} no"
    wanted = str(its.case.expected).upper()
    return (its.case.name, its.case.about, its.case.promise, wanted, said, its.measured, mark)


def remarks(sightings: Sequence[Sighting]) -> list[str]:
    """Return what else is to be said, a line for each case that has something."""
    return [f"{its.case.name}: {its.remark}" for its in sightings if its.remark]
