"""The files of an index over a corpus' vectors, kept on disk."""

from __future__ import annotations

import importlib.metadata
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from target_stub.artifacts import Artifact, Artifacts, key_of
from target_stub.corpus import Corpus
from target_stub.index import Index, IndexUnusableError
from target_stub.indexes import build_index, make_index
from target_stub.specs import IndexSpec
from target_stub.table import Table
from target_stub.vectors import CorpusVectors
from target_stub.workers import available_cores

log = logging.getLogger(__name__)

REVISION = 3  # raise it when the same vectors and switches would give another index
KIND = "indexes"
LIBRARIES = {"qdrant": "qdrant-edge-py", "usearch": "usearch"}
"""Whose version the files depend on."""


def load_index(
    spec: IndexSpec, corpus: Corpus, vectors: CorpusVectors, table: Table, artifacts: Artifacts
) -> Index | None:
    """Open the index kept on disk over a table of the corpus, or return None when nothing usable is there."""
    key = key_of(_made_from(spec, corpus, vectors))
    artifact = artifacts.find(KIND, key)
    if artifact is None:
        return None
    try:
        return make_index(spec, table, artifact.folder)
    except IndexUnusableError as error:
        log.warning("the %s index %s cannot be used and will be made again: %s", spec.name, key, error)
        return None


def prepare_index(spec: IndexSpec, corpus: Corpus, vectors: CorpusVectors, artifacts: Artifacts) -> None:
    """Build the index when it is not there, or is of no use. Meant for a process that answers nobody.

    Raises:
        ConfigError: when the cache cannot be written, or the server that keeps the index cannot be reached.
    """
    labels = [document.label for document in corpus.documents]
    made_from = _made_from(spec, corpus, vectors)
    key = key_of(made_from)

    def build(folder: Path) -> Mapping[str, Any]:
        build_index(spec, vectors.rows, labels, folder, threads=available_cores())
        return {"made_from": dict(made_from)}

    def usable(artifact: Artifact) -> bool:
        try:
            make_index(spec, Table(vectors.rows, labels), artifact.folder)
        except IndexUnusableError:
            return False
        return True

    artifacts.make(KIND, key, build, usable)


def _made_from(spec: IndexSpec, corpus: Corpus, vectors: CorpusVectors) -> Mapping[str, Any]:
    library = LIBRARIES.get(spec.name)
    return {
        "revision": REVISION,
        "corpus": corpus.sha256,  # for the labels: other documents may have the same vectors
        "vectors": vectors.sha256,
        "library": importlib.metadata.version(library) if library else None,
        **({"url": spec.server.url} if spec.name == "qdrant-server" else {}),
        **spec.built_from(),
    }
