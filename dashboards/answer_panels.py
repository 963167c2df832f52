"""Answer panels: who writes the answers, how fast and at what cost, and how the language model server behaves."""

from __future__ import annotations

from dashboards import answer_queries as queries
from dashboards.colours import RED, series_colour
from dashboards.grafana import Panel
from dashboards.panels import AT_LEAST_ONE, Axis, Line, Scale, graph, stacked


def answer_panels() -> list[Panel]:
    """Return the panels of the answers' row."""
    return [*_writing_panels(), *_money_panels()]


def _writing_panels() -> list[Panel]:
    return [
        graph(
            "Answers by writer",
            "Answers per second: by which model, and whether for this question, shared with an equal one under way, "
            "or kept from an earlier one. Extract: without a model.",
            [Line(queries.answers(), "{{written_by}}, {{source}}")],
            Axis("suffix:/s"),
            custom=stacked(),
        ),
        graph(
            "First words of an answer, p95",
            "95 of 100 answers began sooner, by the route that the question took. Logarithmic.",
            [Line(queries.first_words(95), "{{route}}")],
            Axis("s", scale=Scale.LOGARITHMIC),
        ),
        graph(
            "Answering by stage",
            "Seconds spent in each stage per second, all questions together.",
            [Line(queries.busy_time(), "{{stage}}")],
            Axis("s", label="busy seconds per second"),
            custom=stacked(),
        ),
        graph(
            "Router",
            "Share of the questions taken for simple ones; and the share of the labelled questions that it gets right.",
            [Line(queries.simple_share(), "simple"), Line(queries.router_accuracy(), "accuracy")],
            Axis("percentunit"),
            max=1,
        ),
    ]


def _money_panels() -> list[Panel]:
    return [
        graph(
            "Tokens",
            "Tokens per second that models read and write.",
            [Line(queries.tokens(), "{{model}}, {{kind}}")],
            Axis("suffix:/s"),
        ),
        graph(
            "Cost of the models",
            "Money per second by the prices in the configuration.",
            [Line(queries.cost(), "{{model}}")],
            Axis("suffix:/s"),
        ),
        graph(
            "Budget left today",
            "What may still be spent until midnight UTC; near the end the small model writes, and then no model does.",
            [Line(queries.budget_left(), "left")],
            Axis("short", label="money"),
        ),
        graph(
            "Degraded and failed answers",
            "Per second: written by cheaper means than the question asked for, to keep to the budget; or not at all.",
            [Line(queries.degraded(), "to {{to}}"), Line(queries.failures(), "{{code}}")],
            Axis("suffix:/s"),
            custom=AT_LEAST_ONE,
        ),
    ]


def upstream_panels() -> list[Panel]:
    """Return the panels of the language model server's row."""
    return [
        graph(
            "Requests to the model server",
            "Per second, by how they ended.",
            [Line(queries.requests(), "{{outcome}}")],
            Axis("reqps"),
            overrides=[series_colour("/^(failed|unreachable|timeout|broken|garbage)$/", RED)],
            custom=stacked(),
        ),
        graph(
            "Time of the models, p95",
            "To the first token and to the end of the answer. Logarithmic.",
            [
                Line(queries.first_token(95), "{{model}}, first token"),
                Line(queries.duration(95), "{{model}}, whole answer"),
            ],
            Axis("s", scale=Scale.LOGARITHMIC),
        ),
        graph(
            "Retries",
            "Requests per second that failed before their first token and were sent again, or were not, the budget of "
            "retries being spent.",
            [Line(queries.retries(), "{{reason}}, sent: {{sent}}")],
            Axis("suffix:/s"),
            custom=AT_LEAST_ONE,
        ),
        *_connection_panels(),
    ]


def _connection_panels() -> list[Panel]:
    return [
        graph(
            "Retry budget and circuit",
            "Retries that the budget has left; and whether the model server is not asked at all, since it is down.",
            [Line(queries.retries_left(), "retries left"), Line(queries.circuit_open(), "circuit open")],
            Axis("short", label="retries"),
            overrides=[series_colour("circuit open", RED)],
        ),
        graph(
            "Connections to the model server",
            "In use, and requests that wait for one.",
            [Line(queries.pool_in_use(), "in use"), Line(queries.pool_waiting(), "waiting")],
            Axis("short", label="connections"),
            custom=AT_LEAST_ONE,
        ),
        graph(
            "Connections used again",
            "Share of the requests that found a connection open.",
            [Line(queries.reuse_ratio(), "used again")],
            Axis("percentunit"),
            max=1,
        ),
    ]
