"""Faults: the bundled service broken on purpose over its admin API, for runs that test the gate itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests

from scenarios.errors import HarnessError

PATH = "/admin/faults"
TIMEOUT_S = 10.0
LASTING_S = 86_400.0  # the longest the service takes: a fault in force ends with the trial, not within it


def inject(url: str, token: str, faults: Mapping[str, Any]) -> None:
    """Put the faults in force, instead of those before.

    Raises:
        HarnessError: when the service refuses them, with its own words.
    """
    _ask("PUT", url, token, {"expires_s": LASTING_S, **faults})


def mend(url: str, token: str) -> None:
    """End all faults.

    Raises:
        HarnessError: when the service does not answer.
    """
    _ask("DELETE", url, token, None)


def _ask(method: str, url: str, token: str, body: Mapping[str, Any] | None) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    try:
        with requests.Session() as session:
            session.trust_env = False  # no proxy between the harness and its target
            reply = session.request(method, url + PATH, json=body, headers=headers, timeout=TIMEOUT_S)
    except requests.RequestException as error:
        raise HarnessError(f"{url}{PATH} does not answer: {error}") from error
    if reply.status_code != requests.codes.ok:
        raise HarnessError(f"the service refuses the faults: {_refusal(reply)}", hint="docs/faults.md has all faults")


def _refusal(reply: requests.Response) -> str:
    """Return what a problem (RFC 9457) says is wrong, all of it in one line."""
    try:
        problem = reply.json()
        return "; ".join(str(mistake["detail"]) for mistake in problem.get("errors") or [problem])
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"status {reply.status_code}"
