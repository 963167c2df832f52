"""The page in a real browser: without script, without network, in both colour schemes, from telephone to desk."""

from __future__ import annotations

import html
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

DARK, LIGHT = 0, 1  # Chromium's own numbers for preferredColorScheme

CHROMIUM = [
    "chromium",
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--enable-logging=stderr",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",  # the browser's own errands stay at home
]

MEASURE = """
<script>
const seen = {page: [document.documentElement.scrollWidth, innerWidth], overlaps: [], outside: [], figures: 0};
for (const svg of document.querySelectorAll('figure svg')) {
  const box = svg.getBoundingClientRect();
  if (!box.width) continue;
  seen.figures += 1;
  const all = [...svg.querySelectorAll('text')].map(t => [t.textContent, t.getBoundingClientRect()]);
  const texts = all.filter(t => t[1].width);
  for (const [words, its] of texts)
    if (its.left < box.left - 1 || its.right > box.right + 1 || its.top < box.top - 1 || its.bottom > box.bottom + 1)
      seen.outside.push(svg.getAttribute('id') + ': ' + words);
  for (let i = 0; i < texts.length; i++) for (let j = i + 1; j < texts.length; j++) {
    const [a, b] = [texts[i][1], texts[j][1]];
    const w = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const h = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (w > 1.5 && h > 3) seen.overlaps.push(svg.getAttribute('id') + ': ' + texts[i][0] + ' / ' + texts[j][0]);
  }
}
const style = getComputedStyle(document.body);
seen.paper = style.backgroundColor; seen.ink = style.color;
document.body.innerHTML = ''; document.body.textContent = JSON.stringify(seen);
</script>
"""


def browse(page: Path, profile: Path, width: int, *options: str) -> tuple[str, str]:
    """Open a page and return its document and what the browser logged."""
    command = [
        *CHROMIUM,
        f"--user-data-dir={profile}",
        f"--window-size={width},1200",
        *options,
        "--dump-dom",
        page.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout, done.stderr


@pytest.fixture(scope="module")
def page(tmp_path_factory, pages):
    """The report, on disk."""
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(pages["before and after"], encoding="utf-8")
    return path


def asked_for(log: Path) -> list[str]:
    """Return what a page made the browser ask for; its own errands have no origin."""
    text = log.read_text(encoding="utf-8").rstrip()
    try:
        events = json.loads(text)["events"]
    except json.JSONDecodeError:  # a browser that ended before it closed its log
        events = json.loads(text.rstrip(",") + "]}")["events"]
    requests = [its["params"] for its in events if "initiator" in its.get("params", {})]
    return [its["url"] for its in requests if its["initiator"] != "not an origin"]


def test_the_page_needs_no_script_and_no_network(page, tmp_path):
    """The whole report is there, the browser has nothing to complain about, and is sent nowhere."""
    log = tmp_path / "net.json"
    document, logged = browse(page, tmp_path / "profile", 1100, f"--log-net-log={log}")
    assert "keeps its promises at ten times its traffic" in document
    assert document.count("<svg") == 8
    assert "CONSOLE" not in logged
    assert asked_for(log) == []


def test_a_page_that_did_ask_would_be_seen(tmp_path):
    """The test above can fail: an image elsewhere and a broken script are both noticed."""
    path, log = tmp_path / "page.html", tmp_path / "net.json"
    path.write_text("<img src='http://127.0.0.1:9/x.png'><script>nothing()</script>", encoding="utf-8")
    _, logged = browse(path, tmp_path / "profile", 1100, f"--log-net-log={log}")
    assert "CONSOLE" in logged
    assert asked_for(log) == ["http://127.0.0.1:9/x.png"]


def measured(text: str, folder: Path, width: int, scheme: int = LIGHT) -> dict[str, Any]:
    """Open a page with a script that measures where its words are, and return what it saw."""
    path = folder / f"measured-{width}.html"
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
    path.write_text(text.replace("</body>", MEASURE + "</body>"), encoding="utf-8")
    document, _ = browse(path, folder / "profile", width, f"--blink-settings=preferredColorScheme={scheme}")
    seen = re.search(r"<body[^>]*>(.*?)</body>", document, re.DOTALL)[1]
    return json.loads(html.unescape(seen))


@pytest.mark.parametrize(("width", "scheme"), [(1100, LIGHT), (760, LIGHT), (360, DARK)])
def test_nothing_overlaps_from_telephone_to_desk(page, tmp_path, width, scheme):
    """No words over words in any figure, none outside of it, and no page wider than its window; in both schemes."""
    seen = measured(page.read_text(encoding="utf-8"), tmp_path, width, scheme)
    assert seen["figures"] == 6
    assert seen["overlaps"] == []
    assert seen["outside"] == []
    assert seen["page"][0] <= seen["page"][1]
    assert seen["paper"] == {LIGHT: "rgb(255, 255, 255)", DARK: "rgb(17, 22, 28)"}[scheme]


def test_words_too_large_would_be_seen(page, tmp_path):
    """The test above can fail: three times larger letters overlap and leave their figures."""
    seen = measured(page.read_text(encoding="utf-8").replace("font-size: 10.5px", "font-size: 32px"), tmp_path, 1100)
    assert seen["overlaps"]
    assert seen["outside"]


@pytest.mark.parametrize(
    "name", ["three variants", "two operations", "one stage", "nothing answered", "alone", "hostile"]
)
def test_other_shapes_of_run_do_not_overlap_either(pages, tmp_path, name):
    """More variants, more operations, one stage with a long name, no answer at all, one variant, hostile names."""
    seen = measured(pages[name], tmp_path, 390)
    assert seen["overlaps"] == []
    assert seen["outside"] == []
    assert seen["page"][0] <= seen["page"][1]


def test_hostile_names_run_nothing(pages, tmp_path):
    """With scripts allowed, no policy, and names full of them, the browser still finds none to run."""
    path = tmp_path / "hostile.html"
    text = pages["hostile"]
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
    probe = "<script>document.title = document.scripts.length + ' ' + document.images.length</script>"
    path.write_text(text.replace("</body>", probe + "</body>"), encoding="utf-8")
    document, logged = browse(path, tmp_path / "profile", 1100)
    assert "<title>1 0</title>" in document
    assert "CONSOLE" not in logged
