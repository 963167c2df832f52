"""Page files: the search page's own files, read once, each with its media type and its tag. Nothing of HTTP."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from html import escape
from pathlib import Path

import orjson

from target_stub.config import Config

FOLDER = Path(__file__).parent / "page"
SHELL_NAME, WORKER_NAME = "index.html", "service-worker.js"
MEDIA = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
VERSION_BYTES = 8  # tells versions of one page apart; nothing is secret in it
NAMED_CORPORA = ("stdlib", "installed")  # any other is the path of a folder, which is nobody's business


@dataclass(frozen=True, slots=True)
class PageFile:
    """A file as it is sent, plain or packed by gzip."""

    media: str
    body: bytes
    packed: bytes
    tag: str

    @classmethod
    def of(cls, name: str, body: bytes) -> PageFile:
        """Return the file of this name with this content."""
        tag = blake2b(body, digest_size=VERSION_BYTES).hexdigest()
        return cls(MEDIA[Path(name).suffix], body, gzip.compress(body, mtime=0), tag)


@dataclass(frozen=True, slots=True)
class PageFiles:
    """The shell, the service worker, and by name what the shell takes besides, all of one version."""

    version: str
    shell: PageFile
    worker: PageFile
    assets: Mapping[str, PageFile]

    @classmethod
    def read(cls, config: Config, folder: Path = FOLDER) -> PageFiles:
        """Return the page of a service with these switches; it shows what the service can do, and nothing else."""
        texts = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.iterdir()) if path.is_file()}
        offers = _offers(config)
        version = blake2b(orjson.dumps([texts, offers]), digest_size=VERSION_BYTES).hexdigest()
        shell, worker = texts.pop(SHELL_NAME), texts.pop(WORKER_NAME)
        addresses = ["/", *(f"/page/{version}/{name}" for name in texts)]
        filled = {"__VERSION__": version, "__SHELL__": orjson.dumps(addresses).decode()}
        return cls(
            version,
            PageFile.of(SHELL_NAME, _filled(shell, {**filled, **offers})),
            PageFile.of(WORKER_NAME, _filled(worker, filled)),
            {name: PageFile.of(name, text.encode()) for name, text in texts.items()},
        )


def _offers(config: Config) -> Mapping[str, str]:
    """Return what the page offers, by its place in the shell, as text of attributes."""
    has_words, reranks = config.keyword != "off", config.rerank != "off"
    told = {
        "__MODES__": "hybrid keyword vector" if has_words else "vector",
        "__RERANK__": str(config.rerank_depth) if reranks else "0",
        "__CORPUS__": config.corpus if config.corpus in NAMED_CORPORA else "",
        "__WRITER__": "model" if config.upstream_url else "",
    }
    return {place: escape(text) for place, text in told.items()}


def _filled(text: str, values: Mapping[str, str]) -> bytes:
    for place, value in values.items():
        text = text.replace(place, value)
    return text.encode()
