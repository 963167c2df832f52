"""Corpus: the documents a service starts with, and where they come from. How they are read is each source's affair."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import msgspec

from target_stub.artifacts import Artifact, Artifacts, key_of
from target_stub.document import Document
from target_stub.errors import ConfigError

DOCUMENTS_FILE = "documents.jsonl"
KIND = "corpora"

Progress = Callable[[int, int], None]
"""Called with the amount done and the total, from time to time."""

_decoder = msgspec.json.Decoder(Document)


@dataclass(frozen=True, slots=True)
class Corpus:
    """Documents in a stable order; `sha256` is that of their JSON lines, so equal documents are an equal corpus."""

    name: str
    sha256: str
    documents: tuple[Document, ...]


class CorpusSource(Protocol):
    """A place that documents are read from."""

    @property
    def name(self) -> str:
        """A short name to show."""
        ...

    def fingerprint(self) -> Mapping[str, Any]:
        """Return what the documents are made from (JSON values), much faster than reading them."""
        ...

    def documents(self, progress: Progress) -> Iterator[Document]:
        """Yield the documents in a stable order, each id once; `progress` counts files."""
        ...


def load_corpus(source: CorpusSource, artifacts: Artifacts) -> Corpus | None:
    """Return the corpus kept on disk, or None when the source has changed since or nothing whole is there."""
    artifact = artifacts.find(KIND, key_of(source.fingerprint()))
    return _read(source, artifact) if artifact else None


def prepare_corpus(source: CorpusSource, artifacts: Artifacts, progress: Progress) -> Corpus:
    """Return the corpus, reading it from its source when it is not on disk.

    Raises:
        ConfigError: when the source holds no document, or the cache cannot be written.
    """
    made_from = source.fingerprint()
    key = key_of(made_from)
    artifact = artifacts.find(KIND, key)
    if artifact is None:

        def build(folder: Path) -> Mapping[str, Any]:
            documents = list(source.documents(progress))
            if not documents:
                raise ConfigError(
                    f"the corpus {source.name} holds no document",
                    hint="give --corpus stdlib, --corpus installed, or a folder of .txt, .md or .rst files",
                )
            (folder / DOCUMENTS_FILE).write_bytes(b"".join(map(_line, documents)))
            return {"name": source.name, "documents": len(documents), "made_from": dict(made_from)}

        artifact = artifacts.make(KIND, key, build)
    return _read(source, artifact)


def _line(document: Document) -> bytes:
    return msgspec.json.encode(document) + b"\n"


def _read(source: CorpusSource, artifact: Artifact) -> Corpus:
    """Read the lines of an artifact whose checksums were just verified."""
    path = artifact.folder / DOCUMENTS_FILE
    documents = tuple(_decoder.decode_lines(path.read_bytes()))
    return Corpus(source.name, artifact.sha256[DOCUMENTS_FILE], documents)
