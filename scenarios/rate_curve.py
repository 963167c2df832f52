"""RateCurve: the offered rate of one stage over time, its integral, and the inverse of that integral."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scenarios.shape import Floats, Shape

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(4)
"""Gauss's rule with four points integrates polynomials of degree 7 exactly: any product of up to seven lines."""

_STRAIGHT = 1e-12  # relative: a piece that bends less than rounding does is a line
_CLOSE_S = 1e-9  # of Newton's last step; the error that remains is its square
_NEWTON_STEPS = 50  # each at least halves the bracket where Newton's own step leaves it: 2^-50 of a piece


class RateCurve:
    """The rate at every instant of a stage: its level times the factors of its shapes."""

    def __init__(self, level_per_s: float, duration_s: float, shapes: Sequence[Shape] = ()) -> None:
        self._level_per_s = level_per_s
        self._duration_s = duration_s
        self._shapes = tuple(shapes)
        breaks = [shape.breaks(duration_s) for shape in self._shapes] or [np.array([0.0, duration_s])]
        self._starts = np.unique(np.concatenate(breaks))
        self._lengths = np.diff(self._starts)
        self._starts = self._starts[:-1]
        self._first, self._last, self._straight = self._lines()
        pieces = self._integrals(self._starts, self._lengths)
        self._before = np.concatenate(([0.0], np.cumsum(pieces)))

    @property
    def total(self) -> float:
        """The integral over the whole stage: how many arrivals are expected in it."""
        return float(self._before[-1])

    @property
    def peak_per_s(self) -> float:
        """The highest rate: exact at the corners of lines, and within 0.1 % on top of a wave."""
        ends = np.where(self._straight, np.maximum(self._first, self._last), 0.0)
        return float(max(ends.max(), self._inside().max()))

    @property
    def lowest_per_s(self) -> float:
        """The lowest rate, as exact as the highest."""
        ends = np.where(self._straight, np.minimum(self._first, self._last), np.inf)
        return float(min(ends.min(), self._inside().min()))

    def _inside(self) -> Floats:
        shares = np.array([0.02, 0.25, 0.5, 0.75, 0.98])
        return self.rate(self._starts[:, None] + self._lengths[:, None] * shares)

    def rate(self, t_s: Floats) -> Floats:
        """Return the rate per second at instants since the stage's start."""
        rate = np.full_like(t_s, self._level_per_s)
        for shape in self._shapes:
            rate = rate * shape.factor(t_s, self._duration_s)
        return rate

    def integral(self, t_s: Floats) -> Floats:
        """Return how many arrivals are expected from the stage's start until each instant within the stage."""
        piece = np.clip(np.searchsorted(self._starts, t_s, side="right") - 1, 0, len(self._starts) - 1)
        start = self._starts[piece]
        inside = np.clip(t_s - start, 0.0, self._lengths[piece])
        return self._before[piece] + self._integrals(start, inside)

    def instants(self, expected: Floats) -> Floats:
        """Return the instants at which the integral reaches each of the given values (its inverse).

        Unit-rate arrivals mapped through it are arrivals at this rate: the time change of an inhomogeneous Poisson
        process (Cinlar 1975, Introduction to Stochastic Processes, chapter 4.7).

        Args:
            expected: Values from 0 up to, not including, `total`.
        """
        piece = np.clip(np.searchsorted(self._before, expected, side="right") - 1, 0, len(self._starts) - 1)
        wanted = expected - self._before[piece]
        first, last, length = self._first[piece], self._last[piece], self._lengths[piece]
        # the root of first*x + (last-first)/length * x^2/2 = wanted, in the form that loses no digits
        bend = (last - first) / length
        root = np.sqrt(np.maximum(first * first + 2 * bend * wanted, 0.0))
        with np.errstate(divide="ignore", invalid="ignore"):
            inside = np.where(first + root > 0, 2 * wanted / (first + root), 0.0)
        inside = np.clip(inside, 0.0, length)
        curved = ~self._straight[piece]
        if curved.any():
            inside[curved] = self._newton(piece[curved], wanted[curved], inside[curved])
        return self._starts[piece] + inside

    def _lines(self) -> tuple[Floats, Floats, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
        """Return each piece's rate at its two ends, seen from inside, and whether it is straight between them."""
        at = [self.rate(self._starts + self._lengths * share) for share in (0.25, 0.5, 0.75)]
        quarter, middle, three = at
        first, last = 2 * quarter - middle, 2 * three - middle
        scale = np.maximum(np.abs(middle), self._level_per_s)
        straight = np.abs(quarter + three - 2 * middle) <= _STRAIGHT * scale
        straight &= np.abs(first + last - 2 * middle) <= _STRAIGHT * scale * 8
        return np.maximum(first, 0.0), np.maximum(last, 0.0), straight

    def _integrals(self, start_s: Floats, length_s: Floats) -> Floats:
        half = length_s / 2
        inside = start_s[:, None] + half[:, None] * (1 + _NODES)
        values: Floats = half * (self.rate(inside) @ _WEIGHTS)
        return values

    def _newton(self, piece: np.ndarray[tuple[int], np.dtype[np.intp]], wanted: Floats, guess: Floats) -> Floats:
        """Solve for the instants inside curved pieces: Newton's step, or halving where it leaves the bracket."""
        start, low, high = self._starts[piece], np.zeros_like(guess), self._lengths[piece].copy()
        x = guess
        for _ in range(_NEWTON_STEPS):
            excess = self._integrals(start, x) - wanted
            low, high = np.where(excess <= 0, x, low), np.where(excess > 0, x, high)
            with np.errstate(divide="ignore", invalid="ignore"):
                step = x - excess / self.rate(start + x)
            following = np.where((step >= low) & (step <= high), step, (low + high) / 2)
            if np.all(np.abs(following - x) <= _CLOSE_S):
                return following
            x = following
        return x
