"""Faulty finding: a finding with the time that a fault adds to its stage."""

from __future__ import annotations

from target_stub.embedder import Vector
from target_stub.faults.faults import Faults
from target_stub.filter import Filter
from target_stub.finding import Finding
from target_stub.index import Neighbours


class FaultyFinding:
    """Finds as the finding inside does, later where a fault says so."""

    def __init__(self, inside: Finding, faults: Faults) -> None:
        self._inside = inside
        self._faults = faults

    async def find(
        self, vector: Vector, k: int, *, exact: bool = False, ef: int | None = None, where: Filter | None = None
    ) -> Neighbours:
        """Find the k nearest; the time added is the stage's own."""
        found = await self._inside.find(vector, k, exact=exact, ef=ef, where=where)
        if self._faults.now is not None:
            await self._faults.now.stage("ann")
        return found

    def close(self) -> None:
        """Let go of what it holds."""
        self._inside.close()
