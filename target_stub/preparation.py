"""Preparation: from a corpus' name to all that a service needs on disk, and from there into memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from target_stub.artifacts import Artifacts
from target_stub.collection import Collection
from target_stub.config import Config
from target_stub.corpora import make_source
from target_stub.corpus import Corpus, load_corpus, prepare_corpus
from target_stub.embedder import Embedder
from target_stub.embedders import embedder_weights, make_embedder
from target_stub.errors import ConfigError
from target_stub.index_files import load_index, prepare_index
from target_stub.table import Table
from target_stub.vectors import load_vectors, prepare_vectors


class Step(StrEnum):
    """What a service waits for before it is ready, in this order."""

    CORPUS = "corpus"
    VECTORS = "vectors"
    INDEX = "index"
    EMBEDDER = "embedder"
    DOCUMENTS = "documents"


Tell = Callable[[Step, int, int], None]
"""Called with a step, the amount done and the total."""


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A collection in memory, and the embedder whose vectors it holds."""

    collection: Collection
    embedder: Embedder


def check(config: Config) -> None:
    """Look for what can be seen to be missing at once: the corpus' folder, the embedder's packages.

    Raises:
        ConfigError: naming it.
    """
    if config.data_dir and config.workers > 1:
        raise ConfigError(
            f"one process at a time has a data folder, and {config.workers} are asked for",
            hint="give --workers 1, or leave out --data-dir",
        )
    make_source(config.corpus)
    embedder_weights(config.embedder_spec)


def prepare(config: Config, artifacts: Artifacts, tell: Tell) -> Corpus:
    """Put corpus, vectors and index on disk, as far as they are not there, and return the corpus.

    Raises:
        ConfigError: when the corpus is empty, the embedder is not installed or the cache cannot be written.
    """
    source = make_source(config.corpus)
    corpus = prepare_corpus(source, artifacts, lambda done, total: tell(Step.CORPUS, done, total))
    tell(Step.CORPUS, len(corpus.documents), len(corpus.documents))
    spec = config.embedder_spec
    vectors = prepare_vectors(corpus, spec, artifacts, lambda done, total: tell(Step.VECTORS, done, total))
    tell(Step.VECTORS, len(vectors.rows), len(vectors.rows))
    tell(Step.INDEX, 0, len(vectors.rows))
    prepare_index(config.index_spec, corpus, vectors, artifacts)
    tell(Step.INDEX, len(vectors.rows), len(vectors.rows))
    return corpus


def load(config: Config, artifacts: Artifacts) -> Prepared | None:
    """Bring into memory what `prepare` put on disk, or return None when any of it is missing, outdated or damaged."""
    corpus = load_corpus(make_source(config.corpus), artifacts)
    if corpus is None:
        return None
    vectors = load_vectors(corpus, config.embedder_spec, artifacts)
    if vectors is None:
        return None
    table = Table(vectors.rows, [document.label for document in corpus.documents])
    index = load_index(config.index_spec, corpus, vectors, table, artifacts)
    if index is None:
        return None
    embedder = make_embedder(config.embedder_spec, vectors.folder)
    found_by = f"{embedder.version} {config.index_spec}"
    return Prepared(Collection(corpus, table, index, found_by), embedder)
