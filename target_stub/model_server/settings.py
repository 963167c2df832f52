"""Settings of the model server: flags, below them the environment, below that the defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, dataclass, fields, replace
from typing import Any

from target_stub.errors import ConfigError
from target_stub.model_server.model import LARGE_MODEL, SMALL_MODEL, Lognormal, Model
from target_stub.model_server.trouble import TroubleRates
from target_stub.reading import value_of
from target_stub.switches.switch import switch

PREFIX = "TENFOLD_UPSTREAM_"
RATIO: dict[str, Any] = {"low": 0, "high": 1}
MILLISECONDS: dict[str, Any] = {"low": 0, "high": 600_000}


@dataclass(frozen=True)
class Settings:
    """How the model server listens, how fast its models are, and what goes wrong how often."""

    host: str = switch("127.0.0.1", "address to listen on")
    port: int = switch(8090, "port to listen on; 0 picks a free one", low=0, high=65_535)
    announce: str = switch("", "file to write {url, pid} to once the server listens")
    log_level: str = switch("info", "least grave message to log", known=("debug", "info", "warning", "error"))
    api_key_env: str = switch(
        "", "environment variable with the key that requests must bear; none: no key is asked for"
    )
    admin_token_env: str = switch(
        "", "environment variable with the token that opens PUT /admin/troubles; none: it stays closed"
    )
    seed: int = switch(1, "of the times and of what goes wrong", low=0, high=2**31)
    time_scale: float = switch(1.0, "factor on all times of the models; 0 answers at once", low=0, high=100)
    small_first_token_ms: float = switch(120.0, "median time to the small model's first token", **MILLISECONDS)
    small_token_ms: float = switch(6.0, "median time between the small model's tokens", **MILLISECONDS)
    large_first_token_ms: float = switch(450.0, "median time to the large model's first token", **MILLISECONDS)
    large_token_ms: float = switch(18.0, "median time between the large model's tokens", **MILLISECONDS)
    error_ratio: float = switch(0.0, "share of requests that fail", **RATIO)
    error_status: int = switch(500, "status of those that fail", low=400, high=599)
    limit_per_s: float = switch(0.0, "requests per second beyond which the answer is 429; 0: no limit", low=0, high=1e6)
    limit_burst: int = switch(10, "requests that the limit lets pass at once", low=1, high=1_000_000)
    slow_ratio: float = switch(0.0, "share of requests whose first token is late", **RATIO)
    slow_s: float = switch(5.0, "how late it is then", low=0, high=3600)
    stall_ratio: float = switch(0.0, "share of answers that stop and never go on", **RATIO)
    break_ratio: float = switch(0.0, "share of answers whose connection breaks", **RATIO)
    garbage_ratio: float = switch(0.0, "share of answers that turn into bytes that are no events", **RATIO)
    after_tokens: int = switch(3, "tokens after which stalls, breaks and garbage happen", low=0, high=100_000)

    @property
    def models(self) -> tuple[Model, ...]:
        """The models served."""
        small = _paced(SMALL_MODEL, self.small_first_token_ms, self.small_token_ms)
        return small, _paced(LARGE_MODEL, self.large_first_token_ms, self.large_token_ms)

    @property
    def troubles(self) -> TroubleRates:
        """What goes wrong how often, until somebody changes it."""
        return TroubleRates(**{name: getattr(self, name) for name in TroubleRates.__struct_fields__})


SETTINGS: Mapping[str, Field[Any]] = {its.name: its for its in fields(Settings)}


def read_settings(flags: Mapping[str, Any], environ: Mapping[str, str]) -> Settings:
    """Return the settings that flags (by name) and the environment (`TENFOLD_UPSTREAM_PORT`) give.

    Raises:
        ConfigError: naming every mistake with its source.
    """
    own = {name: text for name, text in environ.items() if name.startswith(PREFIX)}
    given = [(f"environment {name}", name.removeprefix(PREFIX).lower(), text) for name, text in own.items()]
    given += [(f"flag --{name.replace('_', '-')}", name, text) for name, text in flags.items()]
    values: dict[str, Any] = {}
    mistakes = []
    for source, name, raw in given:
        try:
            values[name] = value_of(SETTINGS[name], raw)
        except KeyError:
            mistakes.append(f"{source}: there is no such setting")
        except ValueError as error:
            mistakes.append(f"{source}: {error}")
    if mistakes:
        raise ConfigError("; ".join(mistakes), hint="see tenfold serve-upstream --help for every setting")
    return Settings(**values)


def secret(variable: str, environ: Mapping[str, str]) -> str:
    """Return the secret that a variable holds, or an empty text where no variable is named.

    Raises:
        ConfigError: when the variable is named, but not set: a door left open by mistake is worse than none.
    """
    if variable and not environ.get(variable):
        raise ConfigError(
            f"the environment variable {variable} is not set", hint=f"export {variable}=..., or leave it out"
        )
    return environ[variable] if variable else ""


def _paced(model: Model, first_token_ms: float, next_token_ms: float) -> Model:
    return replace(
        model,
        first_token=Lognormal(first_token_ms / 1e3, model.first_token.sigma),
        next_token=Lognormal(next_token_ms / 1e3, model.next_token.sigma),
    )
