"""Whether the generator's own machine was the limit: no port, or no descriptor, for another connection."""

from __future__ import annotations

from collections.abc import Iterator

from loadtests.manifest import TrialRecord
from loadtests.sample import NO_FILE, NO_PORT
from loadtests.second import Second
from reports.validity import Check

ADVICE = {
    NO_PORT: "no free port for another connection: keep connections alive, or widen net.ipv4.ip_local_port_range",
    NO_FILE: "no free descriptor for another connection: raise ulimit -n, or lower target.connections",
}


def local_limits(record: TrialRecord, stage: str, second: Second) -> Iterator[Check]:
    """Yield a failed check for each limit that requests of a stage ran into: they say nothing of the target."""
    for outcome, advice in ADVICE.items():
        count = second.outcomes[outcome]
        if count:
            said = f"{count} requests found {advice}"
            name = "limits of this machine"
            yield Check(name, record.variant, record.index, stage, float(count), 0.0, False, said, generator=True)
