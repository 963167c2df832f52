"""Writing the dashboards, and telling where files differ from them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from dashboards.generate import GENERATED, differences, write
from scenarios.reading import parse_scenario
from scenarios.scenario import Scenario

NAMES = ["loadtest-overview.json", "loadtest-internals.json", "loadtest-parts.json"]


def test_the_committed_dashboards_are_what_the_code_writes(demo: Scenario) -> None:
    """Nobody edits a generated file, and nobody forgets to generate."""
    assert differences(GENERATED, demo) == []


def test_both_dashboards_are_written_and_then_do_not_differ(tmp_path: Path, demo: Scenario) -> None:
    """The folder is made; what was written is what the check expects."""
    folder = tmp_path / "new" / "folder"
    assert write(folder, demo) == [folder / name for name in NAMES]
    assert differences(folder, demo) == []


def test_a_changed_file_is_told_as_a_unified_diff(tmp_path: Path, demo: Scenario) -> None:
    """The reader sees the line that is there and the line that should be."""
    overview, *_ = write(tmp_path, demo)
    overview.write_text(overview.read_text().replace('"title": "Load test / Overview"', '"title": "Edited"'))
    told = differences(tmp_path, demo)
    assert f"--- {tmp_path.name}/loadtest-overview.json" in told
    assert '-  "title": "Edited",' in told
    assert '+  "title": "Load test / Overview",' in told


def test_a_missing_file_and_a_stray_one_are_told(tmp_path: Path, demo: Scenario) -> None:
    """A dashboard that was never written differs, and a file that nothing generates is named."""
    overview, internals, _ = write(tmp_path, demo)
    internals.unlink()
    overview.with_name("old.json").write_text("{}")
    told = differences(tmp_path, demo)
    assert "+++ generated/loadtest-internals.json" in told
    assert told[-1] == f"{tmp_path.name}/old.json: nothing generates this file"


def test_a_folder_that_is_not_there_differs_by_everything(tmp_path: Path, demo: Scenario) -> None:
    """A check never passes because there was nothing to check."""
    assert differences(tmp_path / "none", demo)


@pytest.mark.parametrize(("limit", "seconds"), [("100ms", 0.1), ("250ms", 0.25)])
def test_an_objective_moves_the_line_on_the_dashboard(tmp_path: Path, limit: str, seconds: float) -> None:
    """The promise in the scenario is the line in the graph and the colour of the number."""
    text = f"""
name: other
baseline: 10/s
stages: [{{name: 1x, multiplier: 1, duration: 5s}}]
objectives: [{{indicator: latency, criteria: ["p(99)<{limit}"]}}]
"""
    write(tmp_path, parse_scenario(text, "other.yaml"))
    panels = {its["title"]: its for its in json.loads((tmp_path / NAMES[0]).read_text())["panels"]}
    graph, tile = panels["p99: client against server"], panels["p99 for the client"]
    line = next(target for target in graph["targets"] if target["legendFormat"] == f"objective: {seconds:g} s")
    assert line["expr"] == f"vector({seconds:g})"
    assert tile["fieldConfig"]["defaults"]["thresholds"]["steps"][-1] == {"color": "red", "value": seconds}
    assert "histogram_quantile(0.99," in tile["targets"][0]["expr"]


def test_a_line_is_in_the_picture_also_when_everything_stays_far_below(tmp_path: Path, demo: Scenario) -> None:
    """The axis reaches a little beyond the objective: 1 % of errors in the demo."""
    overview, *_ = write(tmp_path, demo)
    panels = {its["title"]: its for its in json.loads(overview.read_text())["panels"]}
    defaults = panels["Error ratio"]["fieldConfig"]["defaults"]
    assert defaults["thresholds"]["steps"] == [{"color": "green", "value": None}, {"color": "red", "value": 0.01}]
    assert defaults["custom"]["thresholdsStyle"] == {"mode": "dashed"}
    assert defaults["custom"]["axisSoftMax"] == 0.0105


def test_a_scenario_without_objectives_has_no_lines_and_no_row_of_its_own(tmp_path: Path, demo: Scenario) -> None:
    """Nothing is promised, so nothing is drawn as if it were."""
    overview, *_ = write(tmp_path, replace(demo, objectives=(), indicators=()))
    panels = {its["title"]: its for its in json.loads(overview.read_text())["panels"]}
    assert "What the scenario asks of the service's own side" not in panels
    assert len(panels["p95: client against server"]["targets"]) == 2
    assert panels["Error ratio"]["fieldConfig"]["defaults"]["custom"]["thresholdsStyle"] == {"mode": "off"}
