"""Numbers to words: the only place where seconds, shares and bytes become text."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime

from scenarios.indicator import Indicator, IndicatorKind, Unit

SPACE = "\u00a0"
"""Stands between a number and its unit: a line never breaks there."""

THIN = "\u202f"
"""Separates thousands: narrow, and a line never breaks there."""

MINUS = "\u2212"
NOT_MEASURED = "\u2013"
NO_ANSWER = "no answer"
NOT_RECOVERED = "not within the stage"
AT_ONCE = "at once"  # within the first step: read no finer, so "0 ms" would say too much
_MORE_DIGITS = 6  # how far a value is spelt out to show that it is not its limit
_ZEROS = re.compile(r"\.0+(?!\d)")
_SCALES = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))
_MULTIPLES = ("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def number(value: float, digits: int = 2) -> str:
    """Return a plain number with that many significant digits, whole ones in full, thousands set apart."""
    if math.isnan(value):
        return NOT_MEASURED
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    magnitude = math.floor(math.log10(abs(value))) if value else 0
    decimals = max(0, digits - 1 - magnitude)
    rounded = round(value, decimals)
    if rounded and math.floor(math.log10(abs(rounded))) > magnitude:  # 9.96 became 10.0: one digit less is needed
        decimals = max(0, decimals - 1)
    text = f"{abs(rounded):,.{decimals}f}".replace(",", THIN)
    if "." in text and math.isclose(rounded, value, rel_tol=1e-9):  # 2 s was meant, 9.0 ms was measured
        text = text.rstrip("0").rstrip(".")
    return f"{MINUS}{text}" if rounded < 0 else text


def count(value: int) -> str:
    """Return a whole number with its thousands set apart."""
    return f"{value:,}".replace(",", THIN)


def duration(value_s: float, digits: int = 2) -> str:
    """Return a duration given in seconds: µs, ms or s; infinity is "no answer"."""
    if math.isnan(value_s):
        return NOT_MEASURED
    if math.isinf(value_s):
        return NO_ANSWER
    size = abs(value_s)
    if size and size < 0.9995e-3:
        return f"{number(value_s * 1e6, digits)}{SPACE}µs"
    if size < 0.9995:
        return f"{number(value_s * 1e3, digits)}{SPACE}ms"
    return f"{number(value_s, max(digits, 3))}{SPACE}s"


def stretch(value_s: float) -> str:
    """Return a length of time that a person waits, such as 4 min 38 s."""
    whole = round(value_s)
    if whole < 60:
        return f"{number(value_s)}{SPACE}s"
    minutes, seconds = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "min"), (seconds, "s"))
    return " ".join(f"{amount}{SPACE}{unit}" for amount, unit in parts if amount)


def percent(share: float, digits: int = 2) -> str:
    """Return a share as a percentage; near 100 % the digits count what is lacking, so that 99.98 % is not 100 %."""
    if not math.isfinite(share):
        return number(share)
    value = share * 100
    lacking = 100 - value
    if 0 < lacking < 1:
        decimals = max(1, digits - 2 - math.floor(math.log10(lacking)))
        text = f"{value:.{min(decimals, 4)}f}"
        return f"{text if float(text) < 100 else '99.9999'}{SPACE}%"
    return f"{number(value, digits)}{SPACE}%"


def points(difference: float, digits: int = 2) -> str:
    """Return a difference of two shares as signed percentage points."""
    return f"{sign(difference)}{number(abs(difference) * 100, digits)}{SPACE}pp"


def sign(value: float) -> str:
    """Return the sign of a change, zero without one."""
    return "+" if value > 0 else MINUS if value < 0 else "±" if value == 0 else ""


def size(value_bytes: float, digits: int = 3) -> str:
    """Return a size in decimal units."""
    step = min(4, max(0, math.floor(math.log10(abs(value_bytes) * 1.0005) / 3))) if value_bytes else 0
    return f"{number(value_bytes / 1000**step, digits)}{SPACE}{('B', 'kB', 'MB', 'GB', 'TB')[step]}"


def rate(value_per_s: float, digits: int = 3) -> str:
    """Return a rate per second."""
    return f"{number(value_per_s, digits)}/s"


def level(value: float, unit: Unit, digits: int = 0) -> str:
    """Return a value in the base unit as text; `digits` 0 takes the unit's own habit."""
    if math.isnan(value):
        return NOT_MEASURED
    match unit:
        case Unit.SECONDS:
            return duration(value, digits or 2)
        case Unit.RATIO:
            return percent(value, digits or 2)
        case Unit.PER_SECOND:
            return rate(value, digits or 3)
        case Unit.BYTES:
            return size(value, digits or 3)
        case Unit.CORES:
            return f"{number(value, digits or 2)}{SPACE}cores"
        case _:
            return number(value, digits or 3)


def half_width(half: float, value: float, unit: Unit) -> str:
    """Return the half-width of an interval in the scale of its value: ±0.22 ms beside 9.0 ms."""
    if unit is not Unit.SECONDS or half <= 0 or not math.isfinite(value):
        return f"±{level(half, unit)}"
    scale, name = next((its for its in _SCALES if abs(value) >= its[0] * 0.9995), _SCALES[-1])
    return f"±{number(half / scale, 1 if half >= scale else 2)}{SPACE}{name}"


def between(low: str, high: str, word: str = "to") -> str:
    """Return a range or a step of two values, their common unit said once: 58 to 60 %, 64 → 8.9 ms."""
    number_of, _, unit = low.rpartition(SPACE)
    shared = number_of and high.endswith(SPACE + unit)
    return f"{number_of if shared else low} {word} {high}"


def quality(value: float, digits: int = 3) -> str:
    """Return a mean quality between 0 and 1, such as a recall, with that many decimals."""
    return NOT_MEASURED if math.isnan(value) else f"{value:.{digits}f}"


def amount(indicator: Indicator, value: float, *, limit: float | None = None) -> str:
    """Return an indicator's value as text, spelt out far enough not to read like a limit that it is not."""
    said = _said(indicator, value, 0)
    if limit is None or value == limit or not math.isfinite(value):
        return said
    for digits in range(3, _MORE_DIGITS + 1):
        if _bare(said) not in (_bare(_said(indicator, limit, 0)), _bare(_said(indicator, limit, digits))):
            break
        said = _said(indicator, value, digits)
    return said


def _bare(text: str) -> str:
    """Return a number's text without zeros that say nothing: 99.0 % reads like 99 %."""
    return _ZEROS.sub("", text)


def _said(indicator: Indicator, value: float, digits: int) -> str:
    if indicator.kind is IndicatorKind.QUALITY:
        return quality(value, max(digits, 3))
    if indicator.kind is IndicatorKind.RECOVERY and (value == 0 or math.isinf(value)):
        return NOT_RECOVERED if value else AT_ONCE
    return level(value, indicator.unit, digits)


def factor(ratio: float) -> str:
    """Return how many times: 3.4x, 114x."""
    if math.isinf(ratio):
        return "∞x"
    return f"{number(ratio, 2 if ratio < 10 else 3)}x"


def ratio_change(change: float) -> str:
    """Return a relative change: in per cent between a half and a doubling, in multiples beyond (114x lower)."""
    ratio = change + 1
    if ratio >= 2:
        return f"{factor(ratio)} higher"
    if 0 < ratio <= 0.5:
        return f"{factor(1 / ratio)} lower"
    return NOT_MEASURED if math.isnan(change) else f"{sign(change)}{number(abs(change) * 100)}{SPACE}%"


def multiple(value: float) -> str:
    """Return a multiple of the baseline load in words: "ten times its traffic", "its traffic of today" for one."""
    if value == 1:
        return "today's traffic"
    name = _MULTIPLES[int(value)] if value == int(value) and 0 < value < len(_MULTIPLES) else number(value, 3)
    return f"{name} times its traffic"


def instant(text: str) -> str:
    """Return an ISO instant as a reader says it, in UTC; text that is no instant is returned as it is."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return f"{moment.day} {moment:%b %Y %H:%M} UTC"


def plural(amount: int, noun: str, nouns: str = "") -> str:
    """Return a count with its noun: 1 trial, 3 trials."""
    return f"{count(amount)} {noun if amount == 1 else nouns or noun + 's'}"


def listed(names: list[str] | tuple[str, ...]) -> str:
    """Return names joined as in a sentence: a, b and c."""
    return ", ".join(names[:-1]) + f" and {names[-1]}" if len(names) > 1 else "".join(names)
