"""Those who read the target's own numbers, and the factory that picks one."""

from __future__ import annotations

from reports.source import Source


def make_source(url: str | None, why: str = "") -> Source:
    """Return the source behind an address of Prometheus; without one, a source that says why nothing is measured."""
    match url:
        case None | "":
            from reports.sources.none import NoSource

            return NoSource(why or "there is no Prometheus")
        case _:
            from reports.sources.prometheus import PrometheusSource

            return PrometheusSource(url)
