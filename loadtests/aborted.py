"""AbortRecord: the promise that was seen to be broken while the load ran, and ended the trial."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class AbortRecord:
    """Objective number `objective` of the scenario, broken in a stage; `value` is in base units, None when infinite.

    Seen at second `at_s` of the plan over the last `window_s` seconds; None: over the stage until then.
    """

    objective: int
    criterion: str
    indicator: str
    stage: str
    operation: str
    value: float | None
    samples: int
    at_s: float
    window_s: float | None = None

    @property
    def sentence(self) -> str:
        """What happened, for a log: which promise, where, and when."""
        over = "so far" if self.window_s is None else f"over {self.window_s:g} s"
        promise = f"{self.indicator} {self.criterion}, {self.operation}"
        return f"{promise}: broken at {self.stage}, second {self.at_s:g} of the plan ({over})"

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object; `from_json` gives an equal one."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> AbortRecord:
        """Read what `to_json` wrote.

        Raises:
            KeyError, TypeError, ValueError: when the data is not a record of an abort.
        """
        return cls(**{name: data[name] for name in cls.__dataclass_fields__})
