"""Those who keep the promise of `loadtests.drivers.lane`, and the factory that picks one by name."""

from __future__ import annotations

from collections.abc import Callable

from loadtests.drivers.lane import Lane, Route
from scenarios.errors import HarnessError
from scenarios.scenario import TargetSpec


def lane_maker(spec: TargetSpec, route: Route) -> Callable[[int], Lane]:
    """Return what makes the n-th lane to a target.

    Raises:
        HarnessError: when the scenario asks for a client that cannot reach the target.
    """
    match spec.client or ("full" if route.address.tls else "fast"):
        case "fast" if route.address.tls:
            raise HarnessError(
                "the fast client speaks plain HTTP, and the target's address is https",
                hint="leave target.client out, or set it to full",
            )
        case "fast":
            from loadtests.drivers.attentive_lane import AttentiveLane
            from loadtests.drivers.fast_lane import FastLane

            return lambda number: (AttentiveLane if route.needs_headers else FastLane)(route, number)
        case "full":
            from loadtests.drivers.full_lane import FullLane, tls_context

            context = tls_context(spec)
            return lambda _: FullLane(route, spec, context)
        case other:
            raise HarnessError(f"unknown client {other!r}", hint="known: fast, full")
