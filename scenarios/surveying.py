"""Surveying: a look through the log before a run: what the plan will hold, and whether the log is enough for it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from scenarios.bloom import Bloom
from scenarios.chance import stream
from scenarios.errors import HarnessError
from scenarios.replay import Extra, Replay, Survey
from scenarios.stretch import Stretch

_QUIET_S = 2.0  # of silence at the end of a log are taken for traffic that just was not there
_QUIET_SHARE = 0.02
_SURELY = 1.05  # more than needed, since which requests were sent is known by a filter that is sometimes too careful


def surveyed(replay: Replay, stages: Sequence[tuple[float, float]], seed: int = 0) -> Replay:
    """Return the replay with what a look through its log found; done once, before a run.

    Args:
        replay: What is to be replayed.
        stages: Length in seconds and multiplier of each.
        seed: Of the spreading within whole seconds.

    Raises:
        HarnessError: when the log cannot be read, ends before the plan does, or has too few requests for its extra
            arrivals.
    """
    length_s = sum(duration_s for duration_s, _ in stages)
    stretch, seen = Stretch(replay), Bloom()
    counts = [0] * math.ceil(length_s)
    begins_s, last_s = replay.begins_s, 0.0
    for at_s, _, record in stretch.placed(length_s, stream(seed, "spread")):
        begins_s = record.at_s - at_s if begins_s is None else begins_s
        counts[int(at_s)] += 1
        seen.add(record.path + record.body)
        last_s = at_s
    if begins_s is None or not any(counts):
        raise HarnessError(f"{replay.log.file} has no request from the replay's `from` on", hint="begin it earlier")
    if not stretch.full and last_s + max(_QUIET_S, _QUIET_SHARE * length_s) < length_s:
        what = f"{replay.log.file} holds {last_s:.0f} s from the replay's start on, the stages need {length_s:.0f} s"
        raise HarnessError(what, hint="shorten the stages, begin earlier, or begin the log again with repeat: true")
    found = Survey(round(begins_s, 6), tuple(counts), notes=stretch.notes.sentences())
    needed = _extras(found, stages)
    if needed and replay.extra is Extra.OTHER and not replay.repeat and not replay.query:
        others = sum(seen.add(record.path + record.body) for _, record in Stretch(replay).records())
        found = replace(found, others=others)
        if others < needed * _SURELY:
            what = f"{replay.log.file} has {others} other requests for the {needed:.0f} extra arrivals of the stages"
            hint = "name the URL parameter of the query (replay.query: q) to have new ones made, or allow repeat: true"
            raise HarnessError(what, hint=hint)
    return replace(replay, survey=found)


def _extras(survey: Survey, stages: Sequence[tuple[float, float]]) -> float:
    """Return how many arrivals the stages need beside the recorded ones."""
    needed, start_s = 0.0, 0.0
    for duration_s, multiplier in stages:
        needed += max(0.0, multiplier - 1) * survey.recorded(start_s, start_s + duration_s)
        start_s += duration_s
    return needed
