"""The tools: which programs and packages are installed, and what is off without them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from importlib import metadata

from loadtests.doctor.symptom import Grade, Symptom

PROGRAMS = (
    ("prometheus", "no server-side numbers", "apt-get install prometheus"),
    ("promtool", "rules and queries are not checked by Prometheus itself", "apt-get install prometheus"),
    ("redis-server", "the shared cache of the bundled service stays off", "apt-get install redis-server"),
    ("chromium", "pages are not tested in a browser", "apt-get install chromium"),
    ("git", "runs do not know their commit", "apt-get install git"),
)
PACKAGES = (
    ("locust", "", ""),
    ("gevent", "", ""),
    ("onnxruntime", "the minilm embedder is off", "pip install 'tenfold[minilm]'"),
)


def examine() -> Iterator[Symptom]:
    """Yield what was found."""
    for program, without, advice in PROGRAMS:
        path = shutil.which(program)
        if path:
            yield Symptom(program, Grade.GOOD, "installed")
        else:
            yield Symptom(program, Grade.NOTE, f"not installed: {without}", advice)
    for package, without, advice in PACKAGES:
        try:
            yield Symptom(package, Grade.GOOD, metadata.version(package))
        except metadata.PackageNotFoundError:
            yield Symptom(package, Grade.NOTE, f"not installed: {without}", advice)
