"""What the target's own side said during a trial: one value per stage, or a series over the trial's seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ServerValue:
    """One number of one trial and stage, in the indicator's base unit; `value` None means not measured, `note` why.

    `label` is the part of the whole that this is, where the indicator is split by a label.
    """

    trial: int
    stage: str
    name: str
    value: float | None
    note: str = ""
    label: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object; `from_json` gives an equal one."""
        return {
            "kind": "value",
            "trial": self.trial,
            "stage": self.stage,
            "name": self.name,
            "value": self.value,
            "note": self.note,
            "label": self.label,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ServerValue:
        """Read what `to_json` wrote.

        Raises:
            KeyError, TypeError, ValueError: when the data is not a server value.
        """
        value = data["value"]
        return cls(
            int(data["trial"]),
            str(data["stage"]),
            str(data["name"]),
            None if value is None else float(value),
            str(data["note"]),
            str(data["label"]),
        )


@dataclass(frozen=True, slots=True)
class ServerSeries:
    """One measure over a trial: points of (seconds since the plan's start, value in base units)."""

    trial: int
    name: str
    points: tuple[tuple[float, float], ...]

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object; `from_json` gives an equal one."""
        return {"kind": "series", "trial": self.trial, "name": self.name, "points": [list(p) for p in self.points]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ServerSeries:
        """Read what `to_json` wrote.

        Raises:
            KeyError, TypeError, ValueError: when the data is not a server series.
        """
        points = tuple((float(t), float(value)) for t, value in data["points"])
        return cls(int(data["trial"]), str(data["name"]), points)
