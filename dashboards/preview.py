"""Preview: pictures of the dashboards without a Grafana server, drawn by Grafana's own components in headless Chromium.

For developers: `python -m dashboards.preview --help`. It needs node, npm and Chromium, and `npm ci && npm run build`
in `dashboards/preview/` once.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dashboards.asking import Answers, ask, named
from dashboards.generate import documents
from scenarios.errors import HarnessError
from scenarios.reading import find, read_scenario

BUNDLE = Path(__file__).parent / "preview" / "out"
ROW_PX, HEAD_PX = 38, 100
PATIENCE_S = 120.0
VIRTUAL_TIME_MS = 20_000  # Chromium's own clock: long enough for every effect and animation, spent at once

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_DRAWN = re.compile(r'data-panel="(\d+)" data-title="([^"]*)"|data-drawn="(\w+)"')

log = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw both dashboards over a window of time; return 0, or 3 when a panel is blank or could not be drawn."""
    parser = argparse.ArgumentParser(prog="python -m dashboards.preview", description=__doc__)
    parser.add_argument("--prometheus", required=True, metavar="URL", help="such as http://127.0.0.1:9090")
    parser.add_argument("--start", required=True, type=float, metavar="UNIX", help="first second shown, since 1970")
    parser.add_argument("--end", required=True, type=float, metavar="UNIX", help="last second shown")
    parser.add_argument("--out", required=True, type=Path, metavar="FOLDER", help="where the pictures go")
    parser.add_argument("--scenario", default="demo", help="a file, or a name of the library (demo)")
    parser.add_argument("--run", help="the run, where several are in the time shown (the newest)")
    parser.add_argument("--theme", choices=("dark", "light"), default="dark")
    parser.add_argument("--width", type=int, default=1600, metavar="PIXELS")
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        faults = _draw_all(given)
    except HarnessError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    for fault in faults:
        log.error("%s", fault)
    return 3 if faults else 0


def _draw_all(given: argparse.Namespace) -> list[str]:
    given.out.mkdir(parents=True, exist_ok=True)
    chosen = {"testid": [given.run]} if given.run else None
    faults: list[str] = []
    for document in documents(read_scenario(find(given.scenario))).values():
        answers = ask(document, given.prometheus, given.start, given.end, chosen)
        picture = given.out / f"{document['uid']}.png"
        faults += answers.faults + draw(document, answers, picture, mode=given.theme, width_px=given.width)
        log.info("%s", picture)
    return faults


def draw(
    dashboard: Mapping[str, Any], answers: Answers, picture: Path, *, mode: str = "dark", width_px: int = 1600
) -> tuple[str, ...]:
    """Write a PNG of a dashboard and return the panels that stayed blank, failed, or are of a kind it cannot draw.

    Raises:
        HarnessError: when the bundle was not built, or there is no browser, or it did not finish.
    """
    if not (BUNDLE / "app.js").is_file():
        raise HarnessError("the preview is not built", hint="in dashboards/preview: npm ci && npm run build")
    height_px = HEAD_PX + ROW_PX * max(its["gridPos"]["y"] + its["gridPos"]["h"] for its in dashboard["panels"])
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text(page_of(dashboard, answers, mode=mode, width_px=width_px), encoding="utf-8")
        drawn = _browse(page, ["--dump-dom"], width_px, height_px)
        _browse(page, [f"--screenshot={picture.absolute()}"], width_px, height_px)
    return undrawn(drawn)


def undrawn(html: str) -> tuple[str, ...]:
    """Return the panels of a drawn page that show nothing, with why: blank, failed, unsupported, or missing."""
    faults, title = [], ""
    for match in _DRAWN.finditer(html):
        if match[1]:
            if title:
                faults.append(f"{title}: missing")
            title = match[2]
        elif title:
            if match[3] != "drawn":
                faults.append(f"{title}: {match[3]}")
            title = ""
    return tuple(faults + ([f"{title}: missing"] if title else []))


def page_of(dashboard: Mapping[str, Any], answers: Answers, *, mode: str, width_px: int) -> str:
    """Return a page that holds everything it draws: styles, the dashboard, the answers, and the app."""
    data = {"dashboard": dashboard, "answers": as_json(answers), "mode": mode, "width": width_px}
    # "<" could end the script early; an escape of JSON's own says the same
    written = json.dumps(data, allow_nan=False).replace("<", "\\u003c")
    styles, app = ((BUNDLE / name).read_text(encoding="utf-8") for name in ("app.css", "app.js"))
    app = app.replace("</script", "<\\/script")
    return (
        f'<!doctype html><html><head><meta charset="utf-8"><style>{styles}\n*{{animation:none!important;'
        'transition:none!important}</style></head><body style="margin:0"><div id="root"></div>'
        f"<script>window.TENFOLD={written}</script><script>{app}</script>"
        "</body></html>"
    )


def as_json(answers: Answers) -> dict[str, Any]:
    """Return the answers as the app reads them: panel -> query -> series with name, labels and points."""
    panels: dict[str, dict[str, list[Any]]] = {}
    for answer in answers.panels:
        panels.setdefault(str(answer.panel_id), {})[answer.ref_id] = [
            {
                "name": named(answer.legend, series.labels),
                "labels": dict(series.labels),
                "points": [[time, value if math.isfinite(value) else None] for time, value in series.points],
            }
            for series in answer.series
        ]
    return {
        "start": answers.window.start_unix,
        "end": answers.window.end_unix,
        "step": answers.window.step_s,
        "variables": dict(answers.variables),
        "regions": [{"start": its.start_unix, "end": its.end_unix, "colour": its.colour} for its in answers.regions],
        "panels": panels,
    }


def _browse(page: Path, wanted: Sequence[str], width_px: int, height_px: int) -> str:
    browser = next((path for name in _BROWSERS if (path := shutil.which(name))), None)
    if browser is None:
        raise HarnessError("there is no Chromium to draw with", hint="install the package chromium")
    with tempfile.TemporaryDirectory() as profile:
        command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
        command += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
        command += [f"--user-data-dir={profile}", f"--window-size={width_px},{height_px}", "--hide-scrollbars"]
        command += [f"--virtual-time-budget={VIRTUAL_TIME_MS}", *wanted, page.as_uri()]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=True)
        except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
            raise HarnessError(f"the browser did not draw: {error}", hint=f"open {page.name} by hand") from error
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
