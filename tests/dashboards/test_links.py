"""Addresses that open the dashboards on one run."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from dashboards.links import links


def test_a_link_opens_the_run_and_its_time() -> None:
    """From and to are milliseconds, five seconds wider than the run; the run is the variable testid."""
    found = links("http://127.0.0.1:3000/", "20260102T030405Z-demo-abc", 1767323045.25, 1767323213.0)
    assert list(found) == [
        "Load test / Overview",
        "Load test / Search service internals",
        "Load test / Search service parts",
    ]
    address = urlsplit(found["Load test / Overview"])
    assert (address.netloc, address.path) == ("127.0.0.1:3000", "/d/loadtest-overview")
    assert parse_qs(address.query) == {
        "from": ["1767323040250"],
        "to": ["1767323218000"],
        "timezone": ["utc"],
        "var-testid": ["20260102T030405Z-demo-abc"],
    }


def test_a_hostile_run_id_stays_within_its_parameter() -> None:
    """Whatever a run is called, it cannot add a parameter or end the address."""
    found = links("http://127.0.0.1:3000", "a&orgId=2#x y/ü", 0.0, 1.0)["Load test / Search service internals"]
    assert found.endswith("&var-testid=a%26orgId%3D2%23x%20y%2F%C3%BC")


def test_a_run_that_ends_before_it_starts_is_refused() -> None:
    """Grafana would show an empty page."""
    with pytest.raises(ValueError, match="before it starts"):
        links("http://127.0.0.1:3000", "run", 2.0, 1.0)
