"""Soundness: the panels that say whether a measurement can be believed, with the scenario's own limits of validity."""

from __future__ import annotations

from dashboards import queries
from dashboards.colours import variant_colours
from dashboards.grafana import Panel
from dashboards.panels import Axis, Column, Line, graph, table
from dashboards.settings import Limit, Settings
from dashboards.thresholds import bands
from scenarios.objective import Severity

SCRAPE_INTERVAL_S = 1.0


def health(settings: Settings) -> list[Panel]:
    """Return how the generator and the scrapes fared over time."""
    colours, validity = variant_colours(settings.variants), settings.validity
    return [
        graph(
            "Start lateness, p99",
            "How late the generator itself was: from the moment a request was due until it had a connection or stood "
            "in the queue for one. Above the line the run is INVALID, unless it is small beside the latency.",
            [Line(queries.start_lateness(), "{{variant}}")],
            Axis("s"),
            limits=[Limit(validity.lateness_p99_s, Severity.FAIL)],
            overrides=colours,
        ),
        graph(
            "CPU of the generator",
            "Cores used by the busiest process of the generator. Above the line it measures itself, not the service.",
            [Line(queries.generator_cpu(), "{{variant}}")],
            Axis("suffix: cores"),
            limits=[Limit(validity.generator_cpu, Severity.FAIL)],
            overrides=colours,
        ),
        graph(
            "Scrape time",
            "How long Prometheus waited for the metrics of each side. Close to the line it misses a second, and every "
            "graph has a gap there.",
            [Line(queries.scrape_time(), "{{job}}")],
            Axis("s"),
            limits=[Limit(SCRAPE_INTERVAL_S, Severity.WARN)],
        ),
    ]


def counts(settings: Settings) -> Panel:
    """Return what each end counted, trial by trial."""
    enough = bands([Limit(settings.validity.sent_ratio, Severity.FAIL, higher_is_better=True)])
    return table(
        "Counted by both ends",
        "What the plan asked for, what the generator sent and saw ended, and what the service says it answered. The "
        "last two may differ by the requests still under way when the load stopped, and by those sent outside the load "
        "to judge the answers.",
        {"variant": "Variant", "trial": "Trial"},
        [
            Column("Began", queries.trial_start(), shown=False),
            Column("Due", queries.due_count(), "locale", 0),
            Column("Sent", queries.sent_count(), "locale", 0),
            Column("Sent / due", queries.sent_share(), "percentunit", 1, enough),
            Column("Ended (generator)", queries.client_count(), "locale", 0),
            Column("Answered (service)", queries.server_count(), "locale", 0),
            Column("Difference", queries.count_difference(), "locale", 0),
        ],
    )
