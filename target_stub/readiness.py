"""Readiness: what the service waits for before it answers searches, and whether it is on its way out."""

from __future__ import annotations

from typing import Any

from target_stub.preparation import Step


class Readiness:
    """Not ready until everything is loaded and warm, and never again once draining."""

    def __init__(self) -> None:
        self.draining = False
        self.waits_for_others = False  # of a pool that starts: it is ready when all its members are
        self._step: Step | None = Step.CORPUS
        self._done = self._total = 0

    @property
    def ready(self) -> bool:
        """Whether searches are answered."""
        return self._step is None and not self.draining and not self.waits_for_others

    def waits_for(self, step: Step, done: int = 0, total: int = 0) -> None:
        """Note what is being done, and how far that is where it is known (total above 0)."""
        self._step, self._done, self._total = step, done, total

    def is_ready(self) -> None:
        """Note that everything is there."""
        self._step = None

    def others_are_ready(self) -> None:
        """Note that the other members of the pool have loaded."""
        self.waits_for_others = False

    def to_json(self) -> dict[str, Any]:
        """Return the answer of `/readyz`."""
        if self.draining:
            return {"ready": False, "waiting_for": "draining"}
        if self._step is None:
            return {"ready": False, "waiting_for": "workers"} if self.waits_for_others else {"ready": True}
        progress = {"done": self._done, "total": self._total} if self._total else {}
        return {"ready": False, "waiting_for": self._step.value, **progress}
