"""The parts: what is off until a switch asks for it, and therefore empty where it is off."""

from __future__ import annotations

from grafanalib import core

from dashboards import part_queries as queries
from dashboards.answer_panels import answer_panels, upstream_panels
from dashboards.board import board
from dashboards.grafana import Panel
from dashboards.layout import Row, side_by_side
from dashboards.panels import AT_LEAST_ONE, Axis, Line, graph
from dashboards.settings import Settings

UID = "loadtest-parts"
TITLE = "Load test / Search service parts"


def parts(settings: Settings) -> core.Dashboard:  # noqa: ARG001 - as every dashboard is made
    """Return the dashboard of the service's parts that a switch turns on."""
    rows = [
        Row("Answers", side_by_side(answer_panels(), 7, per_line=4)),
        Row("Language model server", side_by_side(upstream_panels(), 7)),
        Row("Limits and turns", side_by_side(_limits(), 7)),
        Row("Shadow queries and embedding services", side_by_side(_beside(), 7, per_line=4)),
        Row("Faults injected on purpose", side_by_side(_faults(), 7)),
    ]
    return board(UID, TITLE, "Answers, limits, shadow queries and faults; empty where the part is off.", rows)


def _limits() -> list[Panel]:
    return [
        graph(
            "Decisions of the limits",
            "Requests per second that a user's limits let in, or refused for the rate or the day.",
            [Line(queries.decisions(), "{{limit}}, {{decision}}")],
            Axis("suffix:/s"),
            custom=AT_LEAST_ONE,
        ),
        graph(
            "At work and waiting",
            "The most requests worked on at once, which an adaptive limit moves, and those that wait for their turn.",
            [Line(queries.concurrency_limit(), "limit"), Line(queries.waiting_for_a_turn(), "waiting")],
            Axis("short", label="requests"),
            custom=AT_LEAST_ONE,
        ),
        graph(
            "Users remembered",
            "Users whose limits are kept in memory; the table is bounded.",
            [Line(queries.limited_users(), "users")],
            Axis("short", label="users"),
            custom=AT_LEAST_ONE,
        ),
    ]


def _beside() -> list[Panel]:
    return [
        graph(
            "Recall of shadow queries",
            "Share of the exact ten best that the index found: in each step, and over the latest shadow queries.",
            [Line(queries.shadow_recall(), "each step"), Line(queries.last_recall(), "latest")],
            Axis("percentunit"),
            max=1,
        ),
        graph(
            "Shadow queries",
            "Searches per second that were asked again of the exact index, off the hot path.",
            [Line(queries.shadow_queries(), "{{outcome}}")],
            Axis("suffix:/s"),
            custom=AT_LEAST_ONE,
        ),
        graph(
            "Calls to embedding services",
            "By service and outcome; local means that none answered and the text was embedded in the search service.",
            [Line(queries.embedding_calls(), "{{replica}}, {{outcome}}")],
            Axis("suffix:/s"),
            custom=AT_LEAST_ONE,
        ),
        graph(
            "Loading the embedder",
            "How long it took; 0 until it is loaded.",
            [Line(queries.embedder_load(), "{{variant}}")],
            Axis("s"),
        ),
    ]


def _faults() -> list[Panel]:
    return [
        graph(
            "Faults in force",
            "1 while a fault is in force; whatever is measured meanwhile is its doing.",
            [Line(queries.active_faults(), "{{fault}}")],
            Axis("short", label="in force"),
            custom=AT_LEAST_ONE,
        ),
        graph(
            "Effects of faults",
            "Times per second that a fault delayed, failed, dropped or burnt something.",
            [Line(queries.fault_effects(), "{{fault}}")],
            Axis("suffix:/s"),
            custom=AT_LEAST_ONE,
        ),
    ]
