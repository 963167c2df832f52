"""JudgedAnswer: the quality of one sampled answer, judged off the hot path after the trial's load has ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class JudgedAnswer:
    """One measure (`recall@10`, `relevant@10`, `mrr@10`) of one answer, between 0 and 1.

    `t` is the second in which its request was due; -1 in runs of before it was written.
    """

    trial: int
    stage: str
    operation: str
    query_rank: int
    measure: str
    value: float
    t: int = -1

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object; `from_json` gives an equal one."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> JudgedAnswer:
        """Read what `to_json` wrote.

        Raises:
            KeyError, TypeError, ValueError: when the data is not a judged answer.
        """
        return cls(
            int(data["trial"]),
            str(data["stage"]),
            str(data["operation"]),
            int(data["query_rank"]),
            str(data["measure"]),
            float(data["value"]),
            int(data.get("t", -1)),
        )
