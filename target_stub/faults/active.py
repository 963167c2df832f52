"""Active faults: what one set of faults does to requests, stages and results while it is in force."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from http import HTTPStatus
from random import Random

import orjson
from aiohttp import web
from msgspec import UNSET

from target_stub.api import Handler
from target_stub.collection import Collection
from target_stub.faults.memory_leak import MemoryLeak
from target_stub.faults.wanted import TroubleFault, WantedFaults
from target_stub.request_error import RequestError

HANG_POLL_S = 0.1

Effect = Callable[[str], None]
"""Told the name of a fault each time that it takes effect."""


class InjectedError(ConnectionError):
    """What a call to another service meets instead of it; a connection error like any other."""


class ActiveFaults:
    """The effects of one set of faults. Each fault draws from its own chance, so none shifts the others' luck."""

    def __init__(self, wanted: WantedFaults, effect: Effect) -> None:
        self.wanted = wanted
        self.ended = False
        self._effect = effect
        self._chances = {name: Random(f"{wanted.seed}:{name}") for name in wanted.__struct_fields__}  # noqa: S311 (repeatable, no secret)
        leak = wanted.leak
        self._leak = None if leak is UNSET else MemoryLeak(leak.bytes_per_request, leak.max_bytes)

    async def handle(self, request: web.Request, handler: Handler, leaving: Callable[[], bool]) -> web.StreamResponse:
        """Answer a request through the faults that concern whole requests; `leaving` tells that the service ends.

        Raises:
            RequestError: with the status asked for, when the request is to fail.
        """
        if self._happens("hang", 0.0 if self.wanted.hang is UNSET else self.wanted.hang.ratio):
            while not self.ended and not leaving():
                await asyncio.sleep(HANG_POLL_S)
        await self._delay()
        errors = self.wanted.errors
        if errors is not UNSET and self._happens("errors", errors.ratio):
            raise RequestError(error_status(errors.status), "injected_fault", "this error was asked for: /admin/faults")
        if self._leak is not None:
            self._leak.take()
            self._effect("leak")
        if self.wanted.cpu is not UNSET:
            self._effect("cpu")
            burn(self.wanted.cpu.burn_ms / 1e3)
        return await handler(request)

    async def _delay(self) -> None:
        latency = self.wanted.latency
        if latency is UNSET:
            return
        extra_ms = latency.tail_ms if self._chances["latency"].random() < latency.tail_share else 0.0
        if latency.fixed_ms + extra_ms:
            self._effect("latency")
            await asyncio.sleep((latency.fixed_ms + extra_ms) / 1e3)

    async def stage(self, name: str) -> float:
        """Take the time that is added to a stage, and return it in seconds."""
        latency = self.wanted.latency
        added_s = 0.0 if latency is UNSET else latency.stages_ms.get(name, 0.0) / 1e3  # type: ignore[call-overload]  # any text
        if added_s:
            self._effect("latency")
            await asyncio.sleep(added_s)
        return added_s

    async def trouble(self, name: str) -> None:
        """Meet the trouble with another service, `l2` or `upstream`, before it is called.

        Raises:
            InjectedError: when the call is to fail.
        """
        trouble: TroubleFault | object = getattr(self.wanted, name)
        if not isinstance(trouble, TroubleFault):
            return
        if trouble.latency_ms:
            self._effect(name)
            await asyncio.sleep(trouble.latency_ms / 1e3)
        if self._happens(name, trouble.error_ratio):
            raise InjectedError(f"the trouble with {name} was asked for: /admin/faults")

    def lose(self, body: bytes, collection: Collection) -> bytes:
        """Return a search's JSON with results lost as the fault `recall` has it."""
        recall = self.wanted.recall
        if recall is UNSET:
            return body
        chance = self._chances["recall"]
        answer = orjson.loads(body)
        kept = []
        for result in answer["results"]:
            if chance.random() >= recall.loss:
                kept.append(result)
                continue
            self._effect("recall")
            if recall.how == "replace":
                kept.append(result | _another(collection, chance))
        return orjson.dumps(answer | {"results": kept})

    def _happens(self, name: str, share: float) -> bool:
        happens = share > 0 and self._chances[name].random() < share
        if happens:
            self._effect(name)
        return happens


def burn(seconds: float) -> None:
    """Keep the processor busy; nothing else happens in this process meanwhile."""
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        pass


def error_status(status: int) -> HTTPStatus:
    """Return the status, or the general one of its hundred where HTTP knows no such number."""
    try:
        return HTTPStatus(status)
    except ValueError:
        return HTTPStatus(status // 100 * 100)


def _another(collection: Collection, chance: Random) -> dict[str, str]:
    document = collection[chance.randrange(len(collection))]
    return {"id": document.id, "title": document.title, "package": document.package, "kind": document.kind}
