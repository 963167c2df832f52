"""Command: `tenfold serve-upstream`, the bundled model server as a process of its own."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import uvloop
from aiohttp import web

from target_stub.command import INTERRUPTED_EXIT_CODE, PARENT_HELP
from target_stub.errors import ConfigError
from target_stub.listening import announce, bind, url_of
from target_stub.model_server.app import make_app
from target_stub.model_server.chat import Chat
from target_stub.model_server.settings import SETTINGS, Settings, read_settings, secret
from target_stub.workers import die_with_parent

DRAIN_S = 5.0
EXAMPLE = """\
examples:
  tenfold serve-upstream                                  two models on http://127.0.0.1:8090/v1
  tenfold serve --upstream-url http://127.0.0.1:8090/v1   the service, answering through them
  tenfold serve-upstream --time-scale 0 --error-ratio 0.1 --limit-per-s 20
  curl localhost:8090/v1/chat/completions -H 'X-Trouble: stall=3' -d '{"model": "tenfold-small", "stream": true,
      "messages": [{"role": "user", "content": "Hello"}]}'

Every setting is also read from the environment (TENFOLD_UPSTREAM_SEED=7); flags win.
"""
log = logging.getLogger(__name__)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ConfigError(message, hint="see tenfold serve-upstream --help for every setting")


def main(argv: Sequence[str], environ: Mapping[str, str] = os.environ) -> int:
    """Run the command line; the arguments do not include the command's name.

    Returns:
        0 when all went well, 2 for a mistake in the settings, 130 when interrupted before it listened.
    """
    try:
        given = vars(_parser().parse_args(argv))
        parent = given.pop("parent")
        settings = read_settings(given, environ)
        if parent is not None:
            die_with_parent(parent)
        logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(message)s")
        return serve(settings, environ)
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED_EXIT_CODE
    except SystemExit as leaving:  # argparse, having shown its help
        return int(leaving.code or 0)


def serve(settings: Settings, environ: Mapping[str, str]) -> int:
    """Serve until SIGTERM or SIGINT; return the exit code.

    Raises:
        ConfigError: when the port is taken, or a secret's variable is not set.
    """
    api_key, admin_token = (secret(its, environ) for its in (settings.api_key_env, settings.admin_token_env))
    if settings.announce:
        Path(settings.announce).unlink(missing_ok=True)
    listening = bind(settings.host, settings.port)
    return uvloop.run(_live(settings, listening, api_key, admin_token))


async def _live(settings: Settings, listening: socket.socket, api_key: str, admin_token: str) -> int:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    chat = Chat(
        settings.models, settings.troubles, seed=settings.seed, time_scale=settings.time_scale, now_s=loop.time()
    )
    app = make_app(chat, api_key=api_key, admin_token=admin_token)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=DRAIN_S)
    await runner.setup()
    try:
        await web.SockSite(runner, listening).start()
        url = url_of(listening)
        log.info("models %s on %s/v1; try: tenfold serve --upstream-url %s/v1", ", ".join(chat.models), url, url)
        if settings.announce:
            announce(Path(settings.announce), url)
        await stop.wait()
    finally:
        await runner.cleanup()
    log.info("stopped")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="tenfold serve-upstream",
        description="A model server for tests: OpenAI's chat completions with a small fast and a large slow model, "
        "which answer with sentences of the passages in the prompt, take their time, and fail on request.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--parent", type=int, default=None, metavar="PID", help=PARENT_HELP)
    for name, setting in SETTINGS.items():
        facts = setting.metadata
        known = f"; known: {', '.join(facts['known'])}" if facts["known"] else ""
        default = setting.default if setting.default != "" else "none"
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            metavar=type(setting.default).__name__.upper(),
            default=argparse.SUPPRESS,
            help=f"{facts['described']} (default: {default}{known})".replace("%", "%%"),
        )
    return parser
