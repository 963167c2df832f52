"""Pooling switches: how many processes serve behind one port."""

from __future__ import annotations

from dataclasses import dataclass

from target_stub.switches.switch import switch


@dataclass(frozen=True)
class PoolingSwitches:
    """Processes that share a port."""

    workers: int = switch(1, "processes behind the port, each with a metrics port of its own", low=1, high=128)
    metrics_targets_file: str = switch(
        "", "file to list every process' metrics address in, as Prometheus' file_sd_configs reads it"
    )
