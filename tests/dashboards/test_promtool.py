"""Prometheus's own parser as an oracle: every query is a valid expression."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from dashboards.asking import panels_of

STAND_INS = {"__rate_interval": "4s", "__interval": "1s", "__range": "168s"}


def checked(expressions: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Give the expressions to promtool as recording rules."""
    rules = [{"record": f"query:{index}", "expr": its} for index, its in enumerate(expressions)]
    file = folder / "rules.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))
    return subprocess.run(["promtool", "check", "rules", str(file)], capture_output=True, text=True)


def filled(expression: str) -> str:
    return re.sub(r"\$(\w+)", lambda match: STAND_INS.get(match[1], "x"), expression)


@pytest.mark.parametrize("uid", ["loadtest-overview", "loadtest-internals", "loadtest-parts"])
def test_every_query_is_a_valid_expression(dashboards: dict[str, dict], uid: str, tmp_path: Path) -> None:
    """Panels and annotations alike, without a server and without data."""
    dashboard = dashboards[uid]
    expressions = [target["expr"] for panel in panels_of(dashboard) for target in panel["targets"]]
    expressions += [its["expr"] for its in dashboard["annotations"]["list"] if "expr" in its]
    done = checked([filled(its) for its in expressions], tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"{len(expressions)} rules found" in done.stdout


def test_the_oracle_refuses_what_is_not_promql(tmp_path: Path) -> None:
    """The check is a test only if it can fail."""
    assert checked(["sum(rate(x[4s])"], tmp_path).returncode == 1
