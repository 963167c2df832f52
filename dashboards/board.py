"""Board: what every dashboard shares around its panels - the variables, the stage annotations, the links, the time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from grafanalib import core

from dashboards.grafana import DATASOURCE
from dashboards.layout import Row, laid_out
from dashboards.queries import UP, load_stages
from loadtests.metric_names import RUN_INFO

TAG = "tenfold"

SORT_ASCENDING, SORT_DESCENDING = 1, 2

_HOW_TO_SEE = "Generated; edit the code and generate again."


def board(uid: str, title: str, description: str, rows: Sequence[Row]) -> core.Dashboard:
    """Return a dashboard of the rows; its time is UTC, as in the names of runs."""
    return core.Dashboard(
        title=title,
        uid=uid,
        description=f"{description} {_HOW_TO_SEE}",
        tags=["generated", TAG],
        editable=False,
        graphTooltip=core.GRAPH_TOOLTIP_MODE_SHARED_CROSSHAIR,
        refresh="10s",
        time=core.Time("now-15m", "now"),
        timezone="utc",
        templating=core.Templating(list=_variables()),
        annotations=core.Annotations(list=[_stages()]),
        links=[_siblings()],
        panels=laid_out(rows),
    )


def _variables() -> list[core.Template]:
    """Return the variables, each choosing among what those before it leave."""
    run = 'testid="$testid"'
    trial = f'{run}, variant=~"$variant", trial=~"$trial"'
    return [
        core.Template(name="datasource", type="datasource", query="prometheus", label="Data source"),
        _query("testid", "Run", f"label_values({RUN_INFO}, testid)", sort=SORT_DESCENDING),  # the newest run first
        _many("variant", "Variant", f"label_values({RUN_INFO}{{{run}}}, variant)"),
        _many("trial", "Trial", f'label_values({RUN_INFO}{{{run}, variant=~"$variant"}}, trial)'),
        _many("job", "Job", f"label_values({UP}{{{trial}}}, job)"),
        _many("instance", "Instance", f'label_values({UP}{{{trial}, job=~"$job"}}, instance)'),
    ]


def _query(name: str, label: str, query: str, **more: Any) -> core.Template:
    refresh = core.REFRESH_ON_TIME_RANGE_CHANGE
    return core.Template(name=name, label=label, query=query, dataSource=dict(DATASOURCE), refresh=refresh, **more)


def _many(name: str, label: str, query: str) -> core.Template:
    return _query(name, label, query, multi=True, includeAll=True, allValue=".+", sort=SORT_ASCENDING)


def _stages() -> dict[str, Any]:
    """Return the load stages as regions: points at most a step apart are joined by Grafana into one."""
    expression = load_stages()
    return {
        "datasource": dict(DATASOURCE),
        "enable": True,
        "expr": expression,
        "hide": False,
        "iconColor": "rgba(138, 148, 166, 0.9)",
        "name": "Load stages",
        "step": "1s",
        "tagKeys": "",
        "target": {
            "datasource": dict(DATASOURCE),
            "editorMode": "code",
            "expr": expression,
            "interval": "1s",
            "legendFormat": "{{phase}}",
            "range": True,
            "refId": "Anno",
        },
        "textFormat": "",
        "titleFormat": "{{phase}}: {{variant}}, trial {{trial}}",
        "useValueForTime": False,
    }


def _siblings() -> core.DashboardLink:
    return core.DashboardLink(
        asDropdown=True, includeVars=True, keepTime=True, tags=[TAG], title="Load test dashboards", icon="external link"
    )
