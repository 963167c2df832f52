"""Embedders that take longer on purpose, and those that are loaded late."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from target_stub.config import Config
from target_stub.embedder import Embedder, Vectors
from target_stub.embedders.hashing import HashingEmbedder
from target_stub.embedders.lazy import Known, LazyEmbedder
from target_stub.embedders.synthetic import ExtraTime, SyntheticEmbedder, burn
from target_stub.errors import ConfigError, UnavailableError
from target_stub.preparation import slowed

HASHING = HashingEmbedder(64)


@pytest.mark.parametrize(
    ("texts", "expected_s"),
    [
        (["bread"], 0.010 + 0.002),
        (["knead the dough"], 0.010 + 3 * 0.002),
        (["a-b, c"], 0.010 + 5 * 0.002),
        (["a b", "c"], 0.010 + 3 * 0.002),
        (["word " * 100], 0.010 + 64 * 0.002),
        ([""], 0.010),
    ],
)
def test_a_call_costs_a_fixed_part_and_one_for_each_token(texts: list[str], expected_s: float) -> None:
    """Words and signs count, no more of them than are read; a batch pays the fixed part once."""
    spent: list[float] = []
    slow = SyntheticEmbedder(HASHING, ExtraTime(0.010, 0.002, "burn"), 64, spent.append)
    assert np.array_equal(slow.embed(texts), HASHING.embed(texts))
    assert spent == [pytest.approx(expected_s)]
    assert (slow.name, slow.dim, slow.version) == (HASHING.name, HASHING.dim, HASHING.version)


def test_an_embedder_is_slowed_only_where_that_is_asked_for() -> None:
    """By either part of the extra time; without any, nothing is put in front of it."""
    assert slowed(HASHING, Config()) is HASHING
    assert isinstance(slowed(HASHING, Config(embed_extra_ms=1)), SyntheticEmbedder)
    assert isinstance(slowed(HASHING, Config(embed_extra_ms_per_token=0.1)), SyntheticEmbedder)


def test_burning_uses_the_processor_and_sleeping_does_not() -> None:
    """What tells a model on this machine from one on another; measured by the thread's own clock."""

    def used(kind: str) -> tuple[float, float]:
        slow = SyntheticEmbedder(HASHING, ExtraTime(0.03, 0.0, kind), 64)
        started, cpu = time.monotonic(), time.thread_time()
        slow.embed([""])
        return time.monotonic() - started, time.thread_time() - cpu

    wall, cpu = used("burn")
    assert cpu >= 0.03
    assert wall >= 0.03
    wall, cpu = used("sleep")
    assert wall >= 0.03
    assert cpu < 0.03


def test_burning_lets_other_threads_run() -> None:
    """A real model lets the GIL go while it computes; so does this."""
    burning = threading.Thread(target=burn, args=(0.2,))
    burning.start()
    turns = 0
    while burning.is_alive():
        turns += 1
        time.sleep(0.001)
    assert turns > 5


class Made:
    """Counts how often an embedder is made; fails where told to."""

    def __init__(self, embedder: Embedder = HASHING, failures: int = 0) -> None:
        self.embedder = embedder
        self.failures = failures
        self.times = 0

    def __call__(self) -> Embedder:
        self.times += 1
        if self.times <= self.failures:
            raise ConfigError("the weights are not the known ones", hint="install them again")
        return self.embedder


def lazy(made: Made) -> LazyEmbedder:
    return LazyEmbedder(Known("hashing", HASHING.dim, HASHING.version), made)


def test_it_is_known_before_it_is_loaded_and_loaded_once() -> None:
    """Name, dimension and version need no weights; the first text needs them."""
    made = Made()
    embedder = lazy(made)
    assert (embedder.name, embedder.dim, embedder.version) == ("hashing", 256, HASHING.version)
    assert (made.times, embedder.load_s) == (0, 0)
    assert np.array_equal(embedder.embed(["bread"]), HASHING.embed(["bread"]))
    embedder.embed(["bread"])
    assert made.times == 1
    assert embedder.load_s > 0


def test_many_first_texts_at_once_load_it_once() -> None:
    """Whoever comes while it loads waits for the same loading."""
    made = Made()
    embedder = lazy(made)
    with ThreadPoolExecutor(8) as threads:
        rows = list(threads.map(lambda _: embedder.embed(["bread"]), range(32)))
    assert made.times == 1
    assert all(np.array_equal(its, rows[0]) for its in rows)


def test_a_failure_to_load_is_told_and_tried_again() -> None:
    """While loading at the start it ends the service; at first use the query is refused, and the next one tries."""
    with pytest.raises(ConfigError):
        lazy(Made(failures=1)).load()
    embedder = lazy(Made(failures=1))
    with pytest.raises(UnavailableError, match="not the known ones"):
        embedder.embed(["bread"])
    assert embedder.embed(["bread"]).shape == (1, 256)


def test_another_embedder_than_was_promised_is_refused() -> None:
    """Its vectors would not compare with the documents'."""

    class Exchanged:
        name, dim, version = "hashing", 256, "hashing-other"

        def embed(self, texts: Sequence[str]) -> Vectors:
            return HASHING.embed(texts)

    with pytest.raises(UnavailableError, match="hashing-other"):
        lazy(Made(Exchanged())).embed(["bread"])


def test_a_service_may_be_ready_before_its_model(serve: Callable[..., Any]) -> None:
    """first_use: ready at once, the first query pays; start: the model is warm before anybody is answered."""
    made = Made()
    client = serve(embedder=lazy(made), embedder_load="first_use")
    assert client.get("/readyz").status == 200
    assert made.times == 0
    assert client.search(query="tune the violin strings", k=1).json["results"][0]["id"] == "hobby.violin"
    assert made.times == 1
    warm = Made()
    serve(embedder=lazy(warm), embedder_load="start")
    assert warm.times == 1


def test_a_model_that_cannot_be_loaded_at_first_use_is_unavailable(serve: Callable[..., Any]) -> None:
    """Status 503 with the reason, not an error of ours."""
    client = serve(embedder=lazy(Made(failures=1)), embedder_load="first_use")
    refused = client.search(query="bread")
    assert (refused.status, refused.json["code"]) == (503, "unavailable")
    assert "not the known ones" in refused.json["detail"]
    assert client.search(query="bread").status == 200
