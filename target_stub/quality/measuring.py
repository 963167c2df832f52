"""Measuring: known items are looked for by a whole service in memory, query after query, through its own search."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import orjson

from target_stub.artifacts import Artifacts
from target_stub.config import Config
from target_stub.corpus import CorpusSource, prepare_corpus
from target_stub.embedders import embedder_weights
from target_stub.errors import ConfigError
from target_stub.preparation import Step, load, prepare
from target_stub.quality.interval import Ranks
from target_stub.quality.known_item import HeldBackCorpus, ItemSet, KnownItem, draw
from target_stub.quality.mode import DEPTH, MODES, Mode
from target_stub.query import Query
from target_stub.search import Search
from target_stub.service import Service
from target_stub.specs import EmbedderSpec

Tell = Callable[[str, int, int], None]
"""Called with what is being done, the amount done and the total."""


@dataclass(frozen=True, slots=True, eq=False)
class SetRanks:
    """The rank of every known item of one set by every mode's name, and the corpus that they were looked for in."""

    items: ItemSet
    queries: int
    documents: int
    sha256: str
    ranks: Mapping[str, Ranks]


def has_minilm() -> bool:
    """Return whether MiniLM's packages and weights are installed."""
    try:
        embedder_weights(EmbedderSpec("minilm", 1))
    except ConfigError:
        return False
    return True


def possible_modes() -> tuple[Mode, ...]:
    """Return the modes for which all is installed."""
    installed = has_minilm()
    return tuple(mode for mode in MODES if installed or not mode.needs_minilm)


def measure(
    source: CorpusSource, items: ItemSet, queries: int, artifacts: Artifacts, tell: Tell, modes: Sequence[Mode] = MODES
) -> SetRanks:
    """Look for up to `queries` known items of a corpus by each of the modes.

    Raises:
        ConfigError: when the corpus has no known item of this kind, or something that a mode needs is not installed.
    """
    whole = prepare_corpus(source, artifacts, lambda done, total: tell("corpus", done, total))
    known = draw(whole, items, queries)
    if not known:
        raise ConfigError(
            f"the corpus {source.name} has no document that set {items.name} could ask for",
            hint="give --sets A, --corpus stdlib or a folder with more documents",
        )
    without = HeldBackCorpus(source, items)
    ranks: dict[str, Ranks] = {}
    sha256 = ""
    for embedder in dict.fromkeys(mode.embedder for mode in modes):
        its = [mode for mode in modes if mode.embedder == embedder]
        found, sha256 = asyncio.run(_by_service(its, known, without, artifacts, tell))
        ranks |= found
    in_order = {mode.name: ranks[mode.name] for mode in modes}
    return SetRanks(items, len(known), len(whole.documents), sha256, in_order)


async def _by_service(
    modes: Sequence[Mode],
    known: Sequence[KnownItem],
    source: CorpusSource,
    artifacts: Artifacts,
    tell: Tell,
) -> tuple[dict[str, Ranks], str]:
    """Start the service in memory that the modes need, and return the ranks by mode and the corpus' sha256."""
    rerank = "minilm" if any(mode.asked.get("rerank") for mode in modes) else "off"
    # exact, since it is the rankings that are compared here; what an approximate index loses is measured elsewhere
    config = Config(embedder=modes[0].embedder, index="exact", cache="off", single_flight=False, rerank=rerank)

    def step(its: Step, done: int, total: int) -> None:
        tell(f"{its.value} ({config.embedder})", done, total)

    prepare(config, artifacts, step, source)
    prepared = load(config, artifacts, source)
    if prepared is None:
        raise ConfigError("the corpus changed while it was read", hint="run it again")
    service = Service(config, artifacts=artifacts)
    await service.take_in(prepared, config)
    try:
        found = {mode.name: await ranked(service.ready_search(), mode, known, tell) for mode in modes}
    finally:
        await service.close()
    return found, prepared.collection.sha256


async def ranked(search: Search, mode: Mode, known: Sequence[KnownItem], tell: Tell) -> Ranks:
    """Return the place of each known item among the first ten of its search, 0 where it is not there."""
    ranks = np.zeros(len(known), np.int64)
    for number, item in enumerate(known):
        answer = await search.answer(Query(item.query, k=DEPTH, use_cache=False, **mode.asked))
        ids = [result["id"] for result in orjson.loads(answer.body)["results"]]
        ranks[number] = ids.index(item.document_id) + 1 if item.document_id in ids else 0
        if number % 50 == 0:
            tell(mode.name, number, len(known))
    tell(mode.name, len(known), len(known))
    return ranks
