"""Policy: where the model server is, how it is connected to, and how often it is asked again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from target_stub.breaker import BreakerPolicy
from target_stub.config import Config
from target_stub.errors import ConfigError
from target_stub.upstream.pool import PoolPolicy
from target_stub.upstream.retry import Backoff

PATIENT = BreakerPolicy(failures=5, open_s=1.0, longest_open_s=30.0)


@dataclass(frozen=True, slots=True)
class UpstreamPolicy:
    """`url` is the address to which `/chat/completions` is added, without a slash at its end.

    `retry_share` and `retry_burst` are the retry budget's; without a `breaker` a server that is down is always asked.
    """

    url: str
    pool: PoolPolicy = field(default_factory=PoolPolicy)
    warm_connections: int = 4
    retries: int = 2
    backoff: Backoff = field(default_factory=Backoff)
    retry_share: float = 0.1
    retry_burst: float = 10
    breaker: BreakerPolicy | None = PATIENT

    @property
    def breaker_open_s(self) -> float:
        """After how long to ask again while the circuit is open."""
        return self.breaker.open_s if self.breaker else 0.0


def upstream_policy(config: Config) -> UpstreamPolicy | None:
    """Return the policy in the configuration, or None where no model server is named.

    Raises:
        ConfigError: when its address is none.
    """
    if not config.upstream_url:
        return None
    return UpstreamPolicy(
        url=_checked(config.upstream_url),
        pool=PoolPolicy(
            connections=config.upstream_connections,
            keep_alive=config.upstream_keep_alive,
            connect_timeout_s=config.upstream_connect_timeout_s,
            read_timeout_s=config.upstream_read_timeout_s,
        ),
        warm_connections=config.upstream_warm_connections if config.upstream_keep_alive else 0,
        retries=config.upstream_retries,
        retry_share=config.upstream_retry_share,
        breaker=PATIENT if config.upstream_breaker else None,
    )


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        port_is_sane = parts.port is None or parts.port > 0
    except ValueError:
        parts, port_is_sane = urlsplit(""), False
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_sane:
        raise ConfigError(
            f"upstream_url: {url!r} is no address of a model server", hint="write it like http://127.0.0.1:8090/v1"
        )
    if parts.username or parts.password or parts.query or parts.fragment:  # it is shown, so it must hold no secret
        raise ConfigError(
            "upstream_url: the address holds a name, a password or parameters",
            hint="put the key into an environment variable, and give --upstream-api-key-env its name",
        )
    return url.rstrip("/")


def api_key(variable: str, environ: Mapping[str, str]) -> str:
    """Return the key that an environment variable holds, or an empty text where none is named.

    Raises:
        ConfigError: when the variable is named, but not set, or holds what no header can hold.
    """
    key = environ.get(variable, "").strip() if variable else ""
    if variable and not key:
        raise ConfigError(
            f"upstream_api_key_env: the environment variable {variable!r} is not set",
            hint="set it, or leave --upstream-api-key-env out",
        )
    if not key.isascii() or not (key.isprintable() or not key):
        raise ConfigError(
            f"upstream_api_key_env: the key in {variable!r} holds characters that no header can hold",
            hint="was it copied whole, and without line ends?",
        )
    return key
