"""Home: the list of routes, for programs and as a page for people."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from target_stub.api import Operation

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Tenfold's search service</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 46rem; margin: 3rem auto; padding: 0 1rem }}
td, th {{ text-align: left; padding: .2rem 1rem .2rem 0; vertical-align: top }}
pre {{ overflow-x: auto; padding: .8rem; border: 1px solid; border-radius: .4rem }}
</style>
<h1>Tenfold's search service</h1>
<p>{state} <a href="/">Search</a></p>
<table>
<tr><th>Method<th>Path<th>What it answers
{rows}
</table>
<h2>Try it</h2>
<pre>curl {url}/api/search -H 'Content-Type: application/json' -d '{{"query": "parse a date from text", "k": 3}}'</pre>
"""


def routes_list(operations: Sequence[Operation]) -> dict[str, Any]:
    """Return the routes as programs read them."""
    cards = [{"method": its.method, "path": its.path, "summary": its.summary} for its in operations]
    return {"service": "Tenfold's search service", "routes": cards}


def home_page(operations: Sequence[Operation], state: str, url: str) -> str:
    """Return the page; `state` is one sentence, `url` where the service was reached."""
    rows = "\n".join(
        f"<tr><td>{operation.method}<td>{_linked(operation)}<td>{escape(operation.summary)}" for operation in operations
    )
    return PAGE.format(state=escape(state), rows=rows, url=escape(url))


def _linked(operation: Operation) -> str:
    path = escape(operation.path)
    return f'<a href="{path}">{path}</a>' if operation.method == "GET" else f"<code>{path}</code>"
