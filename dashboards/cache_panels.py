"""Cache panels: what the service's caches save, hold and lose."""

from __future__ import annotations

from dashboards import cache_queries as queries
from dashboards.grafana import Panel
from dashboards.panels import AT_LEAST_ONE, Axis, Line, graph


def cache_panels() -> list[Panel]:
    """Return the panels of the caches' row."""
    return [*_kept(), *_lost()]


def _kept() -> list[Panel]:
    return [
        graph(
            "Hit ratio",
            "Look-ups answered without own work: found in the cache, or shared with an equal request under way.",
            [Line(queries.hit_ratio(), "{{cache}}")],
            Axis("percentunit"),
            max=1,
        ),
        graph(
            "Entries",
            "Entries that each cache holds.",
            [Line(queries.entries(), "{{cache}}")],
            Axis("short", label="entries"),
        ),
        graph(
            "Cache memory",
            "Memory that each cache takes; of l2, all that its server takes.",
            [Line(queries.memory(), "{{cache}}")],
            Axis("bytes"),
        ),
    ]


def _lost() -> list[Panel]:
    return [
        graph(
            "Evictions",
            "Entries thrown out per second: because the cache is full, or because they are too old.",
            [Line(queries.evictions(), "{{cache}}, {{reason}}")],
            Axis("suffix:/s"),
            custom=AT_LEAST_ONE,
        ),
        graph(
            "Invalidations",
            "Times per second that answers were forgotten before their time, and why.",
            [Line(queries.invalidations(), "{{cause}}")],
            Axis("suffix:/s"),
            custom=AT_LEAST_ONE,
        ),
        graph(
            "Cache troubles",
            "Answers per second that a cache could not give or keep. Skipped: it was not asked, having failed.",
            [Line(queries.troubles(), "{{cache}}, {{trouble}}")],
            Axis("suffix:/s"),
            custom=AT_LEAST_ONE,
        ),
        graph(
            "Computed ahead",
            "Answers per second computed before they were asked for: at the start, or because they usually follow.",
            [Line(queries.warmed(), "{{cause}}")],
            Axis("suffix:/s"),
            custom=AT_LEAST_ONE,
        ),
        graph(
            "Predictions",
            "Predicted answers per second that somebody asked for, and that went without: wasted work.",
            [Line(queries.predictions(), "{{result}}")],
            Axis("suffix:/s"),
            custom=AT_LEAST_ONE,
        ),
    ]
