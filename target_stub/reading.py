"""From profile, environment and flags to one Config: later sources win, and all mistakes are told at once."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import Field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from target_stub.config import SWITCHES, Config
from target_stub.errors import ConfigError

PROFILES = Path(__file__).parent / "profiles"
PREFIX = "TENFOLD_STUB_"
BOOLEANS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def profile_names() -> list[str]:
    """Return the names of the profiles that come with the service."""
    return sorted(path.stem for path in PROFILES.glob("*.toml"))


def read_config(flags: Mapping[str, Any], environ: Mapping[str, str], unknown_flags: tuple[str, ...] = ()) -> Config:
    """Return the configuration: defaults, below the profile, below the environment, below the flags.

    Args:
        flags: values by switch name, texts or booleans, as the command line gave them.
        environ: the environment; `TENFOLD_STUB_<SWITCH>` is read.
        unknown_flags: what the command line held besides, to be told with the other mistakes.

    Raises:
        ConfigError: naming every mistake with its source, and what is known.
    """
    own = {name: value for name, value in environ.items() if name.startswith(PREFIX)}
    profile = str(flags.get("profile") or own.get(f"{PREFIX}PROFILE") or SWITCHES["profile"].default)
    mistakes = [
        f"flag {flag}: there is no such flag" + _meant(flag.lstrip("-").partition("=")[0], "--")
        for flag in unknown_flags
    ]
    values: dict[str, Any] = {"profile": profile}
    for source, key, name, raw in _given(profile, own, flags, mistakes):
        switch = SWITCHES.get(name)
        if switch is None:
            mistakes.append(f"{source} {key}: there is no such switch{_meant(name)}")
            continue
        try:
            values[name] = value_of(switch, raw)
        except ValueError as error:
            mistakes.append(f"{source} {key}: {error}")
    if mistakes:
        count = "a mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        raise ConfigError(
            f"{count} in the configuration: " + "; ".join(mistakes), hint="see --help for every switch and its default"
        )
    return Config(**values)


def _given(
    profile: str, own: Mapping[str, str], flags: Mapping[str, Any], mistakes: list[str]
) -> Iterator[tuple[str, str, str, Any]]:
    """Yield source, key as written there, switch and raw value, weakest source first."""
    for name, raw in _profile_values(profile, mistakes).items():
        yield f"profile {profile}", name, name, raw
    for key, text in own.items():
        yield "environment", key, key.removeprefix(PREFIX).lower(), text
    for name, raw in flags.items():
        yield "flag", f"--{name.replace('_', '-')}", name, raw


def _profile_values(profile: str, mistakes: list[str]) -> Mapping[str, Any]:
    path = Path(profile) if profile.endswith(".toml") else PROFILES / f"{profile}.toml"
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        mistakes.append(f"profile {profile!r} does not exist (known: {', '.join(profile_names())}, or a .toml file)")
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        mistakes.append(f"profile {profile!r} cannot be read: {error}")
        return {}
    if "profile" in values:
        mistakes.append(f"profile {profile} profile: a profile cannot name another")
    return {name: raw for name, raw in values.items() if name != "profile"}


def value_of(switch: Field[Any], raw: Any) -> Any:
    """Return a raw value as the switch's type, within its bounds.

    Raises:
        ValueError: saying what was expected.
    """
    value = _typed(type(switch.default), raw)
    known, low, high = (switch.metadata[fact] for fact in ("known", "low", "high"))
    if known and value not in known:
        raise ValueError(f"{value!r} is not known (known: {', '.join(known)})")
    if low is not None and not low <= value <= high:
        raise ValueError(f"{value:g} is not between {low:g} and {high:g}")
    return value


def _typed(kind: type, raw: Any) -> Any:
    if kind is bool:
        if isinstance(raw, bool):
            return raw
        if isinstance(raw, str) and raw.lower() in BOOLEANS:
            return BOOLEANS[raw.lower()]
        raise ValueError(f"expected true or false, got {raw!r}")
    if kind is str:
        if isinstance(raw, str):
            return raw
        raise ValueError(f"expected a text, got {raw!r}")
    if isinstance(raw, str) or (isinstance(raw, int | float) and not isinstance(raw, bool)):
        try:
            number = float(raw)
        except ValueError:
            pass
        else:
            if kind is float or number.is_integer():
                return kind(number)
    raise ValueError(f"expected a {'whole number' if kind is int else 'number'}, got {raw!r}")


def _meant(name: str, prefix: str = "") -> str:
    close = get_close_matches(name.replace("-", "_").removeprefix("no_"), SWITCHES, n=1)
    if close:
        return f" (did you mean {prefix}{close[0].replace('_', '-') if prefix else close[0]}?)"
    return f" (known: {', '.join(SWITCHES)})"
