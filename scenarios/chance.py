"""Chance: seeded randomness of a plan: named streams of uniform numbers, and numbers that belong to a place."""

from __future__ import annotations

import hashlib

import numpy as np

from scenarios.shape import Floats

_MASK = 2**64 - 1


def stream(seed: int, name: str) -> np.random.Generator:
    """Return the stream of that name; streams of one seed are independent, so that none shifts another.

    Only its `random()` is to be used: uniform doubles from the raw bits of PCG64, which NumPy keeps as they are.
    """
    digest = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "big")))


def exponentials(rng: np.random.Generator, count: int) -> Floats:
    """Return exponential numbers of mean 1, by inversion."""
    gaps: Floats = -np.log1p(-rng.random(count))
    return gaps


def mixed(number: int) -> int:
    """Return a 64-bit number scrambled one to one (the finaliser of SplitMix64, Steele et al., OOPSLA 2014)."""
    z = (number + 0x9E3779B97F4A7C15) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)


def uniform(*place: int) -> float:
    """Return a uniform number from 0 to 1 that belongs to a place, such as (seed, arrival, step), whoever asks first.

    What happens after a reply comes in an order that no plan knows; drawn like this it is still the same every time.
    """
    state = 0
    for number in place:
        state = mixed(state ^ (number & _MASK))
    return float((state >> 11) * 2.0**-53)
