"""Serving switches: where the process listens, what it logs, how it ends."""

from __future__ import annotations

from dataclasses import dataclass

from target_stub.switches.switch import MEGABYTE, switch


@dataclass(frozen=True)
class ServingSwitches:
    """The process and its socket."""

    profile: str = switch("optimized", "a profile's name, or the path of a .toml file with switches")
    host: str = switch("127.0.0.1", "address to listen on")
    port: int = switch(8080, "port to listen on; 0 picks a free one", low=0, high=65_535)
    announce: str = switch("", "file to write {url, pid} to once the service listens")
    max_body_bytes: int = switch(10 * MEGABYTE, "largest request body", low=1000, high=1000 * MEGABYTE)
    drain_timeout_s: float = switch(10.0, "how long running requests may take after SIGTERM", low=0, high=3600)
    log_level: str = switch("info", "least grave message to log", known=("debug", "info", "warning", "error"))
    admin_token: str = switch(
        "", "secret that changing the running service takes; better in the environment than a flag", secret=True
    )
