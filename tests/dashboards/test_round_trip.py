"""Grafana's own SDK as an oracle: its types read and write the dashboards without loss."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.cog.encoder import JSONEncoder


@pytest.fixture(scope="module")
def through_the_sdk() -> Callable[[dict], dict]:
    """Read a dashboard into the SDK's types and write it again."""
    with warnings.catch_warnings():
        # the SDK would rather see the second version of the format, into which Grafana converts the first by itself
        warnings.simplefilter("ignore", DeprecationWarning)
        from grafana_foundation_sdk.models.dashboard import Dashboard
    plugins.register_default_plugins()
    return lambda document: json.loads(json.dumps(Dashboard.from_json(document), cls=JSONEncoder))


def differences(ours: Any, theirs: Any, path: str = "") -> Iterator[str]:
    """Yield what is lost or changed on the way through; what the SDK adds are its defaults."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key, value in ours.items():
            if key not in theirs:
                yield f"lost: {path}/{key}"
            else:
                yield from differences(value, theirs[key], f"{path}/{key}")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from differences(one, other, f"{path}/{index}")
    elif ours != theirs:
        yield f"changed: {path}: {ours!r} became {theirs!r}"


@pytest.mark.parametrize("uid", ["loadtest-overview", "loadtest-internals", "loadtest-parts"])
def test_nothing_is_lost_and_nothing_changed_by_grafanas_own_types(
    dashboards: dict[str, dict], through_the_sdk: Callable[[dict], dict], uid: str
) -> None:
    """A key that Grafana does not know is lost on the way through, a wrong value is changed or refused."""
    assert list(differences(dashboards[uid], through_the_sdk(dashboards[uid]))) == []


def test_the_oracle_notices_a_key_that_grafana_does_not_know(
    dashboards: dict[str, dict], through_the_sdk: Callable[[dict], dict]
) -> None:
    """The round trip is a test only if it can fail."""
    invented = dashboards["loadtest-overview"] | {"sharedCrosshair": True}
    assert list(differences(invented, through_the_sdk(invented))) == ["lost: /sharedCrosshair"]
