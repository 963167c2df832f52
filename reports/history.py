"""The A/A history: what pairs of equal settings differed by on this machine, kept as JSON lines beside the runs."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from loadtests.lines import LineWriter, read_lines
from loadtests.manifest import Manifest
from loadtests.run import Run
from reports.checking import check_run
from reports.comparing import Recall, compare, no_history
from reports.comparison import Bound
from reports.ledger import Ledger
from reports.paired import Spread

HISTORY_FILE = "aa-history.jsonl"
FEWEST_PAIRS = 10  # fewer say too little about a variance to steady another
KEPT_FOR = timedelta(days=60)  # machines and their neighbours change


def remember(run: Run, path: Path) -> int:
    """Append the pair differences of an A/A run to the history; return how many cells were kept.

    Nothing is kept of a run whose variants differ, of cells whose measurement is not sound, or of a run that is known
    already.

    Raises:
        OSError: when the file cannot be written.
    """
    baseline = run.scenario.baseline
    if baseline is None or not baseline.same_setting(run.scenario.contender) or _known(run.manifest.run_id, path):
        return 0
    ledger = Ledger(run)
    rows = [
        {
            "run": run.manifest.run_id,
            "when": run.manifest.created_utc,
            "rig": rig_of(run.manifest.machine),
            "load": load_hash(run.manifest),
            "cell": its.cell.key,
            "differences": list(its.paired.differences),
        }
        for its in compare(run, ledger, check_run(run, ledger))
        if its.paired is not None and its.bound is Bound.NONE
    ]
    with LineWriter(path) as lines:
        lines.write(*rows)
    return len(rows)


def recall_variance(path: Path, manifest: Manifest, cell: str) -> Spread | None:
    """Return what A/A pairs of a cell varied by, on the rig and under the load of a run; None below ten pairs.

    Only what was known when the run was made counts, and nothing older than 60 days: a report made again next year
    says the same. The truth of an A/A difference is zero, so the variance is the mean of the squares.
    """
    return history_of(path, manifest)(cell)


def history_of(path: Path, manifest: Manifest) -> Recall:
    """Return a look-up of the history as it was when a run was made; the file is read once."""
    made = _instant(manifest.created_utc)
    if made is None:
        return no_history
    rig, load = rig_of(manifest.machine), load_hash(manifest)
    squares: dict[str, list[float]] = {}
    for row in read_lines(path, []):
        when = _instant(str(row.get("when", "")))
        alike = row.get("rig") == rig and row.get("load") == load and row.get("run") != manifest.run_id
        if alike and when is not None and made - KEPT_FOR <= when <= made:
            squares.setdefault(str(row.get("cell")), []).extend(_squares(row.get("differences")))

    def recall(cell: str) -> Spread | None:
        found = squares.get(cell, [])
        return Spread(sum(found) / len(found), len(found)) if len(found) >= FEWEST_PAIRS else None

    return recall


def rig_of(machine: Mapping[str, Any]) -> str:
    """Return what names a rig: its processor and how many cores."""
    return f"{machine.get('cpu', 'unknown processor')} x {machine.get('cores', '?')}"


def load_hash(manifest: Manifest) -> str:
    """Return a short hash of the load facts: runs under another load have another history."""
    return hashlib.sha256(orjson.dumps(dict(manifest.load), option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def _known(run_id: str, path: Path) -> bool:
    return any(row.get("run") == run_id for row in read_lines(path, []))


def _instant(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _squares(differences: Any) -> list[float]:
    if not isinstance(differences, list):
        return []
    return [float(its) ** 2 for its in differences if isinstance(its, int | float)]
