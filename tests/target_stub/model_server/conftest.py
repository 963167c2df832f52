"""Model servers for the tests of the protocol."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest

from tests.target_stub.model_servers import ModelServer, model_servers


@pytest.fixture
def start() -> Iterator[Callable[..., ModelServer]]:
    """Return what starts a model server; its times are kept in `slept` rather than waited for."""
    with asyncio.Runner() as runner, model_servers(runner) as begin:
        yield begin
