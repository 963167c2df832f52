"""Lint of queries: the rules that look into PromQL, by its syntax tree.

The rules named `target-…` and `template-label-promql` are those of Grafana's own dashboard-linter, written anew; those
named `own-…` are ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import promql_parser

from dashboards.asking import panels_of
from dashboards.findings import Finding

MATCHED = ("job", "instance", "testid", "variant", "trial")
"""Labels that every selector must match, each where the dashboard has a variable for it."""

PER_STEP_S, RANGE_S, STEP_S = 86_399, 86_398, 86_397
"""Stand for `$__rate_interval`, `$__range` and `$__interval` while a query is parsed: lengths nobody writes by hand."""

COUNTER_SUFFIXES = ("_total", "_count", "_sum", "_bucket")
RATES = frozenset({"rate", "irate", "increase"})
OVER_TIME = frozenset({"max_over_time", "min_over_time", "last_over_time"})
"""With these the growth of a counter can be taken exactly as scraped, which the original rule does not foresee."""

_DURATIONS = {"__rate_interval": PER_STEP_S, "__range": RANGE_S, "__interval": STEP_S}
_REFERENCE = re.compile(r"\$\{?(\w+)\}?")
_VARIABLE_QUERY = re.compile(r"label_values\((?:(?P<selector>.+),\s*)?\w+\)", re.DOTALL)

Json = Mapping[str, Any]
Node = Any  # the parser's node classes share no base
Path = tuple[Node, ...]


def query_findings(dashboard: Json) -> tuple[Finding, ...]:
    """Return everything that the rules hold against the queries of panels, annotations and variables."""
    variables = {its["name"] for its in dashboard["templating"]["list"]}
    return tuple(
        finding
        for where, query in (*_panel_queries(dashboard), *_annotation_queries(dashboard))
        for finding in _judged(where, query, variables)
    ) + tuple(_variable_queries(dashboard))


def _panel_queries(dashboard: Json) -> Iterator[tuple[str, str]]:
    for panel in panels_of(dashboard):
        for target in panel.get("targets", []):
            yield f"{panel.get('title', '')} {target['refId']}", target["expr"]


def _annotation_queries(dashboard: Json) -> Iterator[tuple[str, str]]:
    for annotation in dashboard["annotations"]["list"]:
        queries = {annotation.get("expr", ""), annotation.get("target", {}).get("expr", "")} - {""}
        yield from ((annotation["name"], query) for query in sorted(queries))


def _variable_queries(dashboard: Json) -> Iterator[Finding]:
    for variable in dashboard["templating"]["list"]:
        if variable["type"] != "query":
            continue
        match = _VARIABLE_QUERY.fullmatch(variable["query"])
        if match is None:
            yield Finding("template-label-promql", variable["name"], f"{variable['query']!r} is not label_values(...)")
        elif match["selector"] and isinstance(tree := _parsed(match["selector"]), str):
            yield Finding("template-label-promql", variable["name"], tree)


def _judged(where: str, query: str, variables: set[str]) -> Iterator[Finding]:
    tree = _parsed(query)
    if isinstance(tree, str):
        yield Finding("target-promql", where, tree)
        return
    for node, path in _walk(tree, ()):
        match type(node).__name__:
            case "MatrixSelector":
                yield from _window(where, node.range, (PER_STEP_S, RANGE_S))
            case "SubqueryExpr":
                yield from _window(where, node.range, (RANGE_S,))
                yield from _window(where, node.step, (STEP_S,))
            case "VectorSelector":
                yield from _selector(where, node, path, variables)
            case "Call" if node.func.name == "histogram_quantile" and not _keeps_le(node.args[1]):
                yield Finding("own-quantile-le", where, "histogram_quantile of something without the label le")


def _parsed(query: str) -> Node | str:
    """Return the syntax tree of a query, or the parser's complaint; variables within strings stay as they are."""
    parts = query.split('"')
    parts[::2] = [_REFERENCE.sub(_stand_in, part) for part in parts[::2]]
    try:
        return promql_parser.parse('"'.join(parts))
    except ValueError as error:
        return str(error)


def _stand_in(match: re.Match[str]) -> str:
    return f"{_DURATIONS[match[1]]}s" if match[1] in _DURATIONS else match[1]


def _walk(node: Node, path: Path) -> Iterator[tuple[Node, Path]]:
    yield node, path
    children = [getattr(node, name, None) for name in ("expr", "lhs", "rhs", "param", "vector_selector")]
    for child in (*children, *(getattr(node, "args", None) or ())):
        if type(child).__module__ == promql_parser.__name__:
            yield from _walk(child, (*path, node))


def _window(where: str, length: Any, allowed: tuple[int, ...]) -> Iterator[Finding]:
    seconds = length.total_seconds() if length is not None else None
    if seconds not in allowed:
        what = "a window of its own length" if seconds else "a subquery without a step"
        yield Finding("target-rate-interval", where, f"{what} instead of $__rate_interval, $__range or $__interval")


def _selector(where: str, selector: Node, path: Path, variables: set[str]) -> Iterator[Finding]:
    matched = {matcher.name: matcher for matcher in selector.matchers.matchers}
    values = [f"{matcher.name} {matcher.value}" for matcher in selector.matchers.matchers]
    for label in MATCHED:
        if label in variables and f"{label} ${label}" not in values:
            yield Finding(f"target-{label}", where, f"{selector.name} is not narrowed down by ${label}")
    name = selector.name or (matched["__name__"].value if "__name__" in matched else "")
    calls = {node.func.name for node in path if type(node).__name__ == "Call"}
    if name.endswith(COUNTER_SUFFIXES) and not calls & (RATES | OVER_TIME):
        yield Finding("target-counter-agg", where, f"the counter {name} is shown raw, not its growth")


def _keeps_le(node: Node) -> bool:
    """Whether an expression still has the label `le`: the outermost aggregation on each way down names it."""
    match type(node).__name__:
        case "AggregateExpr":
            modifier = node.modifier
            if modifier is None:
                return False
            return bool(("le" in modifier.labels) == (modifier.type == promql_parser.AggModifierType.By))
        case "ParenExpr" | "SubqueryExpr":
            return _keeps_le(node.expr)
        case "BinaryExpr":
            return _keeps_le(node.lhs)
        case "Call":
            return _keeps_le(node.args[-1])
        case _:
            return True
