"""Finding: what the ranks of one set come to: per mode two means, and how far each is above one ranking alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from target_stub.quality.interval import Interval, bootstrap, hits, reciprocal_ranks
from target_stub.quality.measuring import SetRanks
from target_stub.quality.mode import MODES, Mode

ALONE = tuple(mode.name for mode in MODES if mode.alone)


@dataclass(frozen=True, slots=True)
class ModeFinding:
    """MRR@10 and recall@10 of a mode, and the paired differences of its MRR@10 from each ranking alone by name."""

    name: str
    mrr: Interval
    recall: Interval
    above: Mapping[str, Interval]

    @property
    def beats_all(self) -> bool:
        """Whether it is above every ranking alone with its whole interval."""
        return bool(self.above) and all(its.above_zero for its in self.above.values())


@dataclass(frozen=True, slots=True)
class SetFinding:
    """What one set of queries shows."""

    name: str
    about: str
    queries: int
    documents: int
    sha256: str
    modes: Sequence[ModeFinding]

    def to_json(self) -> dict[str, Any]:
        """Return JSON values, rounded to what the intervals leave of meaning."""
        return {
            "set": self.name,
            "about": self.about,
            "queries": self.queries,
            "documents": self.documents,
            "corpus_sha256": self.sha256,
            "modes": [
                {
                    "mode": its.name,
                    "mrr@10": _plain(its.mrr),
                    "recall@10": _plain(its.recall),
                    "mrr@10_above": {name: _plain(above) for name, above in its.above.items()},
                    "beats_all": its.beats_all,
                }
                for its in self.modes
            ],
        }


def found(measured: SetRanks) -> SetFinding:
    """Return the means of every mode that was measured, and its differences query by query from those alone."""
    by_mode = {name: reciprocal_ranks(ranks) for name, ranks in measured.ranks.items()}
    modes = [
        ModeFinding(
            name,
            bootstrap(values),
            bootstrap(hits(measured.ranks[name])),
            {alone: bootstrap(values - by_mode[alone]) for alone in ALONE if alone in by_mode and name not in ALONE},
        )
        for name, values in by_mode.items()
    ]
    items = measured.items
    return SetFinding(items.name, items.about, measured.queries, measured.documents, measured.sha256, modes)


def left_out(modes: Sequence[Mode]) -> tuple[str, ...]:
    """Return the names of the modes that are not among these."""
    return tuple(mode.name for mode in MODES if mode not in modes)


def _plain(interval: Interval) -> dict[str, float]:
    return {"value": round(interval.value, 4), "low": round(interval.low, 4), "high": round(interval.high, 4)}
