"""Admin access: nobody without the token, and nobody at all while none is set."""

from __future__ import annotations

from http import HTTPStatus

import pytest

from target_stub.admin_access import check_admin
from target_stub.config import Config
from target_stub.request_error import RequestError

TOKEN = "correct horse"


@pytest.mark.parametrize("header", [f"Bearer {TOKEN}", f"bearer {TOKEN}", f"Bearer   {TOKEN} "])
def test_the_token_lets_pass(header: str) -> None:
    """The scheme's case and blanks do not matter (RFC 9110, 11.1)."""
    check_admin({"Authorization": header}, TOKEN)


@pytest.mark.parametrize(
    ("headers", "token", "status", "code"),
    [
        ({"Authorization": f"Bearer {TOKEN}"}, "", HTTPStatus.FORBIDDEN, "admin_off"),
        ({"Authorization": "Bearer "}, "", HTTPStatus.FORBIDDEN, "admin_off"),
        ({}, TOKEN, HTTPStatus.UNAUTHORIZED, "no_admin_token"),
        ({"Authorization": "Bearer  "}, TOKEN, HTTPStatus.UNAUTHORIZED, "no_admin_token"),
        ({"Authorization": f"Basic {TOKEN}"}, TOKEN, HTTPStatus.UNAUTHORIZED, "no_admin_token"),
        ({"Authorization": TOKEN}, TOKEN, HTTPStatus.UNAUTHORIZED, "no_admin_token"),
        ({"Authorization": "Bearer correct"}, TOKEN, HTTPStatus.FORBIDDEN, "wrong_admin_token"),
        ({"Authorization": "Bearer pâté \ud800"}, TOKEN, HTTPStatus.FORBIDDEN, "wrong_admin_token"),
    ],
)
def test_everything_else_is_refused_with_the_next_step(
    headers: dict[str, str], token: str, status: HTTPStatus, code: str
) -> None:
    """Without a token set the service cannot be changed; the refusal never repeats a token."""
    with pytest.raises(RequestError) as caught:
        check_admin(headers, token)
    assert (caught.value.status, caught.value.code) == (status, code)
    assert TOKEN not in str(caught.value)


def test_a_secret_is_never_told() -> None:
    """`/admin/config` is open and ends up in reports."""
    assert Config(admin_token=TOKEN).to_json()["admin_token"] == "(set)"
    assert Config().to_json()["admin_token"] == ""
