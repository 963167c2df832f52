"""Upstream switches: the language model server, and how it is connected to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from target_stub.switches.switch import switch

SECONDS: dict[str, Any] = {"low": 0.01, "high": 3600}


@dataclass(frozen=True)
class UpstreamSwitches:
    """Any server that speaks OpenAI's chat completions; without an address answers are extracted without a model."""

    upstream_url: str = switch("", "address of a model server, such as http://127.0.0.1:8090/v1")
    upstream_api_key_env: str = switch("", "environment variable that holds the model server's key")
    upstream_small_model: str = switch("tenfold-small", "name of the small, fast model")
    upstream_large_model: str = switch("tenfold-large", "name of the large, slow model")
    upstream_small_context: int = switch(
        4096, "tokens that the small model reads and writes at most", low=256, high=10**7
    )
    upstream_large_context: int = switch(
        16_384, "tokens that the large model reads and writes at most", low=256, high=10**7
    )
    upstream_connections: int = switch(32, "most connections to the model server", low=1, high=10_000)
    upstream_keep_alive: bool = switch(True, "keep connections and use them again")
    upstream_warm_connections: int = switch(4, "connections opened before anybody asks", low=0, high=1000)
    upstream_connect_timeout_s: float = switch(5.0, "how long connecting may take", **SECONDS)
    upstream_read_timeout_s: float = switch(30.0, "how long nothing may come", **SECONDS)
    upstream_retries: int = switch(2, "tries after the first, as long as no word has come", low=0, high=10)
    upstream_retry_share: float = switch(0.1, "retries that requests may add to the load, as a share", low=0, high=100)
    upstream_breaker: bool = switch(True, "stop asking a model server that is down, and try it again now and then")
