"""Problems page: the kinds of problems as a page for people, an anchor for each."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from target_stub.problem_types import ProblemType

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Problems of Tenfold's search service</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 46rem; margin: 3rem auto; padding: 0 1rem }}
dt {{ margin-top: 1rem; font-weight: 600 }}
dt:target, dt:target + dd {{ background: #8884; border-radius: .3rem }}
dd {{ margin: 0 }}
code {{ font-weight: 400; padding-left: .5rem }}
</style>
<h1>Problems</h1>
<p>The <code>type</code> of an error (<code>application/problem+json</code>, RFC 9457) leads here.</p>
<dl>
{rows}
</dl>
"""


def problems_page(types: Mapping[str, ProblemType]) -> str:
    """Return the page."""
    rows = "\n".join(
        f'<dt id="{escape(code)}">{escape(kind.title)} <code>{escape(code)}</code>\n<dd>{escape(kind.described)}'
        for code, kind in types.items()
    )
    return PAGE.format(rows=rows)
