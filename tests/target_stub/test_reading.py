"""Reading the configuration: four sources in rising order, and every mistake of all of them at once."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from target_stub.config import SWITCHES, Config
from target_stub.errors import ConfigError
from target_stub.reading import PROFILES, profile_names, read_config


def mistakes(**arguments: object) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        read_config(arguments.get("flags", {}), arguments.get("environ", {}), arguments.get("unknown", ()))
    return caught.value


def test_defaults_are_below_the_profile_below_the_environment_below_the_flags(tmp_path: Path) -> None:
    """Each source wins over those before it."""
    profile = tmp_path / "mine.toml"
    profile.write_text("index_ef = 32\nindex_m = 8\nport = 1000\n")
    environ = {"TENFOLD_STUB_INDEX_M": "24", "TENFOLD_STUB_PORT": "2000", "PATH": "/bin"}
    read = read_config({"profile": str(profile), "port": "3000"}, environ)
    assert (read.index_ef_construct, read.index_ef, read.index_m, read.port) == (128, 32, 24, 3000)


def test_the_profile_may_come_from_the_environment_and_the_flag_wins() -> None:
    """A profile is chosen like any other switch."""
    environ = {"TENFOLD_STUB_PROFILE": "naive"}
    assert read_config({}, environ).cache == "off"
    assert read_config({"profile": "optimized"}, environ).cache == "l1"
    assert read_config({}, {}).profile == "optimized"


def test_the_profiles_are_what_they_promise() -> None:
    """Naive computes everything every time, one after another; the others add to it, optimized all of it."""
    assert {"naive", "cached", "quantised", "optimized"} <= {*profile_names()}
    naive, optimized = (read_config({"profile": name}, {}) for name in ("naive", "optimized"))
    assert (naive.cache, naive.single_flight, naive.index, naive.embed_in_thread) == ("off", False, "exact", "off")
    assert (optimized.cache, optimized.single_flight, optimized.index) == ("l1", True, "qdrant")
    assert optimized.embed_in_thread == "auto"
    assert naive.embedder == optimized.embedder


def test_a_profile_between_adds_one_thing_to_the_naive_one() -> None:
    """So that what it brings can be told: a graph over codes alone."""

    def added(name: str) -> dict[str, object]:
        naive, other = (read_config({"profile": profile}, {}).to_json() for profile in ("naive", name))
        return {switch: value for switch, value in other.items() if value != naive[switch] and switch != "profile"}

    assert added("quantised") == {"index": "qdrant"}
    assert read_config({"profile": "quantised"}, {}).index_quantisation == "int8"


@pytest.mark.parametrize(
    ("switch", "text", "expected"),
    [
        ("port", "0", 0),
        ("cache_ttl_s", "0.5", 0.5),
        ("cache_max_bytes", "1e6", 1_000_000),
        ("single_flight", "off", False),
        ("single_flight", "YES", True),
        ("single_flight", "0", False),
        ("announce", "some/file.json", "some/file.json"),
    ],
)
def test_texts_become_the_switchs_type(switch: str, text: str, expected: object) -> None:
    """The environment and the flags know only texts."""
    value = getattr(read_config({}, {f"TENFOLD_STUB_{switch.upper()}": text}), switch)
    assert value == expected
    assert type(value) is type(SWITCHES[switch].default)


@pytest.mark.parametrize(
    ("switch", "raw", "told"),
    [
        ("port", "ten", "expected a whole number, got 'ten'"),
        ("port", "1.5", "expected a whole number"),
        ("port", "70000", "70000 is not between 0 and 65535"),
        ("port", True, "expected a whole number, got True"),
        ("cache_ttl_s", "nan", "nan is not between"),
        ("cache_ttl_s", "inf", "inf is not between"),
        ("single_flight", "maybe", "expected true or false, got 'maybe'"),
        ("embedder", "bert", "'bert' is not known (known: static, minilm, onnx, hashing)"),
        ("index", "faiss", "(known: exact, qdrant, usearch, qdrant-server)"),
        ("cache", "redis", "(known: off, l1, l2, l1+l2)"),
        ("embed_max_tokens", "0", "0 is not between 8 and 512"),
        ("host", 5, "expected a text, got 5"),
    ],
)
def test_a_wrong_value_is_told_with_what_was_expected(switch: str, raw: object, told: str) -> None:
    """The message names the source, the switch as written there, and the bounds or the known values."""
    error = mistakes(flags={switch: raw})
    assert f"flag --{switch.replace('_', '-')}: " in error.what
    assert told in error.what


def test_all_mistakes_are_told_at_once_with_their_sources(tmp_path: Path) -> None:
    """Nobody has to start five times to find five mistakes."""
    profile = tmp_path / "bad.toml"
    profile.write_text('index_m = "many"\nindex_eff = 3\n')
    error = mistakes(
        flags={"profile": str(profile), "port": "x"},
        environ={"TENFOLD_STUB_CACHE_TTL": "3", "TENFOLD_STUB_INDEX": "none"},
        unknown=("--portt", "--no-single-flights=1"),
    )
    assert "7 mistakes" in error.what
    for told in (
        f"profile {profile} index_m: expected a whole number, got 'many'",
        f"profile {profile} index_eff: there is no such switch (did you mean index_ef?)",
        "environment TENFOLD_STUB_CACHE_TTL: there is no such switch (did you mean cache_ttl_s?)",
        "environment TENFOLD_STUB_INDEX: 'none' is not known (known: exact, qdrant, usearch, qdrant-server)",
        "flag --port: expected a whole number, got 'x'",
        "flag --portt: there is no such flag (did you mean --port?)",
        "flag --no-single-flights=1: there is no such flag (did you mean --single-flight?)",
    ):
        assert told in error.what
    assert "--help" in error.hint


def test_a_name_like_no_other_is_answered_with_all_that_are_known() -> None:
    """Where nothing is close, the whole list is the help."""
    assert "(known: profile, host, port, " in mistakes(environ={"TENFOLD_STUB_QQQ": "1"}).what


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "does not exist (known: "),
        ("a = ", "cannot be read"),
        ("profile = 'naive'", "cannot name another"),
    ],
)
def test_a_profile_that_cannot_be_used_is_told(tmp_path: Path, content: str | None, told: str) -> None:
    """Missing, not TOML, or naming another profile."""
    path = tmp_path / "own.toml"
    if content is not None:
        path.write_text(content)
    assert told in mistakes(flags={"profile": str(path)}).what


def test_an_unknown_profile_lists_the_known_ones() -> None:
    """A typing mistake in the one switch that everybody uses."""
    told = f"profile 'optimised' does not exist (known: {', '.join(profile_names())}, or a .toml file)"
    assert told in mistakes(flags={"profile": "optimised"}).what


def test_every_switch_is_documented_with_its_default_and_its_values_in_the_profiles() -> None:
    """The table in docs/service.md is complete and true."""
    rows = {}
    for line in (Path(__file__).parents[2] / "docs" / "service.md").read_text().splitlines():
        if match := re.match(r"\| `(\w+)` \| ([^|]*) \| ([^|]*) \| ([^|]*) \|", line):
            rows[match[1]] = tuple(cell.strip().strip("`") for cell in match.groups()[1:])
    naive, optimized = (read_config({"profile": name}, {}) for name in ("naive", "optimized"))
    expected = {}
    for switch in fields(Config):
        given = [str(switch.default), str(getattr(naive, switch.name)), str(getattr(optimized, switch.name))]
        expected[switch.name] = tuple(
            value.lower() if value in ("True", "False") else value or "none" for value in given
        )
    assert rows == expected
    assert PROFILES.is_dir()
