"""Fault switches: whether the service may be broken on purpose while it runs."""

from __future__ import annotations

from dataclasses import dataclass

from target_stub.switches.switch import switch


@dataclass(frozen=True)
class FaultSwitches:
    """Faults on request."""

    faults: bool = switch(False, "let PUT /admin/faults break the service on purpose; it takes the admin token as well")
