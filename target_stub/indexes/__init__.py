"""The known indexes; the heavy imports stay inside their own case."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path

from target_stub.embedder import Vectors
from target_stub.errors import ConfigError
from target_stub.index import Index
from target_stub.quantisation import SUPPORTED
from target_stub.specs import IndexSpec
from target_stub.table import Label, Table

KNOWN = tuple(SUPPORTED)
PACKAGES = {"usearch": ("usearch", "usearch"), "qdrant-server": ("qdrant_client", "qdrant-server")}
"""The module that an index needs, and the extra that brings it, where it is not always there."""


def check_index(spec: IndexSpec) -> None:
    """Look for what can be seen to be wrong at once: the name, its package, its switches.

    Raises:
        ConfigError: naming it.
    """
    if spec.name not in SUPPORTED:
        raise ConfigError(f"there is no index {spec.name!r}", hint=f"known: {', '.join(KNOWN)}")
    module, extra = PACKAGES.get(spec.name, ("", ""))
    if module and importlib.util.find_spec(module) is None:
        raise ConfigError(
            f"the index {spec.name} needs the package {module.replace('_', '-')}, which is not installed",
            hint=f"pip install 'tenfold[{extra}]', or choose --index qdrant",
        )
    known = SUPPORTED[spec.name]
    if spec.name != "exact" and spec.quantisation not in (*known, "auto"):
        raise ConfigError(
            f"the index {spec.name} has no codes {spec.quantisation!r}",
            hint=f"give --index-quantisation one of: {', '.join(known)}, auto",
        )
    if spec.name == "qdrant-server" and not spec.server.url:
        raise ConfigError(
            "the index qdrant-server needs the server's address", hint="give --qdrant-url http://HOST:6333"
        )


def build_index(spec: IndexSpec, vectors: Vectors, labels: Sequence[Label], folder: Path, threads: int) -> None:
    """Write what the index needs besides the table into an empty folder; an exact one needs nothing."""
    match spec.name:
        case "qdrant":
            from target_stub.indexes.qdrant import build_qdrant

            build_qdrant(folder, vectors, labels, spec, threads)
        case "usearch":
            from target_stub.indexes.usearch import build_usearch

            build_usearch(folder, vectors, spec, threads)
        case "qdrant-server":
            from target_stub.indexes.qdrant_server import build_qdrant_server

            build_qdrant_server(folder, vectors, labels, spec)


def make_index(spec: IndexSpec, table: Table, folder: Path) -> Index:
    """Open the index that the spec names over a table; `folder` is what `build_index` filled from the same rows.

    Raises:
        ConfigError: when there is no such index.
        IndexUnusableError: when what was built cannot be searched any more.
    """
    match spec.name:
        case "exact":
            from target_stub.indexes.exact import ExactIndex

            return ExactIndex(table)
        case "qdrant":
            from target_stub.indexes.qdrant import QdrantIndex

            return QdrantIndex(folder, table, spec)
        case "usearch":
            from target_stub.indexes.usearch import UsearchIndex

            return UsearchIndex(folder, table, spec)
        case "qdrant-server":
            from target_stub.indexes.qdrant_server import open_qdrant_server

            return open_qdrant_server(folder, table, spec)
        case _:
            raise ConfigError(f"there is no index {spec.name!r}", hint=f"known: {', '.join(KNOWN)}")
