"""Command: `python -m target_stub [serve | prepare]`. Parses, calls one function and returns an exit code."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any, NoReturn

from target_stub.artifacts import Artifacts, cache_folder
from target_stub.config import SWITCHES, Config
from target_stub.errors import ConfigError
from target_stub.reading import profile_names, read_config
from target_stub.workers import die_with_parent

INTERRUPTED_EXIT_CODE = 130
PROGRESS_PERIOD_S = 0.1
PARENT_HELP = "process id of the program that starts this one: be killed when that ends, however it ends (Linux)"
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
"""What libraries read when they are loaded: a service that quietly uses all cores for one query cannot be judged."""

EXAMPLE = """\
examples:
  python -m target_stub --profile naive --port 8080
  python -m target_stub serve --corpus ~/notes --embedder static --no-single-flight
  python -m target_stub prepare --corpus stdlib --embedder minilm --index qdrant
  python -m target_stub serve-embedder --embedder minilm --port 8081
  python -m target_stub --embedder minilm --embedder-urls http://127.0.0.1:8081
  curl localhost:8080/api/search -H 'Content-Type: application/json' -d '{"query": "parse a date"}'

Every switch is also read from the environment (TENFOLD_STUB_CACHE_TTL_S=60) and from profiles; flags win over the
environment, the environment over the profile. What is made once is kept in $TENFOLD_CACHE_DIR (~/.cache/tenfold).
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ConfigError(message, hint="see --help for every switch and its default")


def main(argv: Sequence[str]) -> int:
    """Run the command line; the arguments do not include the program's name.

    Returns:
        0 when all went well, 1 for an error of ours, 2 for a mistake in the configuration, 130 when interrupted.
    """
    for name, value in ONE_THREAD.items():
        os.environ.setdefault(name, value)
    try:
        parsed, unknown = _parser().parse_known_args(argv)
        given = vars(parsed)
        command, parent, member = given.pop("command"), given.pop("parent"), given.pop("member")
        config = read_config(given, os.environ, tuple(unknown))
        if parent is not None:
            die_with_parent(parent)
        logging.basicConfig(level=config.log_level.upper(), format="%(asctime)s %(levelname)s %(message)s")
        if command == "serve" and config.workers > 1 and member is None:
            from target_stub.pool import serve_pool

            return serve_pool(config, argv)
        return _run(command, config, Artifacts(cache_folder(os.environ)), member)
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED_EXIT_CODE
    except SystemExit as leaving:  # argparse, having shown its help
        return int(leaving.code or 0)


def _run(command: str, config: Config, artifacts: Artifacts, member: str | None = None) -> int:
    match command:
        case "prepare":
            from target_stub.preparation import prepare

            lines = _Lines()
            corpus = prepare(config, artifacts, lines.progress)
            lines.write({"step": "ready", "corpus_sha256": corpus.sha256, "documents": len(corpus.documents)})
            return 0
        case "serve-embedder":
            from target_stub.embedding_service.server import serve_embedder

            return serve_embedder(config, artifacts)
        case _:
            from target_stub.membership import Membership
            from target_stub.server import serve

            return serve(config, artifacts, Membership.parse(member) if member else None)


class _Lines:
    """Writes progress as JSON lines, ten a second at most, and always the last of a step."""

    def __init__(self) -> None:
        self._step = ""
        self._next_s = 0.0

    def progress(self, step: str, done: int, total: int) -> None:
        now = monotonic()
        if step != self._step or done >= total or now >= self._next_s:
            self._step, self._next_s = step, now + PROGRESS_PERIOD_S
            self.write({"step": step, "done": done, "total": total})

    def write(self, fact: Mapping[str, Any]) -> None:
        sys.stdout.write(json.dumps(fact) + "\n")
        sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m target_stub",
        description="Tenfold's search service. serve (the default) answers over HTTP; "
        "prepare makes what that needs on disk, and tells how far it is in JSON lines; "
        "serve-embedder embeds texts for search services elsewhere.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("command", nargs="?", choices=("serve", "prepare", "serve-embedder"), default="serve")
    parser.add_argument("--parent", type=int, default=None, metavar="PID", help=PARENT_HELP)
    parser.add_argument("--member", default=None, help=argparse.SUPPRESS)  # what a pool tells its workers
    switches = parser.add_argument_group("switches (defaults below the profile's values)")
    for name, switch in SWITCHES.items():
        flag = f"--{name.replace('_', '-')}"
        facts: dict[str, Any] = {"dest": name, "default": argparse.SUPPRESS, "help": _described(name)}
        if isinstance(switch.default, bool):
            switches.add_argument(flag, action=argparse.BooleanOptionalAction, **facts)
        else:
            switches.add_argument(flag, metavar=type(switch.default).__name__.upper(), **facts)
    return parser


def _described(name: str) -> str:
    switch = SWITCHES[name]
    known = profile_names() if name == "profile" else switch.metadata["known"]
    choices = f"; known: {', '.join(known)}" if known else ""
    default = switch.default if switch.default != "" else "none"
    return f"{switch.metadata['described']} (default: {default}{choices})".replace("%", "%%")
