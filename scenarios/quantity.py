"""Text to numbers in base units: durations to seconds, rates to per second, ratios to shares, sizes to bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

_DURATION_UNITS_S = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(us|ms|s|m|h)")
_NUMBER = r"(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"
_RATE = re.compile(_NUMBER + r"\s*/\s*(.+)")
_LEVEL = re.compile(_NUMBER + r"\s*(x|%)")
_SIZE = re.compile(_NUMBER + r"\s*([kMG]i?)?B")
_SIZE_UNITS = {None: 1, "k": 10**3, "M": 10**6, "G": 10**9, "ki": 2**10, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
_BARE_UNIT = re.compile(r"us|ms|s|m|h")


def duration_s(text: str | float) -> float:
    """Return seconds for `90`, `"6s"`, `"250ms"`, `"1m30s"`; a bare number means seconds.

    Raises:
        ValueError: when the text is not a duration.
    """
    if isinstance(text, bool) or not isinstance(text, int | float | str):
        raise ValueError("a duration such as 30s, 250ms or 1m30s")
    if isinstance(text, int | float):
        return float(text)
    compact = text.replace(" ", "")
    parts = _DURATION_PART.findall(compact)
    if not parts or "".join(number + unit for number, unit in parts) != compact:
        raise ValueError("a duration such as 30s, 250ms or 1m30s")
    return sum(float(number) * _DURATION_UNITS_S[unit] for number, unit in parts)


def rate_per_s(text: str | float) -> float:
    """Return requests per second for `100`, `"100/s"`, `"50/2s"`, `"6000/m"`.

    Raises:
        ValueError: when the text is not a rate, or its period is zero.
    """
    if isinstance(text, bool) or not isinstance(text, int | float | str):
        raise ValueError("a rate such as 100/s or 6000/m")
    if isinstance(text, int | float):
        return float(text)
    match = _RATE.fullmatch(text.strip())
    if match is None:
        raise ValueError("a rate such as 100/s or 6000/m")
    period = match[2].strip()
    try:
        period_s = duration_s("1" + period if _BARE_UNIT.fullmatch(period) else period)
    except ValueError:
        raise ValueError("a rate such as 100/s or 6000/m") from None
    if period_s <= 0:
        raise ValueError("a rate over a period longer than zero, such as 100/s")
    return float(match[1]) / period_s


def share(text: str | float) -> float:
    """Return a share from 0 to 1 for `0.2` or `"20%"`.

    Raises:
        ValueError: when the text is not a share.
    """
    wrong = ValueError("a share such as 20% or 0.2")
    if isinstance(text, bool) or not isinstance(text, int | float | str):
        raise wrong
    if isinstance(text, int | float):
        value = float(text)
    else:
        match = _LEVEL.fullmatch(text.strip())
        if match is None or match[2] != "%":
            raise wrong
        value = float(Decimal(match[1]) / 100)
    if not 0 <= value <= 1:
        raise ValueError("a share between 0 and 100 %")
    return value


def size_bytes(text: str | int) -> int:
    """Return bytes for `4096`, `"64kB"`, `"1.5MB"`, `"2MiB"`.

    Raises:
        ValueError: when the text is not a size.
    """
    if isinstance(text, int) and not isinstance(text, bool):
        return text
    match = _SIZE.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        raise ValueError("a size such as 64kB or 1MB")
    return round(float(match[1]) * _SIZE_UNITS[match[2]])


class LevelUnit(StrEnum):
    """What a level counts in."""

    BASELINE = "x"  # multiples of the baseline
    RATE = "/s"  # arrivals per second
    STAGE = "%"  # a share of the stage's own level


@dataclass(frozen=True, slots=True)
class Level:
    """A height of offered load, as it was written."""

    value: float
    unit: LevelUnit


def level(text: str | float) -> Level:
    """Return a level for `3` or `"3x"` (of the baseline), `"300/s"`, `"30%"` (of the stage's own level).

    Raises:
        ValueError: when the text is none of them.
    """
    wrong = ValueError("a level such as 3x (of the baseline), 300/s or 30% (of the stage's level)")
    if isinstance(text, bool) or not isinstance(text, int | float | str):
        raise wrong
    if isinstance(text, int | float):
        if text < 0:
            raise wrong
        return Level(float(text), LevelUnit.BASELINE)
    match = _LEVEL.fullmatch(text.strip())
    if match is None:
        try:
            return Level(rate_per_s(text), LevelUnit.RATE)
        except ValueError:
            raise wrong from None
    if match[2] == "x":
        return Level(float(match[1]), LevelUnit.BASELINE)
    return Level(float(Decimal(match[1]) / 100), LevelUnit.STAGE)


def percent_text(share: float) -> str:
    """Return a share as percent, in digits that read back to the very same number."""
    return f"{Decimal(repr(share)) * 100:f}%"
