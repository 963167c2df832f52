"""The lazy embedder: one that is loaded when it is first used, or when it is told to be."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter

from target_stub.embedder import Embedder, Vectors
from target_stub.errors import ConfigError, UnavailableError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of an embedder before it is loaded."""

    name: str
    dim: int
    version: str


class LazyEmbedder:
    """Loads on the first text, in the thread that brings it; whoever comes meanwhile waits for the same loading."""

    def __init__(self, known: Known, make: Callable[[], Embedder]) -> None:
        self.name, self.dim, self.version = known.name, known.dim, known.version
        self.load_s = 0.0  # how long loading took; 0 until it did
        self._make = make
        self._lock = threading.Lock()
        self._embedder: Embedder | None = None

    def load(self) -> Embedder:
        """Return the embedder, loading it when it is not.

        Raises:
            ConfigError: when it cannot be loaded, or is another one than it is known as.
        """
        with self._lock:
            if self._embedder is None:
                started = perf_counter()
                made = self._make()
                if (made.version, made.dim) != (self.version, self.dim):
                    raise ConfigError(
                        f"the embedder is {made.version} with {made.dim} components, the vectors were made by "
                        f"{self.version} with {self.dim}",
                        hint="were its files exchanged meanwhile? start the service again",
                    )
                self._embedder = made
                self.load_s = perf_counter() - started
                log.info("loaded the embedder %s in %.2f s", self.version, self.load_s)
            return self._embedder

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return the embedder's rows.

        Raises:
            UnavailableError: when it cannot be loaded; the next text tries again.
        """
        embedder = self._embedder
        if embedder is None:
            try:
                embedder = self.load()
            except ConfigError as error:
                raise UnavailableError(f"the embedder cannot be loaded: {error.what}") from error
        return embedder.embed(texts)
