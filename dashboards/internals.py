"""The internals: which part of the search service is the bottleneck?"""

from __future__ import annotations

from grafanalib import core

from dashboards import queries, service_queries
from dashboards.board import board
from dashboards.cache_panels import cache_panels
from dashboards.colours import BLUE, ORANGE, PURPLE, RED, dashed, series_colour, stage_colours, variant_colours
from dashboards.grafana import Panel
from dashboards.layout import Box, Row, line, side_by_side
from dashboards.panels import AT_LEAST_ONE, Axis, Column, Line, Scale, graph, heatmap, stacked, table
from dashboards.promql import increase, total
from dashboards.settings import Limit, Settings
from scenarios.objective import Severity
from target_stub import metric_names as service

UID = "loadtest-internals"
TITLE = "Load test / Search service internals"

BLOCKED_LOOP_S = 0.05
"""An event loop that is late by 50 ms holds every request up by as much."""

PERCENTILE_COLOURS = {50: "#96d98d", 95: BLUE, 99: PURPLE}


def internals(settings: Settings) -> core.Dashboard:
    """Return the internals for a scenario's settings."""
    rows = [
        Row("What ran, and when", (line(Box(_load(settings), 14, 7), Box(_build(settings), 10, 7)),)),
        Row("Requests", side_by_side(_requests(settings), 8)),
        Row("Where the time goes", side_by_side(_stages(), 9)),
        Row("Caches", side_by_side(cache_panels(), 7)),
        Row("Index and embedder", side_by_side(_index(), 7)),
        Row("Process and event loop", side_by_side(_process(settings), 7, per_line=4)),
    ]
    return board(UID, TITLE, "The search service from inside: requests, stages, caches, index, process.", rows)


def _load(settings: Settings) -> Panel:
    return graph(
        "Offered load",
        "The rate that the plan asks for, in the colour of the variant that ran: which trial the graphs below show.",
        [Line(queries.offered_rate(), "{{variant}}")],
        Axis("reqps"),
        overrides=variant_colours(settings.variants),
        custom={"fillOpacity": 30, "lineWidth": 1},
    )


def _build(settings: Settings) -> Panel:
    return table(
        "What ran",
        "How the service of each variant was built and set up.",
        {
            "variant": "Variant",
            "profile": "Profile",
            "embedder": "Embedder",
            "index": "Index",
            "version": "Version",
        },
        [Column("First seen", service_queries.build_info(), shown=False)],
        settings.variants,
    )


def _requests(settings: Settings) -> list[Panel]:
    return [
        graph(
            "Rate by route and code",
            "Answers per second. Red: the service's own failures.",
            [Line(service_queries.request_rate(), "{{route}} {{code}}")],
            Axis("reqps"),
            overrides=[series_colour("/ 5..$/", RED)],
            custom=stacked(),
        ),
        graph(
            "Duration of a search",
            "Percentiles as the service timed them. Logarithmic.",
            [Line(service_queries.search_latency(percentile), f"p{percentile}") for percentile in PERCENTILE_COLOURS],
            Axis("s", scale=Scale.LOGARITHMIC),
            limits=settings.latency,
            overrides=[series_colour(f"p{its}", colour) for its, colour in PERCENTILE_COLOURS.items()],
        ),
        graph(
            "In flight and refused",
            "Requests inside the service as counted, and as rate times mean time says (Little's law): the two agree in "
            "a sound measurement. Refused: answered with 503, because the service is starting or draining.",
            [
                Line(service_queries.in_flight(), "in flight"),
                Line(service_queries.concurrency(), "rate x mean time"),
                Line(service_queries.shed_rate(), "refused per second"),
            ],
            Axis("short", label="requests"),
            overrides=[
                series_colour("in flight", BLUE),
                series_colour("rate x mean time", ORANGE),
                dashed("rate x mean time"),
                series_colour("/^refused/", RED),
            ],
        ),
    ]


def _stages() -> list[Panel]:
    colours = stage_colours()
    return [
        graph(
            "Busy time by stage",
            "Seconds spent in each stage per second, all requests together: the tallest band is the bottleneck.",
            [Line(service_queries.busy_time(), "{{stage}}")],
            Axis("s", label="busy seconds per second"),
            overrides=colours,
            custom=stacked(),
        ),
        graph(
            "Slowest of each stage, p99",
            "99 of 100 passes through a stage took less. Logarithmic.",
            [Line(service_queries.stage_time(99), "{{stage}}")],
            Axis("s", scale=Scale.LOGARITHMIC),
            overrides=colours,
        ),
        heatmap(
            "Time of an embedding",
            "How many embeddings ended in each bucket of time.",
            total(increase(f"{service.STAGE_DURATION}_bucket", 'stage="embed"'), "le"),
        ),
    ]


def _index() -> list[Panel]:
    return [
        graph(
            "Documents in the index",
            "A step means that documents were added while the load ran.",
            [Line(service_queries.index_elements(), "{{index}}")],
            Axis("short", label="documents"),
        ),
        graph(
            "Embedding batch",
            "Mean number of texts per call of the embedder: rises with the load when batching works, 1 without it.",
            [Line(service_queries.embedding_batch(), "texts per call")],
            Axis("short", label="texts"),
        ),
        graph(
            "Batches by what began them",
            "Full, or the first text's wait was over, or the embedder was free again: busy means that it is the limit.",
            [Line(service_queries.embedding_batches(), "{{closed_by}}")],
            Axis("suffix:/s"),
            custom=AT_LEAST_ONE,
        ),
        graph(
            "Embedding queue",
            "Texts that wait for the embedder: it is the bottleneck where this grows.",
            [Line(service_queries.embedding_queue(), "waiting")],
            Axis("short", label="texts"),
            custom=AT_LEAST_ONE,
        ),
    ]


def _process(settings: Settings) -> list[Panel]:
    colours = variant_colours(settings.variants)
    return [
        graph(
            "Processes",
            "Processes of the service that answered the last scrape: fewer than were started means that one has died.",
            [Line(service_queries.workers(), "{{variant}}")],
            Axis("short", label="processes"),
            overrides=colours,
            custom=AT_LEAST_ONE,
        ),
        graph(
            "CPU",
            "Cores used by the busiest process of the service.",
            [Line(service_queries.cpu(), "{{variant}}")],
            Axis("suffix: cores"),
            overrides=colours,
        ),
        graph(
            "Memory",
            "Resident memory of the largest process of the service.",
            [Line(service_queries.memory(), "{{variant}}")],
            Axis("bytes"),
            overrides=colours,
        ),
        graph(
            "Event loop lag",
            "How late a timer of the event loop fires: the clearest sign of work that blocks it.",
            [Line(service_queries.loop_lag(its), f"p{its}") for its in (50, 99)],
            Axis("s"),
            limits=[Limit(BLOCKED_LOOP_S, Severity.WARN)],
            overrides=[series_colour(f"p{its}", PERCENTILE_COLOURS[its]) for its in (50, 99)],
        ),
        graph(
            "Garbage collections",
            "Collections per second by generation; the oldest one stops everything the longest.",
            [Line(service_queries.collections(), "generation {{generation}}")],
            Axis("suffix:/s"),
        ),
    ]
