"""What the tests of the drivers share: servers that are ended, and a target that judges by status and a word."""

from __future__ import annotations

import pytest

from tests.loadtests.drivers.scripted_server import ScriptedServer


@pytest.fixture
def serve():
    """Start scripted servers, one script for each connection."""
    servers = []

    def start(*scripts):
        servers.append(ScriptedServer(*scripts))
        return servers[-1]

    yield start
    for server in servers:
        server.close()
