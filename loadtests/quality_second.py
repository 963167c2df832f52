"""QualitySecond: one measure of quality over the judged answers due in one second, mergeable as a Second is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(slots=True)
class QualitySecond:
    """Count, sum and sum of squares of a measure between 0 and 1, over answers of one operation and stage."""

    t: int
    stage: str
    operation: str
    measure: str
    count: int = 0
    total: float = 0.0
    squares: float = 0.0

    def add(self, value: float) -> None:
        """Count one judged answer."""
        self.count += 1
        self.total += value
        self.squares += value * value

    def merge(self, other: QualitySecond) -> None:
        """Count all of another part of the same second."""
        self.count += other.count
        self.total += other.total
        self.squares += other.squares

    @property
    def mean(self) -> float:
        """The mean over the answers that were judged."""
        return self.total / self.count

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object; `from_json` gives an equal one."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> QualitySecond:
        """Read what `to_json` wrote.

        Raises:
            KeyError, TypeError, ValueError: when the data is not such a second.
        """
        place = (int(data["t"]), str(data["stage"]), str(data["operation"]), str(data["measure"]))
        return cls(*place, int(data["count"]), float(data["total"]), float(data["squares"]))
