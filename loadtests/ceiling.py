"""Ceiling: the highest rate at which this machine's generator can be trusted, as it was last measured."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from loadtests import facts
from loadtests.run import replace_file
from scenarios.scenario import Scenario

FILE = "ceiling.json"
COMFORTABLE = 0.7
"""Share of the ceiling up to which a plan raises no doubt: Poisson arrivals come in bunches, and a machine is not
the same from one minute to the next."""


@dataclass(frozen=True, slots=True)
class Ceiling:
    """`rate_per_s` was sent as planned and in time by one generator process; `next_per_s`, the next tried, was not.

    `next_per_s` None means that everything tried was sent in time.
    """

    rate_per_s: float
    next_per_s: float | None
    why: str
    machine: Mapping[str, Any]


def cache_folder(environ: Mapping[str, str]) -> Path:
    """Return where what was measured of a machine is kept: `$TENFOLD_CACHE_DIR`, `$XDG_CACHE_HOME` or `~/.cache`."""
    if own := environ.get("TENFOLD_CACHE_DIR"):
        return Path(own)
    return Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tenfold"


def this_machine() -> dict[str, Any]:
    """Return what a ceiling belongs to: another processor or another version of the generator has another one."""
    machine = facts.machine()
    known = {name: machine[name] for name in ("host", "cpu", "cores", "python")}
    return known | {"versions": {name: facts.versions().get(name) for name in ("tenfold", "locust", "gevent")}}


def keep_ceiling(ceiling: Ceiling, environ: Mapping[str, str] = os.environ) -> Path:
    """Write a ceiling down for later runs, and return the file.

    Raises:
        OSError: when the folder cannot be written.
    """
    path = cache_folder(environ) / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, orjson.dumps(asdict(ceiling), option=orjson.OPT_INDENT_2))
    return path


def known_ceiling(environ: Mapping[str, str] = os.environ) -> Ceiling | None:
    """Return the ceiling measured on this machine, or None when there is none, or it cannot be read."""
    try:
        data = orjson.loads((cache_folder(environ) / FILE).read_bytes())
        found = Ceiling(float(data["rate_per_s"]), data["next_per_s"], str(data["why"]), data["machine"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if found.machine == this_machine() else None


def plan_warning(scenario: Scenario, processes: int, ceiling: Ceiling | None) -> str:
    """Return what to say of a plan that asks much of the generator; empty when it does not, or nothing is known."""
    if ceiling is None or scenario.closed is not None:
        return ""
    peak_per_s = max(stage.peak_rate_per_s for stage in scenario.stages)
    share = peak_per_s / (ceiling.rate_per_s * processes)
    if share <= COMFORTABLE:
        return ""
    return (
        f"the plan's {peak_per_s:,.0f}/s are {share:.0%} of what this generator was measured to offer in time "
        f"({ceiling.rate_per_s * processes:,.0f}/s); above {COMFORTABLE:.0%} a run easily becomes INVALID: "
        "lower the rate, or add --processes"
    )
