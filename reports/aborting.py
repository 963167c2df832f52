"""Aborts: which promise ended a trial early, and which stages were cut short or not reached because of it."""

from __future__ import annotations

from collections.abc import Mapping

from loadtests.aborted import AbortRecord
from loadtests.run import Run, Trial
from reports import units


def cut_stages(run: Run) -> Mapping[tuple[str, str], str]:
    """Return, by variant and stage, why a stage of an aborted trial is not judged."""
    return {
        (trial.record.variant, stage): _why(trial.abort, stage)
        for trial in run.trials
        for stage in cut_of(run, trial)
        if trial.abort is not None
    }


def cut_of(run: Run, trial: Trial) -> tuple[str, ...]:
    """Return the judged stages that an aborted trial did not run to their end; none of a trial that was not aborted."""
    if trial.abort is None:
        return ()
    names = [stage.name for stage in run.scenario.stages]
    at = names.index(trial.abort.stage) if trial.abort.stage in names else len(names)
    return tuple(stage for stage in run.scenario.judged_stages if names.index(stage) >= at)


def _why(abort: AbortRecord | None, stage: str) -> str:
    if abort is None or abort.stage == stage:
        return "cut short: the run was aborted in this stage"
    return f"not reached: the run was aborted at {abort.stage}"


def sentence(run: Run) -> str:
    """Return what ended the run early and what was not reached, for the top of the page; empty when nothing did."""
    aborted = [its for its in run.trials if its.abort is not None]
    contender = run.scenario.contender.name
    trial = next((its for its in aborted if its.record.variant == contender), next(iter(aborted), None))
    if trial is None or trial.abort is None:
        return ""
    abort = trial.abort
    later = [its for its in cut_of(run, trial) if its != abort.stage]
    at = f"at {abort.stage}, {units.duration(abort.at_s)} into trial {trial.record.index}"
    of = f" of {trial.record.variant}" if len(run.scenario.variants) > 1 else ""
    left = f"; {units.listed(later)} {'was' if len(later) == 1 else 'were'} not reached" if later else ""
    missing = run.scenario.trials * len(run.scenario.variants) - len(run.trials)
    trials = f", {units.plural(missing, 'further trial')} not run" if missing > 0 else ""
    what = "run" if trial.record.variant == contender else "baseline's trial"
    return f"The {what} was aborted {at}{of}{left}{trials}."
