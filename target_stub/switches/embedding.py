"""Embedding switches: the corpus, and what turns its texts into vectors."""

from __future__ import annotations

from dataclasses import dataclass

from target_stub.switches.switch import switch


@dataclass(frozen=True)
class EmbeddingSwitches:
    """From texts to vectors."""

    corpus: str = switch("stdlib", "stdlib, installed (with all installed packages), or a folder of text files")
    embedder: str = switch(
        "static",
        "what turns texts into vectors; minilm is a transformer, onnx one of your own",
        known=("static", "minilm", "onnx", "hashing"),
    )
    embed_model: str = switch("", "onnx: the folder of a sentence-transformers model exported to ONNX")
    embedder_load: str = switch(
        "start",
        "when the model is loaded: before the service is ready, or by the first query",
        known=("start", "first_use"),
    )
    embed_max_tokens: int = switch(64, "tokens of a text that the embedder reads; the rest is cut off", low=8, high=512)
    embed_in_thread: str = switch(
        "auto",
        "embed in a thread of its own, so that others go on meanwhile; auto: unless the embedder is quick",
        known=("auto", "on", "off"),
    )
    embed_batch_max: int = switch(
        0, "texts of requests embedded in one call; 1 is each alone, 0 as suits the embedder", low=0, high=256
    )
    embed_batch_wait_ms: float = switch(2.0, "how long a text waits for others of its batch", low=0, high=1000)
    embed_batch_buckets: str = switch(
        "16,32,64", "token counts that divide short texts from long ones, which are batched apart; empty: no bounds"
    )
    embedder_urls: str = switch(
        "", "embedding services that embed queries, in commas: http://host:port,...; without an answer it is done here"
    )
    embedder_timeout_ms: float = switch(
        1000.0, "how long the embedding services may take in all before it is done here", low=1, high=600_000
    )
    embed_extra_ms: float = switch(0.0, "time that a call takes besides, as a slower model would", low=0, high=60_000)
    embed_extra_ms_per_token: float = switch(0.0, "time that each token of a query takes besides", low=0, high=1000)
    embed_extra_kind: str = switch(
        "burn", "burn uses a core as a model here would, sleep waits as for a remote one", known=("burn", "sleep")
    )
