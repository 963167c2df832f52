"""Vectors of a whole corpus, kept on disk with what the embedder learnt from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from target_stub.artifacts import Artifact, Artifacts, key_of
from target_stub.corpus import Corpus, Progress
from target_stub.embedder import Embedder, Vectors
from target_stub.embedders import embedder_weights, fit_embedder, make_embedder
from target_stub.specs import EmbedderSpec
from target_stub.workers import available_cores, spread

REVISION = 1  # raise it when the same texts and weights would give other vectors
KIND = "vectors"
VECTORS_FILE = "vectors.npy"
JOB_PASSAGES = 32  # a job of a quarter of a second: the last ones end together, and progress moves
SPREAD_FROM = {
    "minilm": 256,
    "onnx": 256,
    "static": 10_000,
}  # passages; below, starting processes takes longer than embedding


@dataclass(frozen=True, slots=True, eq=False)
class CorpusVectors:
    """The documents' vectors in their order, shape (documents, dim), read-only; `folder` holds what was learnt."""

    rows: Vectors
    sha256: str
    folder: Path


def load_vectors(corpus: Corpus, spec: EmbedderSpec, artifacts: Artifacts) -> CorpusVectors | None:
    """Return the vectors kept on disk, or None when nothing whole is there."""
    artifact = artifacts.find(KIND, key_of(_made_from(corpus, spec)))
    return _open(artifact) if artifact else None


def prepare_vectors(corpus: Corpus, spec: EmbedderSpec, artifacts: Artifacts, progress: Progress) -> CorpusVectors:
    """Return the vectors, embedding the corpus when they are not on disk.

    Raises:
        ConfigError: when the embedder is not installed, or the cache cannot be written.
    """
    made_from = _made_from(corpus, spec)
    key = key_of(made_from)
    artifact = artifacts.find(KIND, key)
    if artifact is None:

        def build(folder: Path) -> Mapping[str, Any]:
            passages = [document.passage for document in corpus.documents]
            fit_embedder(spec, passages, folder)
            rows = embed_all(passages, spec, folder, progress)
            np.save(folder / VECTORS_FILE, rows)
            return {"made_from": dict(made_from), "documents": len(rows), "dim": rows.shape[1]}

        artifact = artifacts.make(KIND, key, build)
    return _open(artifact)


def _made_from(corpus: Corpus, spec: EmbedderSpec) -> Mapping[str, Any]:
    return {
        "revision": REVISION,
        "corpus": corpus.sha256,
        "embedder": spec.name,
        "weights": embedder_weights(spec),
        "max_tokens": spec.max_tokens,
    }


def _open(artifact: Artifact) -> CorpusVectors:
    rows = np.load(artifact.folder / VECTORS_FILE, mmap_mode="r").view(np.ndarray)
    return CorpusVectors(rows, artifact.sha256[VECTORS_FILE], artifact.folder)


def embed_all(passages: Sequence[str], spec: EmbedderSpec, fitted: Path, progress: Progress) -> Vectors:
    """Embed passages of like length together, longest first, so that no batch is padded much and no core idles long."""
    by_length = sorted(range(len(passages)), key=lambda number: -len(passages[number]))
    groups = [by_length[start : start + JOB_PASSAGES] for start in range(0, len(passages), JOB_PASSAGES)]
    jobs = [[passages[number] for number in group] for group in groups]
    if len(passages) >= SPREAD_FROM.get(spec.name, len(passages) + 1):
        results = spread(_embed, jobs, processes=available_cores(), begin=_begin, given=(spec, fitted))
    else:
        embedder = make_embedder(spec, fitted)
        results = (embedder.embed(job) for job in jobs)
    done, rows = 0, None
    for group, vectors in zip(groups, results, strict=True):
        if rows is None:
            rows = np.empty((len(passages), vectors.shape[1]), np.float32)
        rows[group] = vectors
        done += len(group)
        progress(done, len(passages))
    if rows is None:
        raise ValueError("there is nothing to embed")
    return rows


_embedders: list[Embedder] = []  # in a worker process: its own embedder, made once


def _begin(spec: EmbedderSpec, fitted: Path) -> None:
    _embedders.append(make_embedder(spec, fitted))


def _embed(passages: Sequence[str]) -> Vectors:
    return _embedders[0].embed(passages)
