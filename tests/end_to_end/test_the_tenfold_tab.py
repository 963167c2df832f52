"""The Tenfold tab in a real browser: start a run from the form, see a promise break, download the report."""

from __future__ import annotations

import os
from contextlib import chdir
from pathlib import Path

from loadtests.run import read_run
from loadtests.services.child import Child
from loadtests.services.ports import LOOPBACK, free_port
from loadtests.services.waiting import answers, wait_for
from tests.end_to_end.chromium import Chromium
from tests.end_to_end.running import LOCUST

SCENARIO = """
name: looked-at
title: TITLE
baseline: 60/s
seed: 6
target: {timeout: 1s, connections: 40}
workload: {queries: {distinct: 50}}
stages:
  - {name: 1x, multiplier: 1, duration: 6s}
  - {name: 2x, multiplier: 2, duration: 30s}
objectives:
  - {indicator: latency, criteria: [med<20ms]}
  - {indicator: errors, criteria: [rate<1%], abort_on_fail: true}
  - {indicator: throughput, criteria: [rate>=400/s], stages: [2x], abort_on_fail: true, delay_abort_eval: 4s}
"""

HOSTILE = "<img src=x onerror=document.title='broken'> & a slow service"
PICTURED = "Search before the release"  # where a reader looks at the picture, and nobody at the markup

START = """(() => {
  const buttons = [...document.querySelectorAll('button')];
  const fold = buttons.find(its => its.textContent.includes('Custom parameters'));
  if (fold && fold.getAttribute('aria-expanded') !== 'true') { fold.click(); return false; }
  const multiplier = document.querySelector('input[name=multiplier]');
  const start = buttons.find(its => /^start/i.test(its.textContent.trim()));
  if (!multiplier || !start || start.disabled) return false;
  const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set;
  set.call(multiplier, '2');
  multiplier.dispatchEvent(new Event('input', {bubbles: true}));
  start.click();
  return true;
})()"""


def test_a_run_is_started_watched_and_its_report_downloaded(fake_service, tmp_path: Path) -> None:
    """Start form to report, in one sitting; what is in a title stays text."""
    where = os.environ.get("TENFOLD_PICTURES", "")
    title = PICTURED if where else HOSTILE
    (tmp_path / "looked-at.yaml").write_text(SCENARIO.replace("TITLE", f'"{title}"'))
    port, downloads = free_port(), tmp_path / "downloads"
    page = f"http://{LOOPBACK}:{port}"
    words = ["--web-host", LOOPBACK, "--web-port", str(port), "--host", fake_service(60).url]
    environ = {"PROMETHEUS_URL": "http://127.0.0.1:9090", "GRAFANA_URL": "javascript:alert(1)"}
    command = [*LOCUST, *words, "--scenario", "looked-at.yaml"]
    with chdir(tmp_path), Child("locust", command, tmp_path / "locust.log", environ=environ) as child:
        wait_for(child, "the page", lambda: answers(page), 60)
        with Chromium(tmp_path / "profile", downloads) as browser:
            browser.scheme(os.environ.get("TENFOLD_SCHEME", "light"))
            browser.open(f"{page}/?tab=tenfold")
            browser.until(START, 120)
            browser.until("!!document.querySelector('#tenfold .broken')", 150)
            assert "latency of search: med<20ms" in browser.text()
            assert browser.evaluate("document.querySelectorAll('#tenfold img').length") == 0
            assert title in browser.text()
            links = browser.evaluate("[...document.querySelectorAll('#tenfold a')].map(its => its.href)")
            assert links == ["http://127.0.0.1:9090/"]
            if where:
                browser.until("document.querySelectorAll('#tenfold tbody tr').length > 3", 60)
                browser.picture(Path(where) / "tab-running.png")
            browser.until("!!document.querySelector('#tenfold .alarm')", 60)
            browser.until("!!document.querySelector('#tenfold-download')", 120)
            if where:
                browser.picture(Path(where) / "tab-aborted.png")
            browser.evaluate("document.querySelector('#tenfold-download').click()")
            (file,) = wait_for(child, "the download", lambda: list(downloads.glob("*.html")) or None, 60)
        run = read_run((tmp_path / "runs" / "latest").resolve())
        assert file.read_bytes() == (run.folder / "report.html").read_bytes()
    assert run.scenario.baseline_rate_per_s == 120
    assert run.trials[0].abort is not None
    assert run.trials[0].abort.indicator == "throughput"
