"""Sieve: searching on until enough of what is found may be shown, for indexes that cannot leave rows out themselves."""

from __future__ import annotations

from collections.abc import Callable

from target_stub.index import Neighbours
from target_stub.table import Mask

GROWTH = 4  # few rounds, of which the last asks for at most four times what was needed


def sieved(search: Callable[[int], Neighbours], k: int, mask: Mask, total: int) -> Neighbours:
    """Return the k best that the mask lets pass.

    Args:
        search: returns about as many of the best rows as it is asked for, best first.
        k: how many are wanted.
        mask: whether a row may be found, shape (rows,).
        total: how many rows `search` knows; when it was asked for all of them, the rest is left out.
    """
    asked = min(2 * k, total)
    while True:
        seen = search(asked)
        found = [its for its in seen if mask[its[0]]]
        if len(found) >= k or len(seen) < asked or asked >= total:
            return found[:k]
        asked = min(asked * GROWTH, total)
