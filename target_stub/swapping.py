"""Swapping: from one embedder or index to another while searches go on.

The new one is built in a child process and opened beside the old one; then the service searches it from one moment to
the next. Requests that have begun end on the old one, which is let go with the last of them.
"""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from time import perf_counter
from typing import Any

from target_stub.artifacts import Artifacts
from target_stub.child import prepare_in_child
from target_stub.config import Config
from target_stub.errors import ConfigError
from target_stub.preparation import Prepared, Step, check, load

SWAPPABLE = (
    *("embedder", "embed_model", "embed_max_tokens", "embed_extra_ms", "embed_extra_ms_per_token", "embed_extra_kind"),
    *("index", "index_m", "index_ef_construct", "index_ef", "index_full_scan_kb", "index_quantisation"),
    *("index_rescore", "index_oversampling", "index_memory", "index_rate_per_s", "index_memory_budget_bytes"),
    *("index_threads", "qdrant_url", "qdrant_timeout_s"),
)
"""The switches that may be given; the others are fixed for the life of the process."""

log = logging.getLogger(__name__)


class SwapState(StrEnum):
    """How far a swap is."""

    NONE = "none"
    PREPARING = "preparing"
    LOADING = "loading"
    WARMING = "warming"
    DONE = "done"
    FAILED = "failed"


RUNNING = (SwapState.PREPARING, SwapState.LOADING, SwapState.WARMING)


@dataclass(frozen=True, slots=True)
class Progress:
    """A swap at one moment: what it changes, the step of its preparation, and how it ended."""

    state: SwapState = SwapState.NONE
    changes: dict[str, Any] = field(default_factory=dict)
    step: str = ""
    done: int = 0
    total: int = 0
    seconds: float = 0.0
    error: str = ""


class UnderWayError(Exception):
    """A swap is running: one at a time."""


class Swapping:
    """The swaps of one service, one at a time. `take_in` makes the service search what was loaded."""

    def __init__(self, artifacts: Artifacts, take_in: Callable[[Prepared, Config], Awaitable[None]]) -> None:
        self.progress = Progress()
        self._artifacts = artifacts
        self._take_in = take_in
        self._task: asyncio.Task[None] | None = None

    async def begin(self, current: Config, changes: dict[str, Any]) -> None:
        """Begin to change these switches.

        Raises:
            UnderWayError: when another swap has not ended.
            ConfigError: when what is asked for cannot be had, as far as that can be seen at once.
        """
        if self.progress.state in RUNNING:
            raise UnderWayError
        before = self.progress
        self.progress = Progress(SwapState.PREPARING, changes)
        try:
            wanted = replace(current, **changes)
            await asyncio.to_thread(check, wanted)
        except BaseException:
            self.progress = before
            raise
        self._task = asyncio.ensure_future(self._run(wanted))

    async def close(self) -> None:
        """Give up what is under way."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self, wanted: Config) -> None:
        started = perf_counter()
        log.info("swapping: %s", ", ".join(f"{name} {value}" for name, value in self.progress.changes.items()))
        try:
            await self._swap(wanted)
        except Exception as error:
            what = error.what if isinstance(error, ConfigError) else f"{type(error).__name__}: {error}"
            log.error("the swap failed: %s", what, exc_info=not isinstance(error, ConfigError))
            self._note(SwapState.FAILED, error=what, seconds=perf_counter() - started)
        else:
            self._note(SwapState.DONE, seconds=perf_counter() - started)
            log.info("swapped after %.1f s", self.progress.seconds)

    async def _swap(self, wanted: Config) -> None:
        prepared: Prepared | None = await asyncio.to_thread(load, wanted, self._artifacts)
        if prepared is None:
            complaints: list[str] = []
            if await prepare_in_child(wanted, self._tell, complaints):
                raise ConfigError(" ".join(complaints) or "the preparation was ended from outside")
            self._note(SwapState.LOADING)
            prepared = await asyncio.to_thread(load, wanted, self._artifacts)
        if prepared is None:
            raise ConfigError("what was just prepared cannot be used; did a file of the corpus change meanwhile?")
        self._note(SwapState.WARMING)
        await self._take_in(prepared, wanted)
        del prepared
        gc.unfreeze()  # what is let go may be part of what was frozen at the start
        gc.collect()
        gc.freeze()

    def _tell(self, step: Step, done: int, total: int) -> None:
        self.progress = replace(self.progress, step=step.value, done=done, total=total)

    def _note(self, state: SwapState, *, error: str = "", seconds: float = 0.0) -> None:
        self.progress = replace(self.progress, state=state, error=error, seconds=round(seconds, 3))
