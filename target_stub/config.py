"""Config: every switch of the service, its default, its bounds and what it does. Where values come from is not here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, asdict, dataclass, field, fields
from typing import Any

from target_stub.specs import EmbedderSpec, IndexSpec

MEGABYTE = 1_000_000


def _switch(
    default: Any, described: str, *, known: tuple[str, ...] = (), low: float | None = None, high: float | None = None
) -> Any:
    return field(default=default, metadata={"described": described, "known": known, "low": low, "high": high})


@dataclass(frozen=True, slots=True)
class Config:
    """The service's switches. The defaults suit a service that is used; the profiles compare."""

    profile: str = _switch("optimized", "a profile's name, or the path of a .toml file with switches")
    host: str = _switch("127.0.0.1", "address to listen on")
    port: int = _switch(8080, "port to listen on; 0 picks a free one", low=0, high=65_535)
    announce: str = _switch("", "file to write {url, pid} to once the service listens")
    corpus: str = _switch("stdlib", "stdlib, installed (with all installed packages), or a folder of text files")
    embedder: str = _switch(
        "static", "what turns texts into vectors; minilm is a transformer", known=("static", "minilm", "hashing")
    )
    embed_max_tokens: int = _switch(
        64, "tokens of a text that the embedder reads; the rest is cut off", low=8, high=512
    )
    embed_in_thread: bool = _switch(True, "embed in a thread of its own, so that other requests go on meanwhile")
    index: str = _switch(
        "qdrant", "exact compares with every document, qdrant walks a graph", known=("exact", "qdrant")
    )
    index_m: int = _switch(16, "links per node of the graph", low=4, high=128)
    index_ef_construct: int = _switch(128, "candidates kept while building the graph", low=8, high=2048)
    index_ef: int = _switch(64, "candidates kept while searching the graph; more find more, slower", low=1, high=4096)
    cache: str = _switch("l1", "where finished answers are kept; l1 is in memory", known=("off", "l1"))
    cache_ttl_s: float = _switch(300.0, "how long an answer stays in the cache", low=0.001, high=86_400)
    cache_max_bytes: int = _switch(
        64 * MEGABYTE, "size of the cache; the least recently used go first", low=10_000, high=64_000 * MEGABYTE
    )
    single_flight: bool = _switch(True, "equal searches in flight share one computation")
    max_body_bytes: int = _switch(10 * MEGABYTE, "largest request body", low=1000, high=1000 * MEGABYTE)
    drain_timeout_s: float = _switch(10.0, "how long running requests may take after SIGTERM", low=0, high=3600)
    log_level: str = _switch("info", "least grave message to log", known=("debug", "info", "warning", "error"))

    @property
    def embedder_spec(self) -> EmbedderSpec:
        """Which embedder, and how much of a text it reads."""
        return EmbedderSpec(self.embedder, self.embed_max_tokens)

    @property
    def index_spec(self) -> IndexSpec:
        """Which index, and its graph."""
        return IndexSpec(self.index, self.index_m, self.index_ef_construct, self.index_ef)

    def to_json(self) -> dict[str, Any]:
        """Return every switch by name."""
        return asdict(self)


SWITCHES: Mapping[str, Field[Any]] = {switch.name: switch for switch in fields(Config)}
