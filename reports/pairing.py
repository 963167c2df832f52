"""Two runs made apart, put side by side as if they were one: only when alike, and said to be the weaker design."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from loadtests.manifest import TrialRecord
from loadtests.run import Run, Trial
from scenarios.errors import HarnessError
from scenarios.scenario import Variant

NOT_INTERLEAVED = (
    "The two runs were made one after the other, not interleaved: whatever changed on the machine between them is in "
    "the change as well. An experiment with both variants in one run is the stronger design."
)

GIB = 2**30


def two_runs(before: Run, after: Run, allow: Collection[str] = ()) -> Run:
    """Return one run in which the contender of `before` is the baseline and that of `after` the contender.

    Trials are paired in the order in which they ran. Promises are those of `after`. `allow` names the facts that may
    differ nevertheless, such as `host`, `machine.host` or all of `machine`.

    Raises:
        HarnessError: when load, queries or machine differ, with every difference; or when a run has no trial.
    """
    refuse_unlike(before, after, allow)
    names = (before.scenario.contender.name, after.scenario.contender.name)
    if names[0] == names[1]:
        names = ("before", "after")
    first_of_after = 1 + len(before.of(before.scenario.contender.name))
    sides = [_side(before, names[0], 1), _side(after, names[1], first_of_after)]
    for run, (variant, its) in zip((before, after), sides, strict=True):
        if not its:
            raise HarnessError(
                f"{run.manifest.run_id} has no trial of {variant.name}", hint="compare runs that were carried out"
            )
    trials = tuple(trial for _, its in sides for trial in its)
    manifest = replace(
        after.manifest,
        run_id=f"{before.manifest.run_id} → {after.manifest.run_id}",
        command=("tenfold", "compare", before.manifest.run_id, after.manifest.run_id),
        trials=tuple(trial.record for trial in trials),
    )
    scenario = replace(after.scenario, variants=tuple(variant for variant, _ in sides))
    notes = [f"{run.manifest.run_id}: {note}" for run in (before, after) for note in run.notes]
    return Run(after.folder, manifest, scenario, trials, (NOT_INTERLEAVED, *notes))


def refuse_unlike(before: Run, after: Run, allow: Collection[str] = ()) -> None:
    """Refuse two runs whose numbers do not belong side by side.

    Raises:
        HarnessError: naming every difference that is not allowed.
    """
    found = [its for its in differences(before, after) if not _allowed(its[0], allow)]
    if not found:
        return
    listed = "\n".join(f"  {name}: {old} before, {new} after" for name, old, new in found)
    names = ",".join(sorted({name.rpartition(".")[2] if name.startswith("machine.") else name for name, _, _ in found}))
    raise HarnessError(
        f"the two runs are not alike and cannot be compared\n{listed}",
        hint=f"run both on one machine under one scenario, or pass --allow-different={names} to compare anyway",
    )


def differences(before: Run, after: Run) -> list[tuple[str, str, str]]:
    """Return the facts that two runs must share and do not, as (name, before, after)."""
    facts = [dict(_facts(run)) for run in (before, after)]
    names = sorted(facts[0].keys() | facts[1].keys())
    told = [(name, *(str(its.get(name, "nothing")) for its in facts)) for name in names]
    return [(name, old, new) for name, old, new in told if old != new]


def _allowed(name: str, allow: Collection[str]) -> bool:
    group, _, rest = name.partition(".")
    return bool({name, group, rest, name.rpartition(".")[2]} & set(allow))


def _facts(run: Run) -> Iterator[tuple[str, Any]]:
    manifest = run.manifest
    for name, value in manifest.load.items():
        yield f"load.{name}", value
    yield from ((f"queries.{name}", value) for name, value in _identity(manifest.queries).items())
    for name, value in manifest.machine.items():
        # memory is compared in whole GiB: a kernel takes a little more or less of it
        yield f"machine.{name}", round(value / GIB) if name == "memory_bytes" and isinstance(value, int) else value


def _identity(queries: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the hashes among the facts about the queries, or all facts when there is none."""
    hashes = {name: value for name, value in queries.items() if "hash" in name or "sha256" in name}
    return hashes or queries


def _side(run: Run, name: str, first_index: int) -> tuple[Variant, list[Trial]]:
    """Return a run's contender under its new name, its trials numbered and paired in their order."""
    contender = run.scenario.contender
    trials = [
        replace(trial, record=_renamed(trial.record, name, first_index + order, order + 1, run))
        for order, trial in enumerate(run.of(contender.name))
    ]
    return replace(contender, name=name), trials


def _renamed(record: TrialRecord, name: str, index: int, pair: int, run: Run) -> TrialRecord:
    tested = {**record.target, "run": run.manifest.run_id, "commit": run.manifest.commit}
    return replace(record, index=index, pair=pair, variant=name, target=tested)
