"""`tenfold serve-upstream` as a real process, and its settings."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from target_stub.errors import ConfigError
from target_stub.model_server.command import main
from target_stub.model_server.settings import read_settings, secret

Wait = Callable[[Callable[[], object]], None]


def test_it_announces_itself_answers_and_ends(tmp_path: Path, wait_for: Wait) -> None:
    """Through the front door, on a free port, with a key from the environment; SIGTERM ends it with code 0."""
    announced, log = tmp_path / "announce.json", tmp_path / "log"
    command = [sys.executable, "-m", "tenfold", "serve-upstream", "--port=0", f"--announce={announced}"]
    with log.open("w") as errors:
        process = subprocess.Popen(
            [*command, "--time-scale=0", "--api-key-env=MODEL_KEY"],
            env={**os.environ, "MODEL_KEY": "sesame", "TENFOLD_UPSTREAM_SEED": "5"},
            stderr=errors,
        )
    try:
        wait_for(lambda: announced.exists() or process.poll() is not None)
        assert process.poll() is None, log.read_text()
        body = json.dumps({"model": "tenfold-large", "messages": [{"role": "user", "content": "Hello"}]}).encode()
        connection = http.client.HTTPConnection(json.loads(announced.read_text())["url"].removeprefix("http://"))
        connection.request("POST", "/v1/chat/completions", body, {"Authorization": "Bearer sesame"})
        assert json.load(connection.getresponse())["object"] == "chat.completion"
        connection.close()
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    said = log.read_text()
    assert "tenfold serve --upstream-url http://127.0.0.1:" in said
    assert "sesame" not in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("words", "environ", "told"),
    [
        (["--port", "many"], {}, "flag --port: expected a whole number, got 'many'"),
        (["--error-ratio", "2"], {}, "flag --error-ratio: 2 is not between 0 and 1"),
        (["--colour", "red"], {}, "--colour"),
        ([], {"TENFOLD_UPSTREAM_SED": "3"}, "environment TENFOLD_UPSTREAM_SED: there is no such setting"),
        (["--api-key-env", "NO_SUCH_KEY"], {}, "the environment variable NO_SUCH_KEY is not set"),
    ],
)
def test_a_mistake_is_told_in_two_lines(
    words: list[str], environ: dict[str, str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What, and the next step; exit code 2."""
    assert main(words, environ) == 2
    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == 2


def test_all_mistakes_are_told_at_once() -> None:
    """Flags and environment together."""
    with pytest.raises(ConfigError) as caught:
        read_settings({"port": "x"}, {"TENFOLD_UPSTREAM_SEED": "-1"})
    assert "flag --port" in caught.value.what
    assert "environment TENFOLD_UPSTREAM_SEED" in caught.value.what


def test_flags_win_over_the_environment_and_reach_models_and_troubles() -> None:
    """Medians are given in milliseconds."""
    settings = read_settings(
        {"large_first_token_ms": "200", "error_ratio": "0.5"}, {"TENFOLD_UPSTREAM_LARGE_FIRST_TOKEN_MS": "900"}
    )
    small, large = settings.models
    assert (small.first_token.median_s, large.first_token.median_s) == (0.12, 0.2)
    assert settings.troubles.error_ratio == 0.5


def test_a_secret_that_is_named_must_be_there() -> None:
    """Else a server that should ask for a key would stand open."""
    assert secret("", {}) == ""
    assert secret("KEY", {"KEY": "x"}) == "x"
    with pytest.raises(ConfigError, match="KEY is not set"):
        secret("KEY", {"KEY": ""})
