"""The moderated paired t: a change from interleaved pairs, steadied by what equal settings differed by before.

Sources: Smyth, Statistical Applications in Genetics and Molecular Biology 3 (2004), for a variance moderated by a prior
one; the weights and the guard are those that kept wrong verdicts at 2.4 to 5.6 % in five simulated noise worlds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.special import chdtri

from reports.estimate import t_quantile, variance

MOST_PAIRS = 200
"""How many pairs are thought of when asking how many would decide; beyond, the change is as large as the tolerance."""

POWER = 0.80
_PRIOR_PAIRS = 10  # the most that history may weigh, in degrees of freedom
_GUARD = 0.95  # pairs noisier than this quantile of what history allows: history is not believed


@dataclass(frozen=True, slots=True)
class Spread:
    """What pairs of equal settings differed by on this machine: the variance of one pair, and how many pairs."""

    variance: float
    pairs: int

    @property
    def weight(self) -> float:
        """Degrees of freedom that the history adds."""
        return min(float(_PRIOR_PAIRS), self.pairs / 2)


@dataclass(frozen=True, slots=True)
class PairedChange:
    """A mean difference over pairs on its own scale (logarithms or differences), with the spread of one pair."""

    differences: tuple[float, ...]
    variance: float
    degrees: float
    prior: float = 0.0
    notes: tuple[str, ...] = ()

    @property
    def pairs(self) -> int:
        """How many pairs there are."""
        return len(self.differences)

    @property
    def mean(self) -> float:
        """The estimate of the change."""
        return sum(self.differences) / len(self.differences)

    @property
    def half_width(self) -> float | None:
        """Half of the 95 % interval; None when one pair and no history give none."""
        return None if self.degrees <= 0 else t_quantile(self.degrees) * math.sqrt(self.variance / self.pairs)

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of the mean difference."""
        half = self.half_width
        return None if half is None else (self.mean - half, self.mean + half)

    @property
    def detectable(self) -> float | None:
        """The smallest change that so many pairs find in 80 % of cases, on the scale of the differences."""
        if self.degrees <= 0:
            return None
        error = math.sqrt(self.variance / self.pairs)
        return (t_quantile(self.degrees) + t_quantile(self.degrees, POWER)) * error

    def pairs_to_decide(self, band: float) -> int | None:
        """Return how many further pairs would put the interval wholly inside or wholly outside of ±band.

        Supposes that mean and spread stay as they are; None when that is beyond `MOST_PAIRS`.
        """
        room = abs(abs(self.mean) - band)
        if self.degrees <= 0:
            return 2  # three pairs are the fewest with a usable interval of their own
        for pairs in range(self.pairs + 1, MOST_PAIRS + 1):
            if t_quantile(self.prior + pairs - 1) * math.sqrt(self.variance / pairs) < room:
                return pairs - self.pairs
        return None


def paired_change(differences: Sequence[float], history: Spread | None = None, *, floor: float = 0.0) -> PairedChange:
    """Return the change over pairs; `floor` is the least variance that one pair can have (counting noise).

    With history: `v = (d0 s0^2 + (N-1) s^2) / (d0 + N - 1)`, `d0 = min(10, history pairs / 2)`, on `d0 + N - 1` degrees
    of freedom, unless the pairs are noisier than history allows (`s^2/s0^2` above the 95 % quantile of chi^2/(N-1)).

    Raises:
        ValueError: when there are no differences.
    """
    if not differences:
        raise ValueError("at least one pair is needed")
    pairs = len(differences)
    all_of_them = tuple(differences)
    own = max(variance(differences), floor)
    if history is None:
        return PairedChange(all_of_them, own, pairs - 1, notes=("no A/A history",))
    prior = max(history.variance, floor)
    if pairs > 1 and own > prior * float(chdtri(pairs - 1, 1 - _GUARD)) / (pairs - 1):
        left_aside = "noisier than the A/A history, which was left aside"
        return PairedChange(all_of_them, own, pairs - 1, notes=(left_aside,))
    degrees = history.weight + pairs - 1
    moderated = (history.weight * prior + (pairs - 1) * own) / degrees
    return PairedChange(
        all_of_them, moderated, degrees, history.weight, (f"with {history.pairs} A/A pairs of history",)
    )
