"""Invalidation: forgetting answers before their time, in this process and in the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from target_stub.cache import Selection
from target_stub.caches.tiers import Tiers
from target_stub.events import Events

FORGET = "forget"
DOCUMENTS = "documents"


class Invalidation:
    """What is forgotten here is told to the other processes, and what they tell is forgotten here.

    The second level is shared, so only the first is cleared on being told. Whoever keeps documents may listen for
    `DOCUMENTS` as well; an answer over other documents is under another version in any case.
    """

    def __init__(self, tiers: Tiers, events: Events | None, count: Callable[[str], None]) -> None:
        self._tiers = tiers
        self._events = events
        self._count = count
        if events is not None:
            events.on(FORGET, self._told)
            events.on(DOCUMENTS, lambda _: self._told({}))

    async def forget(self, selection: Selection) -> Mapping[str, int | None]:
        """Forget these answers everywhere; return how many there were in each level, None where it did not answer."""
        self._count("request")
        gone = await self._tiers.forget(selection)
        if self._events is not None:
            self._events.tell(FORGET, {"query": selection.query, "prefix": selection.prefix})
        return gone

    def documents_changed(self, version: str) -> None:
        """Tell the others that documents have changed here, to this version."""
        self._count("documents")
        if self._events is not None:
            self._events.tell(DOCUMENTS, {"version": version})

    def missed(self) -> None:
        """Forget all that is at hand: what the others told while they could not be heard is not known."""
        self._told({})

    def _told(self, facts: Mapping[str, Any]) -> None:
        query, prefix = facts.get("query"), facts.get("prefix")
        selection = Selection(query) if isinstance(query, str) else Selection(prefix=prefix if prefix else None)
        self._count("peer")
        self._tiers.forget_here(selection)
