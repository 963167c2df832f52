"""The generator on one core against a null server on the other, beside k6, Locust's own clients, wrk and hey.

Open loops: the highest rate of a ladder that was sustained: more than 99.5 % of the plan sent, at least 99 % of it
answered within the run, and a reported p99 within twice the truth. The truth is the null server's own queue (M/D/1 at
its measured service time, Erlang's formula for the wait's tail as in Tijms 2003, A First Course in Stochastic Models,
9.6) plus the round trip that wrk sees with one connection; below a millisecond the machine's own noise is allowed.
Closed loops: their throughput. Nothing is judged here: the figures are for reading.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from loadtests import facts
from loadtests.services import null_server
from loadtests.services.child import Child, Priority
from loadtests.services.ports import LOOPBACK, free_port
from loadtests.services.processors import split
from loadtests.services.waiting import answers, wait_for
from tests.benchmarks import ours, rivals
from tests.benchmarks.reading import Reading

STEP = 1.25
OURS_FROM, K6_FROM, TOP = 6000, 1500, 60_000
NOISE_S = 0.001
QUIET_RATE = 1000
"""Where lateness and the client's own share are read: far below any limit."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    name: str
    reading: Reading
    note: str = ""


def measure(arguments: Sequence[str] = ()) -> None:
    """Run everything and print the table."""
    parser = argparse.ArgumentParser(prog="bench-generator", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="shorter probes; some 4 minutes for everything")
    seconds = 3 if parser.parse_args(arguments).quick else 8
    cpus = split()
    absent = rivals.missing()
    with null(cpus.target) as url:
        rows = _rows(url, seconds, cpus.generator, absent)
    _print(rows)


def _rows(url: str, seconds: int, cpus: tuple[int, ...], absent: Sequence[str]) -> list[Row]:
    trip_s, service_s = 0.0001, 0.00003
    rows: list[Row] = []
    if "wrk" not in absent:
        trip_s = rivals.wrk(url, seconds, cpus, 1).p50_s
        full = rivals.wrk(url, seconds, cpus)
        service_s = 1 / full.rate_per_s
        rows.append(Row("wrk, closed, 32 connections", full, "the null server's limit, or its own"))
        rows.append(
            Row("wrk, closed, 1 connection", rivals.wrk(url, seconds, cpus, 1), f"round trip {trip_s * 1e6:.0f} us")
        )
    if "hey" not in absent:
        rows.append(Row("hey, closed, 32 connections", rivals.hey(url, seconds, cpus)))
    rows.append(
        _highest("ours, open, Poisson", OURS_FROM, lambda rate: ours.offer(url, rate, seconds, cpus), trip_s, service_s)
    )
    quiet = ours.offer(url, QUIET_RATE, seconds, cpus)
    rows.append(
        Row(f"ours, open, {QUIET_RATE}/s", quiet, f"own share of the median {(quiet.p50_s - trip_s) * 1e6:.0f} us")
    )
    if rivals.k6():
        rows.append(
            _highest(
                "k6, open, constant-arrival-rate",
                K6_FROM,
                lambda rate: rivals.k6_open(url, rate, seconds, cpus),
                trip_s,
                service_s,
            )
        )
        rows.append(Row("k6, closed, 20 VUs", rivals.k6_closed(url, seconds, cpus)))
    rows.append(Row("Locust FastHttpUser, closed, 20 users", rivals.locust_closed(url, "Fast", seconds + 2, cpus)))
    rows.append(Row("Locust HttpUser, closed, 20 users", rivals.locust_closed(url, "Plain", seconds + 2, cpus)))
    return rows


def _highest(name: str, start: int, offer: Callable[[int], Reading], trip_s: float, service_s: float) -> Row:
    """Climb the ladder until two rates in a row are not delivered; the note tells what ended the sustained ones."""
    best, why, failed, rate, delivered = Reading(0.0), "", 0, float(start), 0.0
    while rate < TOP and failed < 2:
        reading = offer(round(rate))
        short = _short(reading, round(rate))
        trouble = short or _slow(reading, trip_s + queue_p99_s(rate, service_s))
        print(f"  {name}: {rate:,.0f}/s offered, {trouble or 'sustained'}", file=sys.stderr)  # noqa: T201
        failed = failed + 1 if short else 0
        delivered = delivered if short else reading.rate_per_s
        if not trouble:
            best, why = reading, ""
        why = why or (f"at {rate:,.0f}/s: {trouble}" if trouble else "")
        rate *= STEP
    return Row(name, best, f"delivered up to {delivered:,.0f}/s; {why}")


def _short(reading: Reading, rate: int) -> str:
    if reading.sent_share <= 0.995:
        return f"only {reading.sent_share:.1%} of the plan sent"
    return f"only {reading.rate_per_s:,.0f}/s answered" if reading.rate_per_s < 0.97 * rate else ""


def _slow(reading: Reading, truth_s: float) -> str:
    limit_s = 2 * max(truth_s, NOISE_S)
    return (
        f"p99 {reading.p99_s * 1e3:.1f} ms where {limit_s * 1e3:.1f} ms are allowed" if reading.p99_s > limit_s else ""
    )


def queue_p99_s(rate: float, service_s: float) -> float:
    """Return the 99th percentile of wait and service in an M/D/1 queue, at most that of one that is 98 % busy.

    The wait's tail is (1 - rho) / (rho * tau - 1) * exp(-theta * t), tau > 1 solving exp(rho * (tau - 1)) = tau and
    theta = rate * (tau - 1).
    """
    load = min(rate * service_s, 0.98)
    if load < 0.05:
        return service_s * 2
    tau = 1 / load
    for _ in range(200):  # the larger root is where tau = exp(load * (tau - 1)) grows through the line
        tau = 1 + math.log(tau) / load
    scale = (1 - load) / (load * tau - 1) if load * tau > 1 else 1.0
    return service_s + max(0.0, math.log(max(scale, 1e-9) / 0.01) / (rate * (tau - 1)))


@contextmanager
def null(cpus: tuple[int, ...]) -> Iterator[str]:
    """Run the null server."""
    port = free_port()
    url = f"http://{LOOPBACK}:{port}"
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, null_server.__file__, str(port)]
        log = Path(folder) / "null.log"
        with Child("the null server", command, log, cpus=cpus, priority=Priority.HIGH) as child:
            wait_for(child, "an answer", lambda: answers(url + "/healthz"), 30)
            yield url


def _print(rows: Sequence[Row]) -> None:
    machine, versions = facts.machine(), facts.versions() | rivals.versions()
    print(f"{machine['cpu']}, {machine['cores']} cores, kernel {machine['kernel']}, Python {machine['python']}")  # noqa: T201
    print(  # noqa: T201
        ", ".join(f"{name} {its}" for name, its in versions.items() if name in ("locust", "gevent", "k6", "wrk", "hey"))
    )
    mine = next(row.reading.rate_per_s for row in rows if row.name == "ours, open, Poisson")
    heads = f"{'answered/s':>12}{'ours is':>9}{'p50 ms':>9}{'p99 ms':>9}{'late p99 ms':>13}{'busy':>6}"
    print(f"\n{'generator on one core':40}{heads}")  # noqa: T201
    for row in rows:
        its = row.reading
        ratio = mine / its.rate_per_s if its.rate_per_s else math.inf
        late, busy = _number(its.lateness_p99_s * 1e3), _number(its.own_cpu)
        figures = f"{its.rate_per_s:12,.0f}{ratio:8.2f}x{its.p50_s * 1e3:9.3f}{its.p99_s * 1e3:9.3f}{late:>13}{busy:>6}"
        print(f"{row.name:40}{figures}  {row.note}")  # noqa: T201


def _number(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.2f}"


if __name__ == "__main__":
    measure(sys.argv[1:])
