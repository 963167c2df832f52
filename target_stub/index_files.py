"""The files of an index over a corpus' vectors, kept on disk."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from target_stub.artifacts import Artifacts, key_of
from target_stub.corpus import Corpus
from target_stub.index import Index
from target_stub.indexes import build_index, make_index
from target_stub.specs import IndexSpec
from target_stub.table import Table
from target_stub.vectors import CorpusVectors
from target_stub.workers import available_cores

REVISION = 2  # raise it when the same vectors and switches would give another index
KIND = "indexes"
LIBRARIES = {"qdrant": "qdrant-edge-py"}


def load_index(
    spec: IndexSpec, corpus: Corpus, vectors: CorpusVectors, table: Table, artifacts: Artifacts
) -> Index | None:
    """Open the index kept on disk over a table of the corpus, or return None when nothing whole is there."""
    artifact = artifacts.find(KIND, key_of(_made_from(spec, corpus, vectors)))
    return make_index(spec, table, artifact.folder) if artifact else None


def prepare_index(spec: IndexSpec, corpus: Corpus, vectors: CorpusVectors, artifacts: Artifacts) -> None:
    """Build the index on disk when it is not there. Meant for a process that answers nobody: it may hold the GIL.

    Raises:
        ConfigError: when the cache cannot be written.
    """
    made_from = _made_from(spec, corpus, vectors)
    key = key_of(made_from)
    if artifacts.find(KIND, key) is None:

        def build(folder: Path) -> Mapping[str, Any]:
            labels = [document.label for document in corpus.documents]
            build_index(spec, vectors.rows, labels, folder, threads=available_cores())
            return {"made_from": dict(made_from)}

        artifacts.make(KIND, key, build)


def _made_from(spec: IndexSpec, corpus: Corpus, vectors: CorpusVectors) -> Mapping[str, Any]:
    library = LIBRARIES.get(spec.name)
    graph = {"m": spec.m, "ef_construct": spec.ef_construct} if library else {}
    version = importlib.metadata.version(library) if library else None
    return {
        "revision": REVISION,
        "corpus": corpus.sha256,  # for the labels: other documents may have the same vectors
        "vectors": vectors.sha256,
        "index": spec.name,
        "library": version,
        **graph,
    }
