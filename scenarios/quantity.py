"""Text to numbers in base units: durations to seconds, rates to per second, ratios to shares, sizes to bytes."""

from __future__ import annotations

import re

_DURATION_UNITS_S = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(us|ms|s|m|h)")
_RATE = re.compile(r"(\d+(?:\.\d+)?)\s*/\s*(.+)")
_BARE_UNIT = re.compile(r"us|ms|s|m|h")


def duration_s(text: str | float) -> float:
    """Return seconds for `90`, `"6s"`, `"250ms"`, `"1m30s"`; a bare number means seconds.

    Raises:
        ValueError: when the text is not a duration.
    """
    if isinstance(text, bool):
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
    if isinstance(text, bool):
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
