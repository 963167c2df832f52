"""Command: `tenfold ingest FOLDER` sends the files of a folder to a running service, and shows how far it is."""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

from target_stub.ingest.folder import FolderFile, files_below

USAGE_EXIT_CODE = 2
INTERRUPTED_EXIT_CODE = 130
JOB_POLL_S = 0.1
LINE_EVERY = 10  # lines where there is no terminal
SHOWN_PROBLEMS = 20

Tell = Callable[[], None]


def main(argv: Sequence[str]) -> int:
    """Run the command line; return 0, 2 when a file was refused or the service is away, 130 when interrupted."""
    parser = argparse.ArgumentParser(
        prog="tenfold ingest",
        description="Sends the .txt, .md, .rst, .html and .pdf files below a folder to a running service. What it has "
        "already, word for word, is not sent again: an ingest that was interrupted goes on where it was.",
        epilog="example: tenfold ingest ~/notes --url http://127.0.0.1:8080",
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--url", default="http://127.0.0.1:8080", help="the service (default: %(default)s)")
    parser.add_argument("--parallel", type=int, default=4, metavar="N", help="files sent at one time (default: 4)")
    given = parser.parse_args(argv)
    if not given.folder.is_dir():
        sys.stderr.write(f"{given.folder} is no folder\n  give one with .txt, .md, .rst, .html or .pdf files\n")
        return USAGE_EXIT_CODE
    try:
        return asyncio.run(_ingest(list(files_below(given.folder)), given.url.rstrip("/"), max(given.parallel, 1)))
    except ExceptionGroup as errors:
        away = errors.subgroup((aiohttp.ClientError, OSError))
        if away is None:
            raise
        hint = "start it with: tenfold serve, and run this again: it goes on where it was"
        sys.stderr.write(f"{given.url} does not answer: {away.exceptions[0]}\n  {hint}\n")
        return USAGE_EXIT_CODE
    except KeyboardInterrupt:
        return INTERRUPTED_EXIT_CODE


async def _ingest(files: Sequence[FolderFile], url: str, parallel: int) -> int:
    results: Counter[str] = Counter()
    problems: list[str] = []
    room = asyncio.Semaphore(parallel)
    async with aiohttp.ClientSession() as session:
        with progress(len(files)) as tell:

            async def one(file: FolderFile) -> None:
                async with room:
                    result = await send(session, url, file)
                results["refused" if result.startswith("!") else result] += 1
                if result.startswith("!"):
                    problems.append(f"{file.id}: {result[1:]}")
                tell()

            async with asyncio.TaskGroup() as group:
                for file in files:
                    group.create_task(one(file))
    told = ", ".join(f"{results[each]} {each}" for each in ("added", "unchanged", "refused") if results[each])
    sys.stdout.write(f"{len(files)} files: {told or 'nothing to do'}\n")
    for problem in problems[:SHOWN_PROBLEMS]:
        sys.stderr.write(f"  {problem}\n")
    return USAGE_EXIT_CODE if problems else 0


async def send(session: aiohttp.ClientSession, url: str, file: FolderFile) -> str:
    """Bring a file into the service; return `added`, `unchanged`, or what is wrong after an exclamation mark."""
    address = f"{url}/api/documents/{quote(file.id, safe='')}"
    try:
        content = await asyncio.to_thread(file.path.read_bytes)
    except OSError as error:
        return f"!{error.strerror}"
    async with session.get(_encoded(address)) as answer:
        if answer.status == 200 and (await answer.json()).get("sha256") == hashlib.sha256(content).hexdigest():
            return "unchanged"
    headers = {"Content-Type": file.media.value}
    async with session.put(_encoded(address), data=content, headers=headers) as answer:
        told: dict[str, Any] = await answer.json(content_type=None)
        if answer.status >= 400:
            return f"!{told['detail']}"
        if answer.status != 202:
            return "added"
        job = f"{url}{answer.headers['Location']}"
    while told["state"] not in ("done", "failed", "cancelled"):
        await asyncio.sleep(JOB_POLL_S)
        async with session.get(job) as answer:
            told = await answer.json()
    return f"!{told['problems'][0]['detail']}" if told["problems"] else "added"


def _encoded(address: str) -> URL:
    return URL(address, encoded=True)


@contextmanager
def progress(total: int) -> Iterator[Tell]:
    """Yield what is told of each file that is done: a bar on a terminal, else a line now and then."""
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import Progress

        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("ingesting", total=total)
            yield lambda: bar.advance(task)
        return
    done = 0

    def tell() -> None:
        nonlocal done
        done += 1
        if done == total or done % max(total // LINE_EVERY, 1) == 0:
            sys.stderr.write(f"ingesting: {done} of {total} files\n")

    yield tell
