"""Child: preparing in a process of its own, so that the event loop goes on, and nothing of it stays in memory."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable

import orjson

from target_stub.config import Config
from target_stub.preparation import Step
from target_stub.reading import PREFIX

PREPARED_FROM = (
    *("corpus", "embedder", "embed_max_tokens", "embed_model", "keyword", "rerank", "log_level"),
    *("index", "index_m", "index_ef_construct", "index_full_scan_kb", "index_quantisation", "index_memory"),
    *("index_rate_per_s", "index_memory_budget_bytes", "qdrant_url"),
)


async def prepare_in_child(
    config: Config, waits_for: Callable[[Step, int, int], None], complaints: list[str] | None = None
) -> int:
    """Run the command `prepare` for this configuration; `waits_for` is told each step, what is done and the total.

    The child ends with this process, and is ended when the task is cancelled.

    Returns:
        Its exit code; what went wrong it has written to the standard error itself, or, where that is given, its
        last lines are in `complaints`.
    """
    flags = [f"--{name.replace('_', '-')}={getattr(config, name)}" for name in PREPARED_FROM]
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "target_stub", "prepare", f"--parent={os.getpid()}", *flags),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=None if complaints is None else asyncio.subprocess.PIPE,
        env={**os.environ, f"{PREFIX}QDRANT_API_KEY": config.qdrant_api_key},  # not a flag: everybody sees those
    )
    if child.stdout is None:
        raise RuntimeError("the child was started without a pipe")
    reading = asyncio.ensure_future(_last_lines(child.stderr, complaints))
    try:
        async for line in child.stdout:
            told = orjson.loads(line)
            if told["step"] in tuple(Step):
                waits_for(Step(told["step"]), told["done"], told["total"])
        await reading
        return await child.wait()
    finally:
        reading.cancel()
        if child.returncode is None:
            child.kill()
            await child.wait()


async def _last_lines(stream: asyncio.StreamReader | None, complaints: list[str] | None) -> None:
    """Read a child's complaints to their end, so that it never waits, and keep the last two lines: what, and a hint."""
    if stream is None or complaints is None:
        return
    async for line in stream:
        complaints.append(line.decode(errors="replace").strip())
        del complaints[:-2]
