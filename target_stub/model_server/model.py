"""Model: one of the models served, with its limits, and how long it takes, drawn from a seeded distribution.

Times to first token and between tokens of served language models are skewed to the right, so both are lognormal: the
median is given, and `sigma` is the standard deviation of the logarithm (p95 = median x e^(1.645 sigma)). The defaults
are of the order that small and large hosted models have; they are a choice, not a measurement of any product.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from math import exp
from random import Random

from cachetools import LRUCache

from target_stub.answering.extraction import LARGE, SMALL, Style

REMEMBERED_PROMPTS = 50_000


@dataclass(frozen=True, slots=True)
class Lognormal:
    """A skewed length of time."""

    median_s: float
    sigma: float

    def __post_init__(self) -> None:
        if self.median_s < 0 or self.sigma < 0:
            raise ValueError(f"a median and a sigma are not negative, got {self.median_s} and {self.sigma}")

    def draw_s(self, rng: Random) -> float:
        """Return seconds."""
        return self.median_s * exp(rng.gauss(0.0, self.sigma))


@dataclass(frozen=True, slots=True)
class Model:
    """A model: its name, its pace, its limits in tokens, and how well it chooses."""

    name: str
    first_token: Lognormal
    next_token: Lognormal
    context_tokens: int
    max_output_tokens: int
    style: Style


SMALL_MODEL = Model("tenfold-small", Lognormal(0.12, 0.3), Lognormal(0.006, 0.4), 4096, 512, SMALL)
LARGE_MODEL = Model("tenfold-large", Lognormal(0.45, 0.4), Lognormal(0.018, 0.4), 16_384, 1024, LARGE)


class Pace:
    """Draws each answer's times from the seed, the model, the prompt and how often that prompt has come.

    So two servers with one seed take the same times for the same questions, whatever else they are asked meanwhile.
    """

    def __init__(self, seed: int, time_scale: float = 1.0) -> None:
        self._seed = seed
        self._scale = time_scale
        self._asked: LRUCache[bytes, int] = LRUCache(REMEMBERED_PROMPTS)

    def times_s(self, model: Model, prompt: str) -> Iterator[float]:
        """Yield how long the first token takes, then each next one, without end."""
        key = blake2b(f"{self._seed}\0{model.name}\0{prompt}".encode(), digest_size=8).digest()
        number = self._asked.get(key, 0)
        self._asked[key] = number + 1
        rng = Random(f"{key.hex()} {number}")  # noqa: S311 (times, not secrets)
        yield model.first_token.draw_s(rng) * self._scale
        while True:
            yield model.next_token.draw_s(rng) * self._scale
