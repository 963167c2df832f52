"""Money: what tokens cost, and what may still be spent today. Whole micro-units only, so that sums stay exact."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import IO

import msgspec
from msgspec import Struct

from target_stub.answering.plan import Writer
from target_stub.config import Config
from target_stub.errors import ConfigError

DAY_S = 86_400
PER_TOKENS = 1000

Clock = Callable[[], float]
"""Seconds since the epoch: days are UTC's."""


@dataclass(frozen=True, slots=True)
class Price:
    """Micro-units for 1 000 tokens read, and for 1 000 written."""

    prompt: int
    completion: int

    def cost_micros(self, prompt_tokens: int, completion_tokens: int) -> int:
        """Return what so many tokens cost, rounded up to a whole micro-unit."""
        thousandths = prompt_tokens * self.prompt + completion_tokens * self.completion
        return -(-thousandths // PER_TOKENS)


def prices_of(config: Config) -> Mapping[Writer, Price]:
    """Return the prices in the configuration; what is extracted costs nothing."""
    return {
        Writer.SMALL: Price(config.answer_small_prompt_price, config.answer_small_completion_price),
        Writer.LARGE: Price(config.answer_large_prompt_price, config.answer_large_completion_price),
        Writer.EXTRACT: Price(0, 0),
    }


class _Day(Struct):
    day: int = 0
    spent_micros: int = 0


class Ledger:
    """What the day has cost, in memory, or in a file that several processes share and that outlives them."""

    def __init__(self, path: Path | None, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._day = _Day()
        if path is not None:
            self.add(0)  # so that a file that cannot be written is told at the start

    def spent_micros(self) -> int:
        """Return what was spent since midnight UTC."""
        return self.add(0)

    def add(self, micros: int) -> int:
        """Spend so much more (or, below 0, take back), and return the day's total.

        Raises:
            ConfigError: when the file cannot be read or written.
        """
        with self._opened() as file:
            day = self._read(file)
            today = int(self._clock() // DAY_S)
            if day.day != today:
                day = _Day(today, 0)
            day.spent_micros = max(0, day.spent_micros + micros)
            self._write(file, day)
            return day.spent_micros

    @contextmanager
    def _opened(self) -> Iterator[IO[bytes] | None]:
        if self._path is None:
            yield None
            return
        try:
            with os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                yield file
        except OSError as error:
            message = f"the budget's file {self._path} cannot be used: {error.strerror}"
            raise ConfigError(message, hint="give another --answer-budget-file") from error

    def _read(self, file: IO[bytes] | None) -> _Day:
        if file is None:
            return self._day
        try:
            return msgspec.json.decode(file.read() or b"{}", type=_Day)
        except msgspec.DecodeError:  # damaged: what this process remembers is the best there is
            return self._day

    def _write(self, file: IO[bytes] | None, day: _Day) -> None:
        self._day = day
        if file is not None:
            file.seek(0)
            file.write(msgspec.json.encode(day))
            file.truncate()


class DailyBudget:
    """How much may be spent a day, and who may write while how much of it is left."""

    def __init__(self, limit_micros: int, large_share: float, ledger: Ledger) -> None:
        self._limit = limit_micros
        self._large_limit = int(limit_micros * large_share)
        self._ledger = ledger

    @property
    def left_micros(self) -> float:
        """What may still be spent today; infinite without a limit."""
        return max(0, self._limit - self._ledger.spent_micros()) if self._limit else inf

    def affordable(self, wanted: Writer, highest_cost: Mapping[Writer, int]) -> Writer:
        """Return who may write: the one wanted if the dearest answer still fits, else a cheaper one, at last nobody."""
        if not self._limit or wanted is Writer.EXTRACT:
            return wanted
        spent = self._ledger.spent_micros()
        if wanted is Writer.LARGE and spent + highest_cost[Writer.LARGE] <= self._large_limit:
            return Writer.LARGE
        return Writer.SMALL if spent + highest_cost[Writer.SMALL] <= self._limit else Writer.EXTRACT

    def spend(self, micros: int) -> None:
        """Note what was spent, or held back for an answer under way; below 0, what is given back of that."""
        self._ledger.add(micros)
