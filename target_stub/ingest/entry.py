"""Entry: what was added under one id: a document, or a file with the chunks that it became."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from target_stub.document import MAX_ID_CHARS, Document, one_line
from target_stub.ingest.media import KIND_OF, Media
from target_stub.ingest.reading import Reading

DOCUMENT = "application/json"
MAX_ENTRY_ID_CHARS = MAX_ID_CHARS - 8  # room for the number of a chunk


class ChunkScore(msgspec.Struct, frozen=True):
    """A chunk's document, and its scores from 0 to 1."""

    id: str
    importance: float
    density: float


class Entry(msgspec.Struct, frozen=True):
    """Documents that belong together: they are added, replaced and removed as one. `sha256` is that of the content."""

    id: str
    sha256: str
    media: str
    title: str
    documents: tuple[Document, ...]
    chunks: tuple[ChunkScore, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return what is told of it."""
        first = self.documents[0]
        text = {"text": first.text} if self.media == DOCUMENT else {"chunks": msgspec.to_builtins(self.chunks)}
        return {
            "id": self.id,
            "title": self.title,
            "package": first.package,
            "kind": first.kind,
            "media": self.media,
            "sha256": self.sha256,
            **text,
        }


def entry_of_document(document: Document) -> Entry:
    """Return the entry of a single document."""
    content = f"{document.title}\0{document.text}\0{document.package}\0{document.kind}"
    return Entry(document.id, hashlib.sha256(content.encode()).hexdigest(), DOCUMENT, document.title, (document,))


def entry_of_file(entry_id: str, sha256: str, media: Media, named: tuple[str, str], reading: Reading) -> Entry:
    """Return the entry of a file that was read; `named` is the title and the package that the sender gave, or nothing.

    A chunk's title is the file's, with the heading that it stands under: `Guide: Installing`.
    """
    title = one_line(named[0] or reading.title or reading.chunks[0].text)
    documents, scores = [], []
    for number, chunk in enumerate(reading.chunks, 1):
        heading = f"{title}: {chunk.heading}" if chunk.heading and chunk.heading != title else title
        document = Document(f"{entry_id}#{number}", one_line(heading), chunk.text, named[1], KIND_OF[media])
        documents.append(document)
        scores.append(ChunkScore(document.id, chunk.importance, chunk.density))
    return Entry(entry_id, sha256, media.value, title, tuple(documents), tuple(scores))
