"""Caller: who makes a request, as far as limits are concerned: an API key, a user's name, or an address."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

PLAIN_CHARS = 64  # of a name kept as it is; longer ones are kept as a digest, so that no name takes much memory


def caller_of(headers: Mapping[str, str], address: str | None) -> str:
    """Return the key that a request is counted under: `X-API-Key` (a digest of it), else `X-User`, else the address."""
    key = headers.get("X-API-Key")
    if key:
        return f"key:{_digest(key)}"  # a secret is not kept
    user = headers.get("X-User")
    if user:
        return f"user:{user}" if len(user) <= PLAIN_CHARS else f"user:{_digest(user)}"
    return f"address:{address or ''}"


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
