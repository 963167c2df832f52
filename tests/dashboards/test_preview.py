"""The preview's Python side: the page it composes, and what it makes of a drawn one."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from dashboards import preview
from dashboards.asking import Answer, Answers, Region
from dashboards.prometheus import Series
from dashboards.variables import TimeWindow
from scenarios.errors import HarnessError

HOSTILE = "</script><script>alert(1)</script>"
DASHBOARD = {"uid": "x", "title": HOSTILE, "panels": [{"gridPos": {"y": 0, "h": 8}}], "templating": {"list": []}}


def answers() -> Answers:
    series = Series({"variant": "after"}, ((10.0, 1.5), (11.0, math.nan), (12.0, math.inf)))
    asked = Answer(7, "Latency", "timeseries", "A", "x", "{{variant}}", (series,))
    return Answers(TimeWindow(10.0, 20.0), {"run": HOSTILE}, (asked,), (), (Region("1x", 10.0, 15.0, "grey"),))


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bundle as small as can be, in place of the built one."""
    (tmp_path / "app.js").write_text("const end = '</script>';")
    (tmp_path / "app.css").write_text("body{}")
    monkeypatch.setattr(preview, "BUNDLE", tmp_path)
    return tmp_path


def test_answers_become_plain_json() -> None:
    """Series carry their names; what is not a finite number is null, as JSON knows nothing else."""
    assert preview.as_json(answers())["panels"] == {
        "7": {
            "A": [
                {"name": "after", "labels": {"variant": "after"}, "points": [[10.0, 1.5], [11.0, None], [12.0, None]]}
            ]
        }
    }


@pytest.mark.usefixtures("bundle")
def test_nothing_in_a_dashboard_can_end_the_pages_script() -> None:
    """Names come from scenarios and services: they are data, wherever they stand."""
    page = preview.page_of(DASHBOARD, answers(), mode="dark", width_px=800)
    assert page.count("</script>") == 2
    assert "<script>alert" not in page
    written = page.split("window.TENFOLD=")[1].split("</script>")[0]
    assert json.loads(written)["dashboard"]["title"] == HOSTILE


def test_a_panel_that_shows_nothing_is_told() -> None:
    """Drawn panels are fine; blank, failed and unknown ones are named, and so is one that never appeared."""
    html = """
    <div data-panel="1" data-title="Fine"><p data-drawn="drawn"></p></div>
    <div data-panel="2" data-title="Gone"></div>
    <div data-panel="3" data-title="Blank"><p data-drawn="blank">No data</p></div>
    <div data-panel="4" data-title="Broken"><p data-drawn="failed">TypeError</p></div>
    <div data-panel="5" data-title="Last"></div>
    """
    assert preview.undrawn(html) == ("Gone: missing", "Blank: blank", "Broken: failed", "Last: missing")


def test_without_the_bundle_the_next_step_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The preview is a tool of developers; one who never built it learns how."""
    monkeypatch.setattr(preview, "BUNDLE", tmp_path / "none")
    with pytest.raises(HarnessError, match="npm ci && npm run build"):
        preview.draw(DASHBOARD, answers(), tmp_path / "x.png")


@pytest.mark.usefixtures("bundle")
def test_without_a_browser_the_next_step_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is drawn, and it is said what to install."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(HarnessError, match="install the package chromium"):
        preview.draw(DASHBOARD, answers(), tmp_path / "x.png")


def test_the_lock_file_names_no_registry() -> None:
    """Whoever installs uses their own registry; the lock holds versions and checksums only."""
    lock = json.loads((Path(preview.__file__).parent / "preview" / "package-lock.json").read_text())
    assert not [name for name, its in lock["packages"].items() if "resolved" in its]


def test_versions_are_pinned() -> None:
    """The components drawn with are of one known version: those for graphs are no longer developed."""
    package = json.loads((Path(preview.__file__).parent / "preview" / "package.json").read_text())
    assert all(version[0].isdigit() for key in ("dependencies", "devDependencies") for version in package[key].values())
