"""The overview: does the service keep its promises under this load, and can the measurement be believed?"""

from __future__ import annotations

from grafanalib import core

from dashboards import queries
from dashboards.board import board
from dashboards.colours import dashed, stage_colours, variant_colours
from dashboards.grafana import Panel
from dashboards.layout import Box, Row, line, side_by_side
from dashboards.panels import AT_LEAST_ONE, Axis, Column, Figure, Line, Scale, graph, heatmap, stacked, table, tile
from dashboards.promql import increase, total
from dashboards.settings import OwnIndicator, Settings
from dashboards.soundness import counts, health
from dashboards.thresholds import BAD, GOOD, NEAR, bands, steps
from loadtests import metric_names as generator
from scenarios.indicator import Unit

UID = "loadtest-overview"
TITLE = "Load test / Overview"

UNITS = {
    Unit.SECONDS: "s",
    Unit.RATIO: "percentunit",
    Unit.PER_SECOND: "suffix:/s",
    Unit.BYTES: "bytes",
    Unit.CORES: "suffix: cores",
    Unit.COUNT: "short",
}
"""Grafana's name of each unit that an indicator can have."""


def overview(settings: Settings) -> core.Dashboard:
    """Return the overview for a scenario's settings."""
    rows = [
        Row("Does the service keep its promises?", (_verdict(settings), _stages(settings))),
        Row("What happens under the load", side_by_side(_outcome(settings), 8, per_line=4)),
        Row("Is the measurement sound?", (*side_by_side(health(settings), 8), line(Box(counts(settings), 24, 8)))),
    ]
    if settings.indicators:
        own = side_by_side([_own(indicator) for indicator in settings.indicators], 7)
        rows.insert(2, Row("What the scenario asks of the service's own side", own))
    return board(UID, TITLE, "A load test at a glance: promises, load, outcome, and how far to trust it.", rows)


def _verdict(settings: Settings) -> tuple[tuple[Box, ...], ...]:
    figures = [*_load_figures(), *_promise_figures(settings), _headroom()]
    return line(*(Box(tile(figure, settings.variants), 4, 5) for figure in figures))


def _load_figures() -> list[Figure]:
    return [
        Figure(
            "Offered, at most",
            "The highest rate that the plan asked for within the time shown.",
            queries.offered_at_most(),
            "suffix: req/s",
            decimals=0,
        ),
        Figure(
            "Answered, at most",
            "The highest rate of good answers within the time shown. Well below the offered rate: the service is full.",
            queries.answered_at_most(),
            "suffix: req/s",
            decimals=0,
        ),
    ]


def _promise_figures(settings: Settings) -> list[Figure]:
    name, percentile, latency = settings.percentile_name, settings.percentile, bands(settings.latency)
    return [
        Figure(
            f"{name} for the client",
            f"{percentile:g} of 100 requests in the time shown took less, counted from the moment each was due: "
            "waiting for a free connection counts. Drag over a stage in any graph to see that stage alone.",
            queries.client_latency_of_range(percentile),
            "s",
            latency,
        ),
        Figure(
            f"{name} in the server",
            "The same as the service timed it, from reading the request to the answer. What the client saw beyond that "
            "was spent waiting in front of the service.",
            queries.server_latency_of_range(percentile),
            "s",
            latency,
        ),
        Figure(
            "Errors",
            "Failed requests over all requests in the time shown.",
            queries.error_ratio_of_range(),
            "percentunit",
            bands(settings.errors),
            2,
        ),
    ]


def _headroom() -> Figure:
    return Figure(
        "CPU headroom",
        "Share of one core that the busiest process of the service left unused at its busiest moment. Near zero there "
        "is nothing left for more load; a service that uses several cores at once reads zero too.",
        queries.cpu_headroom(),
        "percentunit",
        steps(BAD, (0.1, NEAR), (0.3, GOOD)),
        0,
    )


def _stages(settings: Settings) -> tuple[tuple[Box, ...], ...]:
    return line(
        Box(_stage_table(settings), 12, 14),
        (Box(_load(settings), 12, 7), Box(_latency(settings), 12, 7)),
    )


def _stage_table(settings: Settings) -> Panel:
    name, percentile = settings.percentile_name, settings.percentile
    latency, errors = bands(settings.latency), bands(settings.errors)
    stages = [f'phase!="{stage}"' for stage in settings.unjudged]
    return table(
        "Stage by stage",
        "Each load stage on its own, all trials of a variant together, in the colours of the objectives; the warm-up "
        "is left out. Answered: good answers as a share of the requests due. Read from one scrape a second, so short "
        "stages are rough: the report judges every single request.",
        {"variant": "Variant", "phase": "Stage"},
        [
            Column("Began", queries.stage_start(stages), shown=False),
            Column("Offered", queries.stage_offered(stages), "suffix: req/s", 0),
            Column("Answered", queries.stage_answered_share(stages), "percentunit", 0, bands(settings.goodput)),
            Column(f"{name} client", queries.stage_client_latency(percentile, stages), "s", colours=latency),
            Column(f"{name} server", queries.stage_server_latency(percentile, stages), "s", colours=latency),
            Column("Errors", queries.stage_error_ratio(stages), "percentunit", 2, errors),
        ],
        settings.variants,
    )


def _load(settings: Settings) -> Panel:
    return graph(
        "Offered against answered",
        "The rate that the plan asks for (dashed) and the rate of good answers. Where the two part, the service is "
        "full, or the generator is; the last row tells which.",
        [Line(queries.offered_rate(), "{{variant}}, offered"), Line(queries.answered_rate(), "{{variant}}, answered")],
        Axis("reqps"),
        overrides=[*variant_colours(settings.variants), dashed("/, offered$/")],
    )


def _latency(settings: Settings) -> Panel:
    name, percentile = settings.percentile_name, settings.percentile
    return graph(
        f"{name}: client against server",
        "Latency from the moment each request was due (solid) and as the service timed it (dashed). The gap is "
        "waiting in front of the service. Logarithmic.",
        [
            Line(queries.client_latency(percentile), "{{variant}}, client"),
            Line(queries.server_latency(percentile), "{{variant}}, server"),
        ],
        Axis("s", scale=Scale.LOGARITHMIC),
        limits=settings.latency,
        overrides=[*variant_colours(settings.variants), dashed("/, server$/")],
    )


def _outcome(settings: Settings) -> list[Panel]:
    return [
        graph(
            "Error ratio",
            "Failed requests over all requests that ended. The line across is the objective.",
            [Line(queries.error_ratio(), "{{variant}}")],
            Axis("percentunit"),
            limits=settings.errors,
            overrides=variant_colours(settings.variants),
        ),
        graph(
            "Connections in use",
            "Share of the generator's connections that carry a request. At 100 % every further request has to wait.",
            [Line(queries.connections_in_use(), "{{variant}}")],
            Axis("percentunit"),
            overrides=variant_colours(settings.variants),
            custom=AT_LEAST_ONE,
        ),
        graph(
            "Waiting for a connection",
            "Requests that are due while every connection is busy. Growing: the load is more than the service takes.",
            [Line(queries.waiting(), "{{variant}}")],
            Axis("short", label="requests"),
            overrides=variant_colours(settings.variants),
            custom=AT_LEAST_ONE,
        ),
        heatmap(
            "Latency for the client",
            "Requests that ended, by latency bucket. Two bands are two kinds of request, a rising band is a queue.",
            total(increase(f"{generator.REQUEST_DURATION}_bucket"), "le"),
        ),
    ]


def _own(indicator: OwnIndicator) -> Panel:
    by = indicator.by
    return graph(
        indicator.title[:1].upper() + indicator.title[1:],
        "An indicator of the scenario"
        + (f", split by {by}." if by else ". The line across is its objective." if indicator.limits else "."),
        [Line(queries.own_indicator(indicator.promql), f"{{{{{by}}}}}" if by else indicator.title)],
        Axis(UNITS[indicator.unit], label="count" if indicator.unit is Unit.COUNT else ""),
        limits=indicator.limits,
        overrides=stage_colours() if by == "stage" else (),
        custom=stacked() if by else None,
    )
