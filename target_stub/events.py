"""Events: what one process of the service tells the others, through a Redis server's publish and subscribe.

Nothing depends on a message arriving: when the connection was lost, messages may have been missed, and that is told.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from redis.exceptions import RedisError

from target_stub.redis_link import LinkError, LinkSpec, RedisLink, make_client

CHANNEL = "tenfold:events:1"
AGAIN_S = (0.1, 5.0)  # how long to wait before connecting again: at first, and at most
PING_AFTER_S = 15.0
log = logging.getLogger(__name__)

Handler = Callable[[Mapping[str, Any]], None]


class Events:
    """Messages to and from the other processes; one's own are not heard."""

    def __init__(self, spec: LinkSpec, link: RedisLink, missed: Callable[[], None]) -> None:
        self.own_id = secrets.token_hex(8)
        self._spec = spec
        self._link = link
        self._missed = missed
        self._handlers: dict[str, list[Handler]] = {}
        self._listening: asyncio.Task[None] | None = None
        self._telling: set[asyncio.Task[None]] = set()
        self.heard = asyncio.Event()  # set while subscribed

    def on(self, kind: str, handler: Handler) -> None:
        """Call the handler with the facts of each message of this kind from another process."""
        self._handlers.setdefault(kind, []).append(handler)

    def tell(self, kind: str, facts: Mapping[str, Any]) -> None:
        """Send a message soon; where the server is away it is lost."""
        task = asyncio.ensure_future(self._tell(kind, facts))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _tell(self, kind: str, facts: Mapping[str, Any]) -> None:
        try:
            message = orjson.dumps({"from": self.own_id, "kind": kind, "facts": dict(facts)})
            await self._link.call("PUBLISH", CHANNEL, message)
        except LinkError as error:
            log.warning("the other processes were not told %r: %s", kind, error)

    def listen(self) -> None:
        """Listen until closed."""
        self._listening = asyncio.ensure_future(self._listen())

    async def _listen(self) -> None:
        wait_s, before = AGAIN_S[0], False
        while True:
            client = make_client(self._spec, patient=True)
            try:
                async with client.pubsub() as subscription:
                    await subscription.subscribe(CHANNEL)
                    if before:
                        self._missed()
                    before, wait_s = True, AGAIN_S[0]
                    await self._hear(subscription)
            except (RedisError, OSError, TimeoutError) as error:
                log.debug("listening for events again in %.1f s: %s", wait_s, error)
            finally:
                self.heard.clear()
                await client.aclose()
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, AGAIN_S[1])

    async def _hear(self, subscription: Any) -> None:
        waiting_for_pong = False
        while True:
            message = await subscription.get_message(timeout=PING_AFTER_S)
            if message is None:
                if waiting_for_pong:
                    raise TimeoutError("no answer to a ping")
                await subscription.ping()
                waiting_for_pong = True
                continue
            waiting_for_pong = False
            if message["type"] == "subscribe":
                self.heard.set()
            elif message["type"] == "message":
                self._dispatch(message["data"])

    def _dispatch(self, data: bytes) -> None:
        try:
            message = orjson.loads(data)
            sender, kind, facts = message["from"], message["kind"], dict(message["facts"])
        except (ValueError, KeyError, TypeError):
            log.debug("a message on %s is not ours", CHANNEL)
            return
        if sender != self.own_id:
            for handler in self._handlers.get(kind, ()):
                handler(facts)

    async def close(self) -> None:
        """End listening."""
        tasks = [*self._telling, *([self._listening] if self._listening else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
