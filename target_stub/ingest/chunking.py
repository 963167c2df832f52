"""Chunking: from sections to chunks of whole sentences, each beginning with the end of the one before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from target_stub.ingest.chunk import Chunk
from target_stub.ingest.parser import Section
from target_stub.ingest.sentences import paragraphs, sentences


@dataclass(frozen=True, slots=True)
class ChunkSize:
    """Characters of a chunk at most, and how many of them may repeat the chunk before."""

    max_chars: int
    overlap_chars: int

    def __post_init__(self) -> None:
        if self.max_chars < 1 or not 0 <= self.overlap_chars <= self.max_chars // 2:
            raise ValueError(f"an overlap of {self.overlap_chars} does not suit chunks of {self.max_chars}")


def chunks_of(sections: Sequence[Section], size: ChunkSize) -> Iterator[Chunk]:
    """Yield the chunks of each section; no chunk spans two of them, and none has more than `max_chars` characters.

    A chunk takes sentences while they fit. It ends early at the end of a paragraph when it is at least half full. The
    next one begins with the last whole sentences that fit into the overlap, except after a paragraph's end.
    """
    for section in sections:
        for text in _texts(section.text, size):
            yield Chunk(section.heading, text)


def _texts(text: str, size: ChunkSize) -> Iterator[str]:
    taken: list[str] = []
    chars = fresh = 0  # characters with the blanks between; sentences that the chunk before does not have
    for paragraph in paragraphs(text):
        for sentence in sentences(paragraph):
            for piece in _pieces(" ".join(sentence.split()), size.max_chars):
                if taken and chars + 1 + len(piece) > size.max_chars:
                    if fresh:
                        yield " ".join(taken)
                    taken = _overlap(taken, min(size.overlap_chars, size.max_chars - len(piece) - 1))
                    chars, fresh = len(" ".join(taken)), 0
                taken.append(piece)
                chars += len(piece) + (len(taken) > 1)
                fresh += 1
        if fresh and chars * 2 >= size.max_chars:
            yield " ".join(taken)
            taken, chars, fresh = [], 0, 0
    if fresh:
        yield " ".join(taken)


def _overlap(taken: Sequence[str], room_chars: int) -> list[str]:
    """Return the last sentences that fit into the room together."""
    kept: list[str] = []
    for sentence in reversed(taken):
        room_chars -= len(sentence) + 1
        if room_chars < -1:
            break
        kept.insert(0, sentence)
    return kept if len(kept) < len(taken) else []


def _pieces(sentence: str, max_chars: int) -> Iterator[str]:
    """Yield a sentence in pieces of at most `max_chars`, cut at blanks where there are some."""
    while len(sentence) > max_chars:
        cut = sentence.rfind(" ", 1, max_chars + 1)
        cut = cut if cut > 0 else max_chars
        yield sentence[:cut].strip()
        sentence = sentence[cut:].strip()
    if sentence:
        yield sentence
