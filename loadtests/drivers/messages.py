"""The messages between the process that keeps the run and those that generate the load; in one process when local."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from loadtests.known_item import KnownItem

BEGIN = "tenfold_begin"  # keeper to generators: a Begin
ROWS = "tenfold_rows"  # generator to keeper: lines for the run's files
DONE = "tenfold_done"  # generator to keeper: its share of the plan is settled


@dataclass(frozen=True, slots=True)
class Begin:
    """Everything a generator needs to offer its share: who takes which, from when, of what."""

    generators: tuple[str, ...]
    begins_in_s: float
    scenario_yaml: str
    seed: int
    url: str
    items: tuple[KnownItem, ...]
    trial: int

    def to_message(self) -> dict[str, Any]:
        """Return plain data for Locust's message packing."""
        return asdict(self)

    @classmethod
    def from_message(cls, data: Mapping[str, Any]) -> Begin:
        """Read what `to_message` made."""
        items = tuple(KnownItem(its["query"], its["document_id"]) for its in data["items"])
        return cls(**{**data, "generators": tuple(data["generators"]), "items": items})
