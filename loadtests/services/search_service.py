"""The bundled search service as a child process: prepared once, started afresh for every trial."""

from __future__ import annotations

import secrets
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from loadtests.services.child import Child, Priority, leashed
from loadtests.services.waiting import answers, started, wait_for
from scenarios.errors import HarnessError
from scenarios.scenario import Variant

ANNOUNCE_TIMEOUT_S = 30.0
READY_TIMEOUT_S = 120.0
MODULE = "target_stub"

STEPS = {"corpus": "reading the corpus", "vectors": "embedding the documents", "index": "building the index"}
"""What the service prepares, step by step, in the words of a progress display."""

Progress = Callable[[str, int, int], None]
"""Called with a step's name, how much of it is done, and how much there is."""


@dataclass(frozen=True, slots=True)
class Service:
    """The running service and where it listens; `token` is its admin token, empty when it cannot be broken."""

    child: Child
    url: str
    token: str = ""


def prepare(variant: Variant, log: Path, progress: Progress) -> None:
    """Build what the variant needs on disk (corpus, vectors, index), unless it is there already.

    Raises:
        HarnessError: when it cannot be built, with the end of what it said.
    """
    command = [sys.executable, "-m", MODULE, "prepare", *flags(variant)]
    with log.open("ab") as errors:
        process = subprocess.Popen(leashed(command), stdout=subprocess.PIPE, stderr=errors)
        try:
            for line in process.stdout or ():
                step = _progress(line)
                if step.get("step") in STEPS:
                    progress(STEPS[step["step"]], int(step["done"]), int(step["total"]))
            code = process.wait()
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    if code:
        said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-4:]
        raise HarnessError(
            f"the service cannot be prepared for variant {variant.name}:\n" + "\n".join(f"  | {line}" for line in said),
            hint="mend the variant's profile and settings in the scenario",
        )


def start(variant: Variant, folder: Path, log: Path, cpus: Sequence[int], *, breakable: bool | None = None) -> Service:
    """Start the service on a free port; it is listening when this returns, but perhaps not ready yet.

    `breakable` lets it take faults; by default it does when its variant has some.

    Raises:
        HarnessError: when it does not come up.
    """
    announcement = folder / f".service-{variant.name}.json"
    announcement.unlink(missing_ok=True)
    command = [sys.executable, "-m", MODULE, "serve", *flags(variant), "--port", "0", "--announce", str(announcement)]
    token = secrets.token_urlsafe(16) if (bool(variant.faults) if breakable is None else breakable) else ""
    environ = {"TENFOLD_STUB_FAULTS": "true", "TENFOLD_STUB_ADMIN_TOKEN": token} if token else {}
    child = Child("the search service", command, log, environ=environ, cpus=cpus, priority=Priority.HIGH)
    try:
        url = started(child, "its address", lambda: _announced(announcement), ANNOUNCE_TIMEOUT_S)
    finally:
        announcement.unlink(missing_ok=True)
    return Service(child, url, token)


def wait_until_ready(service: Service) -> None:
    """Wait until the service's corpus, index and embedder are warm.

    Raises:
        HarnessError: when it ends first, or takes too long.
    """
    wait_for(service.child, "readiness", lambda: answers(service.url + "/readyz"), READY_TIMEOUT_S)


def flags(variant: Variant) -> list[str]:
    """Return the service's command-line flags for a variant."""
    words = ["--profile", variant.profile] if variant.profile else []
    for name, value in variant.settings.items():
        option = name.replace("_", "-")
        if isinstance(value, bool):
            words.append(f"--{option}" if value else f"--no-{option}")
        else:
            words += [f"--{option}", str(value)]
    return words


def _announced(path: Path) -> str | None:
    try:
        data: Mapping[str, Any] = orjson.loads(path.read_bytes())
        return str(data["url"])
    except (OSError, ValueError, KeyError):
        return None


def _progress(line: bytes) -> dict[str, Any]:
    try:
        data = orjson.loads(line)
    except orjson.JSONDecodeError:
        return {}
    return data if isinstance(data, dict) else {}
