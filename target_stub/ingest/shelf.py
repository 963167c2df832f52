"""Shelf: the entries that were added while the service runs or ran before, and their way into the search."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from pathlib import Path

import numpy as np

from target_stub.document import Document
from target_stub.embedder import Vectors
from target_stub.ingest.entry import Entry
from target_stub.ingest.store import COMPACT_FROM, Change, Put, Removed, Store
from target_stub.request_error import RequestError, pointer
from target_stub.search import ADD_BATCH, Search

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

Embedded = Callable[[int, int], None]
"""Told how many documents are embedded, and of how many."""


class Shelf:
    """Entries by id. A change is noted on disk first, if there is a data folder, then made in the search at once."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.store: Store | None = None
        self._removed: set[str] = set()  # documents of the corpus
        self._turn = asyncio.Lock()

    def open(self, data_dir: str) -> None:
        """Read what is kept in a data folder; an empty name is none.

        Raises:
            ConfigError: when another process has it, or it is damaged.
        """
        if not data_dir or self.store is not None:
            return
        self.store = Store(Path(data_dir))
        count = 0
        for change in self.store.changes():
            count += 1
            self._take(change)
        kept = len(self.entries) + len(self._removed)
        if count - kept >= COMPACT_FROM and count > 2 * kept:
            self.store.rewrite(
                [Removed(each) for each in self._removed] + [Put(each) for each in self.entries.values()]
            )

    async def restore(
        self, search: Search, told: Embedded, publish: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        """Bring all entries into a search that does not have them, as after a start or with another embedder.

        `publish` is called when it has them; changes wait until then, and are made in what was published.
        """
        async with self._turn:
            documents = [document for entry in self.entries.values() for document in entry.documents]
            vectors = await embed(search, documents, told) if documents else None
            search.collection.remove([*self._removed, *self.entries, *(document.id for document in documents)])
            if vectors is not None:
                search.collection.add(documents, vectors)
            if publish is not None:
                await publish()

    async def add(self, search: Search, entries: Sequence[Entry], told: Embedded, *, replace: bool) -> None:
        """Add entries; a search sees all of them or none.

        With `replace` they take the place of those that have their ids. Without it, what is there already, word for
        word, is left as it is, and another one under a taken id is refused.

        Raises:
            RequestError: with status 409, or 507 when the disk is full; then nothing has changed.
        """
        new = list(entries) if replace else self._new(search, entries)
        while new:
            search = latest(search)
            vectors = await embed(search, [document for entry in new for document in entry.documents], told)
            # once it is noted it must be made, whoever stops waiting for it
            if await asyncio.shield(asyncio.ensure_future(self._put(search, new, vectors, replace=replace))):
                return

    async def remove(self, search: Search, entry_id: str) -> bool:
        """Remove the entry, or the document of the corpus, of that id; return whether there was one.

        Raises:
            RequestError: with status 507 when the disk is full.
        """
        return await asyncio.shield(asyncio.ensure_future(self._drop(search, entry_id)))

    async def _put(self, search: Search, entries: Sequence[Entry], vectors: Vectors, *, replace: bool) -> bool:
        """Make the addition; return False when another search has taken this one's place, with other vectors."""
        async with self._turn:
            if search.successor is not None:
                return False
            wanted = entries if replace else self._new(search, entries)  # others may have added some meanwhile
            await self._note([Put(entry) for entry in wanted])
            # from here to the end nothing else runs
            start = 0
            for entry in entries:
                rows = vectors[start : start + len(entry.documents)]
                start += len(entry.documents)
                if entry in wanted:
                    search.collection.remove(self._ids(entry.id))
                    search.collection.add(entry.documents, rows)
                    self._take(Put(entry))
            search.documents_changed()
        return True

    async def _drop(self, search: Search, entry_id: str) -> bool:
        async with self._turn:
            search = latest(search)
            ids = self._ids(entry_id)
            if not any(search.collection.get(each) for each in ids):
                return False
            await self._note([Removed(entry_id)])
            search.collection.remove(ids)
            self._take(Removed(entry_id))
            search.documents_changed()
        return True

    def _new(self, search: Search, entries: Sequence[Entry]) -> list[Entry]:
        """Return the entries that are not there yet, each once.

        Raises:
            RequestError: with status 409, when an id means something else.
        """
        new: dict[str, Entry] = {}
        for number, entry in enumerate(entries):
            present = self.entries.get(entry.id)
            document = search.collection.get(entry.id)
            if present is None and document is None:
                new[entry.id] = entry
            elif (present is None or present.sha256 != entry.sha256) and entry.documents != (document,):
                message = f"there is another document with the id {entry.id!r}"
                field = pointer("documents", number, "id")
                raise RequestError(HTTPStatus.CONFLICT, "conflict", message, field=field)
        return list(new.values())

    def close(self) -> None:
        """Let the data folder go."""
        if self.store is not None:
            self.store.close()
            self.store = None

    def _ids(self, entry_id: str) -> list[str]:
        entry = self.entries.get(entry_id)
        return [entry_id] if entry is None else [document.id for document in entry.documents]

    def _take(self, change: Change) -> None:
        match change:
            case Put(entry):
                self.entries.pop(entry.id, None)
                self.entries[entry.id] = entry
                self._removed.discard(entry.id)
            case Removed(entry_id):
                self.entries.pop(entry_id, None)
                self._removed.add(entry_id)

    async def _note(self, changes: list[Change]) -> None:
        if self.store is None:
            return
        try:
            await asyncio.to_thread(self.store.note, changes)
        except OSError as error:
            if error.errno in FULL:
                raise disk_full() from error
            raise


def disk_full() -> RequestError:
    """Return the refusal with status 507."""
    message = "the disk of the data folder is full; nothing was added"
    return RequestError(HTTPStatus.INSUFFICIENT_STORAGE, "disk_full", message)


def latest(search: Search) -> Search:
    """Return the search that has taken this one's place, or this one."""
    while search.successor is not None:
        search = search.successor
    return search


async def embed(search: Search, documents: Sequence[Document], told: Embedded) -> Vectors:
    """Return the documents' vectors, shape (n, dim); searches get their turn between."""
    parts = []
    for start in range(0, len(documents), ADD_BATCH):
        batch = documents[start : start + ADD_BATCH]
        parts.append((await search.embedding.embed([document.passage for document in batch])).vectors)
        told(start + len(batch), len(documents))
        await asyncio.sleep(0)
    return np.concatenate(parts)
