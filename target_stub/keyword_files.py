"""The files of a keyword index over a corpus, kept on disk."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from target_stub.artifacts import Artifacts, key_of
from target_stub.corpus import Corpus
from target_stub.keyword import KeywordIndex, searchable
from target_stub.keywords import make_keyword_index
from target_stub.postings import Postings
from target_stub.specs import KeywordSpec
from target_stub.words import Words

REVISION = 1  # raise it when the same texts would give other postings
KIND = "keywords"


def load_keywords(spec: KeywordSpec, corpus: Corpus, artifacts: Artifacts) -> KeywordIndex | None:
    """Open the keyword index kept on disk, or return None when nothing whole is there."""
    artifact = artifacts.find(KIND, key_of(_made_from(corpus)))
    return make_keyword_index(spec, artifact.folder) if artifact else None


def prepare_keywords(corpus: Corpus, artifacts: Artifacts) -> None:
    """Build the postings on disk when they are not there; the switches of BM25 only matter when they are loaded.

    Raises:
        ConfigError: when the cache cannot be written.
    """
    made_from = _made_from(corpus)
    key = key_of(made_from)
    if artifacts.find(KIND, key) is None:

        def build(folder: Path) -> Mapping[str, Any]:
            postings = Postings.of(map(searchable, corpus.documents), Words())
            postings.save(folder)
            return {"made_from": dict(made_from), "words": len(postings.words), "postings": len(postings)}

        artifacts.make(KIND, key, build)


def _made_from(corpus: Corpus) -> Mapping[str, Any]:
    return {"revision": REVISION, "corpus": corpus.sha256, "library": importlib.metadata.version("qdrant-edge-py")}
