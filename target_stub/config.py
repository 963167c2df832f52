"""Config: every switch of the service in one place. Where values come from is not here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, asdict, dataclass, fields
from typing import Any

from target_stub.errors import ConfigError
from target_stub.specs import EmbedderSpec, IndexSpec, KeywordSpec, ServerSpec
from target_stub.switches.answering import AnsweringSwitches
from target_stub.switches.caching import CachingSwitches
from target_stub.switches.embedding import EmbeddingSwitches
from target_stub.switches.faults import FaultSwitches
from target_stub.switches.indexing import IndexSwitches
from target_stub.switches.ingesting import IngestSwitches
from target_stub.switches.pooling import PoolingSwitches
from target_stub.switches.protection import ProtectionSwitches
from target_stub.switches.retrieval import RetrievalSwitches
from target_stub.switches.serving import ServingSwitches
from target_stub.switches.upstream import UpstreamSwitches

WAITING_THREADS = 8
QUICK_EMBEDDERS = ("static", "hashing")
"""They take less time than handing a text to a thread, and a call for many texts costs them as much as one for each."""

SECRET_IS_SET = "(set)"  # noqa: S105 (what is shown instead of one)


@dataclass(frozen=True)
class Config(
    AnsweringSwitches,
    UpstreamSwitches,
    FaultSwitches,
    ProtectionSwitches,
    IngestSwitches,
    RetrievalSwitches,
    CachingSwitches,
    IndexSwitches,
    EmbeddingSwitches,
    PoolingSwitches,
    ServingSwitches,
):
    """The service's switches. The defaults suit a service that is used; the profiles compare.

    The groups are inherited, the last one's switches coming first; slots would keep Python from combining them.
    """

    @property
    def embedder_spec(self) -> EmbedderSpec:
        """Which embedder, and how much of a text it reads."""
        return EmbedderSpec(self.embedder, self.embed_max_tokens, self.embed_model)

    @property
    def index_spec(self) -> IndexSpec:
        """Which index, how it is built and searched; `index_quantisation` may still be "auto"."""
        return IndexSpec(
            self.index,
            m=self.index_m,
            ef_construct=self.index_ef_construct,
            ef=self.index_ef,
            full_scan_kb=self.index_full_scan_kb,
            quantisation=self.index_quantisation,
            rescore=self.index_rescore,
            oversampling=self.index_oversampling,
            memory=self.index_memory,
            server=ServerSpec(self.qdrant_url, self.qdrant_api_key, self.qdrant_timeout_s),
        )

    @property
    def keyword_spec(self) -> KeywordSpec:
        """Which index over words, and its constants."""
        return KeywordSpec(self.keyword, self.keyword_k1, self.keyword_b)

    @property
    def rerank_spec(self) -> EmbedderSpec | None:
        """The better model that ranks again, None where none does."""
        return None if self.rerank == "off" else EmbedderSpec(self.rerank, self.embed_max_tokens)

    @property
    def batch_buckets(self) -> tuple[int, ...]:
        """The bounds between texts that are batched apart, in tokens, ascending.

        Raises:
            ConfigError: when they are not whole numbers in commas.
        """
        try:
            bounds = tuple(int(its) for its in self.embed_batch_buckets.split(",") if its.strip())
        except ValueError:
            bounds = (0,)
        if any(its < 1 for its in bounds):
            raise ConfigError(
                f"embed_batch_buckets {self.embed_batch_buckets!r} is not a list of token counts",
                hint="write it like 16,32,64",
            )
        return tuple(sorted({*bounds}))

    @property
    def finding_threads(self) -> int:
        """How many threads to search in: some for an index that waits for a network, whatever was not asked for."""
        return self.index_threads or (WAITING_THREADS if self.index == "qdrant-server" else 0)

    @property
    def embeds_in_thread(self) -> bool:
        """Whether texts are embedded beside the event loop; a quick embedder is not, unless it was slowed down."""
        if self.embed_in_thread != "auto":
            return self.embed_in_thread == "on"
        return self.embedder not in QUICK_EMBEDDERS or self.embed_extra_ms > 0 or self.embed_extra_ms_per_token > 0

    @property
    def embedder_addresses(self) -> tuple[str, ...]:
        """The embedding services' addresses.

        Raises:
            ConfigError: when one of them is none.
        """
        urls = tuple(its.strip().rstrip("/") for its in self.embedder_urls.split(",") if its.strip())
        for url in urls:
            if not url.startswith(("http://", "https://")) or not url.partition("://")[2]:
                raise ConfigError(
                    f"embedder_urls: {url!r} is not an address", hint="write it like http://10.0.0.7:8081"
                )
        return urls

    def to_json(self) -> dict[str, Any]:
        """Return every switch by name; of secrets only whether they are set."""
        return {
            name: (SECRET_IS_SET if value else value) if SWITCHES[name].metadata["secret"] else value
            for name, value in asdict(self).items()
        }


SWITCHES: Mapping[str, Field[Any]] = {its.name: its for its in fields(Config)}
