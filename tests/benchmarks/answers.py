"""Answers with the fast path and without, and the small model beside the large one: paired, figures only.

One model server with its usual times, and two services that differ in the fast path alone (router and kept answers),
asked the same held-out labelled questions in turn, every one twice. Then documents are asked for by their titles, of
each model: how often the first sentence of the answer comes from that document.
"""

from __future__ import annotations

import asyncio
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from loadtests.services.ports import LOOPBACK
from target_stub.answering.labelled import labelled_questions

QUESTIONS = 40
TITLES = 60
AT_ONCE = 4
READY_S = 120
SERVICES = {"fast path on": [], "fast path off": ["--no-answer-router", "--no-answer-cache"]}


@dataclass(frozen=True)
class Heard:
    """One answer: seconds to its first words and to its end, and what it says of itself."""

    first_s: float
    end_s: float
    text: str
    done: dict[str, Any]
    sources: list[dict[str, Any]]


def measure() -> None:
    """Run everything and print the tables."""
    with tempfile.TemporaryDirectory() as place, ExitStack() as running:
        folder = Path(place)
        models = running.enter_context(_started(folder, "models", ["serve-upstream"]))
        flags = ["serve", f"--upstream-url={models}/v1"]
        urls = {
            name: running.enter_context(_started(folder, f"service{number}", [*flags, *more]))
            for number, (name, more) in enumerate(SERVICES.items())
        }
        asyncio.run(_measured(urls))


async def _measured(urls: dict[str, str]) -> None:
    asked = [its.question for its in labelled_questions() if its.held_out][:QUESTIONS]
    heard: dict[str, list[Heard]] = {name: [] for name in urls}
    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(_ready(session, url) for url in urls.values()))
        for _ in range(2):
            for start in range(0, len(asked), AT_ONCE):
                for name, url in urls.items():
                    batch = asked[start : start + AT_ONCE]
                    heard[name] += await asyncio.gather(*(_ask(session, url, question=its) for its in batch))
        _print_paths(heard)
        await _print_models(session, urls["fast path off"])


def _print_paths(heard: dict[str, list[Heard]]) -> None:
    print(f"{'':15}{'first words p50':>17}{'p95':>9}{'end p50':>10}{'p95':>9}{'cost':>10}{'asked models':>14}")  # noqa: T201
    for name, answers in heard.items():
        first, end = ([getattr(its, field) for its in answers] for field in ("first_s", "end_s"))
        cost = sum(its.done["cost_micros"] for its in answers)
        calls = sum(its.done["source"] == "upstream" for its in answers)
        times = f"{_ms(first, 50):>15} ms{_ms(first, 95):>6} ms{_ms(end, 50):>7} ms{_ms(end, 95):>6} ms"
        print(f"{name:15}{times}{cost:>10,}{calls:>9} of {len(answers)}")  # noqa: T201


async def _print_models(session: aiohttp.ClientSession, url: str) -> None:
    async with session.get(f"{url}/api/documents?limit=1000") as page:
        cards = (await page.json())["documents"][:: 1000 // TITLES][:TITLES]
    for model in ("small", "large"):
        right = 0
        for start in range(0, len(cards), AT_ONCE):
            batch = cards[start : start + AT_ONCE]
            answers = await asyncio.gather(*(_ask(session, url, question=its["title"], model=model) for its in batch))
            right += sum(_first_cited(answer) == card["id"] for answer, card in zip(answers, batch, strict=True))
        print(f"{model:6} model: the answer begins with the document asked for in {right} of {len(cards)}")  # noqa: T201


def _first_cited(answer: Heard) -> str | None:
    found = re.search(r"\[(\d+)\]", answer.text)
    by_number = {its["number"]: its["id"] for its in answer.sources}
    return by_number.get(int(found[1])) if found else None


async def _ask(session: aiohttp.ClientSession, url: str, **body: Any) -> Heard:
    began = time.perf_counter()
    first_s, text, done, sources = float("nan"), [], {}, []
    async with session.post(f"{url}/api/answer", json=body) as answer:
        async for line in answer.content:
            if not line.startswith(b"data: "):
                continue
            content = json.loads(line[6:])
            if "text" in content:
                first_s = first_s if text else time.perf_counter() - began
                text.append(content["text"])
            elif "cost_micros" in content:
                done = content
            else:
                sources = content["sources"]
    return Heard(first_s, time.perf_counter() - began, "".join(text), done, sources)


def _ms(seconds: Sequence[float], percentile: int) -> str:
    return f"{statistics.quantiles(seconds, n=100, method='inclusive')[percentile - 1] * 1e3:.0f}"


async def _ready(session: aiohttp.ClientSession, url: str) -> None:
    until = time.monotonic() + READY_S
    while time.monotonic() < until:
        async with session.get(f"{url}/readyz") as answer:
            if answer.status == 200:
                return
        await asyncio.sleep(0.2)
    raise TimeoutError(f"{url} is not ready")


@contextmanager
def _started(folder: Path, name: str, words: Sequence[str]) -> Iterator[str]:
    announced = folder / f"{name}.json"
    command = [sys.executable, "-m", "tenfold", *words, f"--host={LOOPBACK}", "--port=0", f"--announce={announced}"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + READY_S
        while not announced.exists():
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{name} did not start")
            time.sleep(0.05)
        yield json.loads(announced.read_text())["url"]
    finally:
        process.terminate()
        process.wait(30)
