"""Facts about where a run happens: machine, versions, commit, environment. Secrets are masked before they are kept."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil

PACKAGES = ("tenfold", "locust", "gevent", "aiohttp", "uvloop", "numpy", "qdrant-edge-py", "onnxruntime", "wordllama")
KEPT_PREFIXES = ("TENFOLD_", "LOCUST_", "PROMETHEUS_", "GRAFANA_", "GITHUB_", "CI")
MASK = "***"

_SECRET_NAME = re.compile(r"TOKEN|SECRET|PASS|CREDENTIAL|AUTH|API_?KEY|PRIVATE|COOKIE|SIGNATURE", re.IGNORECASE)
_URL_PASSWORD = re.compile(r"(?<=://)[^/@\s]+@")
_SECRET_OPTION = re.compile(r"(?i)(--?[\w-]*(?:token|secret|password|api-?key)[\w-]*)(=|\s+)\S+")


def machine() -> dict[str, Any]:
    """Return what decides how fast this machine is: processor, cores, memory, kernel, Python."""
    return {
        "host": platform.node(),
        "cpu": _cpu_model(),
        "cores": os.cpu_count() or 1,
        "memory_bytes": psutil.virtual_memory().total,
        "os": _os_name(),
        "kernel": platform.release(),
        "python": platform.python_version(),
    }


def versions() -> dict[str, str]:
    """Return the versions of the packages that decide about numbers, and of Prometheus where it is installed."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    if prometheus := _prometheus_version():
        found["prometheus"] = prometheus
    return found


def commit(folder: Path) -> str:
    """Return the short commit of the checkout that holds `folder`, with `-dirty` when files differ; `nogit` without."""
    try:
        revision = _git(folder, "rev-parse", "--short=7", "HEAD")
        changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        return "nogit"
    return f"{revision}-dirty" if changed else revision


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that steer a run; values of those that look like secrets are masked."""
    kept = {name: value for name, value in sorted(environ.items()) if name.startswith(KEPT_PREFIXES)}
    return {name: MASK if _SECRET_NAME.search(name) else masked(value) for name, value in kept.items()}


def command(argv: Sequence[str]) -> tuple[str, ...]:
    """Return a command line fit to be kept: secrets given as options or in addresses are masked."""
    words = [masked(word) for word in argv]
    for index, word in enumerate(words[:-1]):
        if word.startswith("-") and "=" not in word and _SECRET_NAME.search(word.replace("-", "_")):
            words[index + 1] = MASK
    return tuple(words)


def masked(text: str) -> str:
    """Return text without passwords of addresses and without values of secret options."""
    return _SECRET_OPTION.sub(rf"\1\2{MASK}", _URL_PASSWORD.sub(f"{MASK}@", text))


def _git(folder: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", *words],  # noqa: S607 - the user's own git
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=10,
        check=True,
    )
    return done.stdout.strip()


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


def _os_name() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    except OSError:
        return platform.system()


def _prometheus_version() -> str:
    binary = shutil.which("prometheus")
    if binary is None:
        return ""
    try:
        done = subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.SubprocessError):
        return ""
    match = re.search(r"version (\S+)", done.stdout + done.stderr)
    return match[1] if match else ""
