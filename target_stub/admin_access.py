"""Admin access: who may change a running service. Reading how it runs is open; changing it takes the token."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from http import HTTPStatus

from target_stub.request_error import RequestError

SCHEME = "bearer"


def check_admin(headers: Mapping[str, str], token: str) -> None:
    """Let a request pass whose header `Authorization: Bearer TOKEN` has the service's admin token.

    Args:
        headers: the request's.
        token: the switch `admin_token`; while it is empty, nobody may.

    Raises:
        RequestError: with status 403 where no token is set or another one is given, 401 where none is given.
    """
    if not token:
        raise RequestError(
            HTTPStatus.FORBIDDEN,
            "admin_off",
            "this service has no admin token, so nobody may change it while it runs; "
            "start it with TENFOLD_STUB_ADMIN_TOKEN set, and send 'Authorization: Bearer' with the same token",
        )
    scheme, _, given = headers.get("Authorization", "").partition(" ")
    if scheme.lower() != SCHEME or not given.strip():
        raise RequestError(
            HTTPStatus.UNAUTHORIZED,
            "no_admin_token",
            "changing a running service takes its admin token: send the header 'Authorization: Bearer TOKEN'",
            headers={"WWW-Authenticate": 'Bearer realm="admin"'},
        )
    if not hmac.compare_digest(given.strip().encode(errors="surrogatepass"), token.encode(errors="surrogatepass")):
        raise RequestError(HTTPStatus.FORBIDDEN, "wrong_admin_token", "that is not this service's admin token")
