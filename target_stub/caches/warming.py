"""Warming: answers computed before they are asked for: the most frequent at the start, and what usually follows."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from target_stub.cache import Origin
from target_stub.query import MAX_QUERY_CHARS, Query, normal_form
from target_stub.search import Search

MAX_KNOWN = 10_000  # queries counted, and queries whose successors are known
MAX_SUCCESSORS = 4  # of one query
MAX_SESSIONS = 10_000
MIN_TIMES = 2  # that one query followed another before it is foreseen
MIN_SHARE = 0.3  # of the times that anything followed it
MAX_FORESEEING = 1  # at one time: it must not take the place of what is asked for
log = logging.getLogger(__name__)


class Frequencies:
    """How often each query was asked; when there are too many, the rarer half is forgotten."""

    def __init__(self, largest: int = MAX_KNOWN) -> None:
        self._largest = largest
        self._counts: Counter[Query] = Counter()

    def note(self, query: Query, times: int = 1) -> None:
        """Count a query."""
        self._counts[query] += times
        if len(self._counts) > self._largest:
            self._counts = Counter(dict(self._counts.most_common(self._largest // 2)))

    def most(self, count: int) -> list[tuple[Query, int]]:
        """Return the most frequent queries, the most frequent first."""
        return self._counts.most_common(count)


class Successors:
    """What was asked next, and how often: a first-order table, bounded in both directions."""

    def __init__(self, largest: int = MAX_KNOWN) -> None:
        self._largest = largest
        self._next: OrderedDict[Query, Counter[Query]] = OrderedDict()
        self._last: OrderedDict[Hashable, Query] = OrderedDict()

    def note(self, session: Hashable, query: Query) -> None:
        """Note that this session asks this now."""
        before = self._last.pop(session, None)
        self._last[session] = query
        if len(self._last) > MAX_SESSIONS:
            self._last.popitem(last=False)
        if before is None or before == query:
            return
        counts = self._next.pop(before, None) or Counter()
        counts[query] += 1
        if len(counts) > MAX_SUCCESSORS:
            rarest = min((its for its in counts if its != query), key=counts.__getitem__)
            del counts[rarest]
        self._next[before] = counts
        if len(self._next) > self._largest:
            self._next.popitem(last=False)

    def after(self, query: Query) -> Query | None:
        """Return what usually follows a query, if anything does."""
        counts = self._next.get(query)
        if not counts:
            return None
        ((likely, times),) = counts.most_common(1)
        return likely if times >= MIN_TIMES and times >= MIN_SHARE * counts.total() else None


class Warming:
    """Foresees queries for one search; `warmed` is told why each answer was computed before it was asked for."""

    def __init__(
        self, warmed: Callable[[Origin], None], *, record: bool, predict: bool, file: Path | None, count: int
    ) -> None:
        self.frequencies = Frequencies() if record else None
        self.successors = Successors() if predict else None
        self._warmed = warmed
        self._file = file
        self._count = count
        self._foreseeing: set[asyncio.Task[None]] = set()

    def asked(self, search: Search, query: Query, session: Hashable) -> None:
        """Note a query that was just answered, and begin to compute what usually follows it."""
        if self.frequencies is not None:
            self.frequencies.note(query)
        if self.successors is None:
            return
        self.successors.note(session, query)
        following = self.successors.after(query)
        if following is not None and len(self._foreseeing) < MAX_FORESEEING:
            task = asyncio.ensure_future(self._foresee(search, following, Origin.PREDICTED))
            self._foreseeing.add(task)
            task.add_done_callback(self._foreseeing.discard)

    async def _foresee(self, search: Search, query: Query, origin: Origin) -> None:
        try:
            if await search.foresee(query, origin):
                self._warmed(origin)
        except Exception:
            log.exception("an answer that was foreseen could not be computed")

    async def warm(self, search: Search) -> int:
        """Compute the answers to the most frequent queries of the file; return how many there were."""
        queries = [] if self._file is None else read_queries(self._file)
        for query, times in queries[: self._count]:
            if self.frequencies is not None:
                self.frequencies.note(query, times // 2)  # what was popular once fades
            await self._foresee(search, query, Origin.START)
        return len(queries[: self._count])

    def save(self) -> None:
        """Keep the most frequent queries for the next start."""
        if self.frequencies is None or self._file is None:
            return
        found = [(replace(query, user=""), times) for query, times in self.frequencies.most(self._count) if times > 0]
        if not found:
            return
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            part = self._file.with_name(f"{self._file.name}.{id(self)}.part")
            part.write_bytes(msgspec.json.encode(found))
            part.replace(self._file)
        except OSError as error:
            log.warning("the most frequent queries are not kept: %s", error)

    async def close(self) -> None:
        """End what is under way, and keep what was counted."""
        for task in self._foreseeing:
            task.cancel()
        await asyncio.gather(*self._foreseeing, return_exceptions=True)
        self.save()


def read_queries(file: Path) -> Sequence[tuple[Query, int]]:
    """Return the queries of a file: as they were kept, or as text, a query a line, the most frequent first."""
    try:
        content = file.read_bytes()
    except OSError:
        return []
    if content.startswith(b"[["):
        try:
            return msgspec.json.decode(content, type=list[tuple[Query, int]])
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            log.warning("%s does not hold queries of this version: %s", file.name, error)
            return []
    return [(Query(text), 1) for text in _lines(content.decode("utf-8", errors="replace").splitlines())]


def _lines(lines: Iterable[str]) -> Iterable[str]:
    for line in lines:
        text = normal_form(line)
        if text and not text.startswith("#") and len(text) <= MAX_QUERY_CHARS:
            yield text
