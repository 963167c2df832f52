"""Reading: from a file on disk to the chunks of its text, scored. Pure work, for any process."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from target_stub.ingest.chunk import Chunk
from target_stub.ingest.chunking import ChunkSize, chunks_of
from target_stub.ingest.media import Media
from target_stub.ingest.parser import ParserLimits, Progress
from target_stub.ingest.parsers import make_parser
from target_stub.ingest.scoring import scored
from target_stub.ingest.unreadable import UnreadableError


@dataclass(frozen=True, slots=True)
class Order:
    """A file to read: where it is, what it is, and how it is to be cut."""

    path: str
    media: Media
    charset: str
    size: ChunkSize
    limits: ParserLimits = field(default_factory=ParserLimits)


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read: the title that the file gives itself, which may be empty, and at least one chunk."""

    title: str
    chunks: tuple[Chunk, ...]


def read(order: Order, progress: Progress) -> Reading:
    """Return the chunks of a file.

    Raises:
        UnreadableError: when it is broken, locked, without text or beyond the limits.
    """
    parsed = make_parser(order.media).parse(Path(order.path), order.charset, order.limits, progress)
    chunks = scored(list(chunks_of(parsed.sections, order.size)))
    if not chunks:
        raise UnreadableError("no_text", "the file holds no text")
    return Reading(parsed.title, tuple(chunks))
