"""`tenfold self-test`: does the gate turn red for every fault, and stay green without one?"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from scenarios.errors import HarnessError
from scenarios.reading import find, read_scenario

ABOUT = "break the bundled service on purpose, fault by fault, and see whether the gate says so"
EXAMPLE = """\
examples:
  tenfold self-test                            every fault (some minutes)
  tenfold self-test --faults latency,errors    these only
  tenfold self-test --json                     the table as JSON on standard output

faults: latency, tail, embed, ann, errors, hang, freeze, leak, cpu, recall, cache-off, l2 (needs redis-server);
and two measurements that must be refused: generator, too-few.

exit codes: 0 every fault was detected and the healthy runs passed, 1 not so, 2 usage or configuration, 130 interrupted
"""
SCENARIO = "self-test"
NOT_TRUSTED, INTERRUPTED = 1, 130


def add(commands: Any) -> None:
    """Add the command's parser to those of the front door."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = commands.add_parser("self-test", help=ABOUT, description=ABOUT, epilog=EXAMPLE, formatter_class=raw)
    parser.set_defaults(call=run)
    parser.add_argument("--faults", metavar="NAME,...", default="", help="only these (default: all)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--runs", type=Path, default=Path("runs"), metavar="DIR", help="where runs go (default: runs)")


def run(given: argparse.Namespace) -> int:
    """Run the cases, write what was seen, print it, and return the exit code."""
    from loadtests.folder import begin_run, command_line
    from loadtests.self_test.cases import chosen
    from loadtests.self_test.stand import Stand
    from loadtests.services import redis
    from loadtests.watchers import make_watcher
    from reports.self_test.proving import prove
    from reports.self_test.sighting import Sighting
    from reports.self_test.words import passed
    from reports.sources import make_source

    names = [name.strip() for name in given.faults.split(",") if name.strip()]
    cases = chosen(names, redis=redis.installed())
    scenario = read_scenario(find(SCENARIO))
    begun = begin_run(given.runs, scenario, command_line())
    watcher = make_watcher()
    seen: list[Sighting] = []
    interrupted = False
    try:
        with Stand(scenario, begun, watcher, lambda url, *rest: make_source(url).read(*rest)) as stand:
            for number, case in enumerate(cases, 1):
                watcher.step(f"{number}/{len(cases)} {case.name}: broken on purpose is {case.about}")
                seen.append(prove(case, stand.run))
    except KeyboardInterrupt:
        interrupted = True
    finally:
        watcher.close()
    _tell(seen, begun[0], as_json=given.json)
    if interrupted:
        return INTERRUPTED
    return 0 if passed(seen) else NOT_TRUSTED


def _tell(seen: Any, folder: Path, *, as_json: bool) -> None:
    """Write the files and print the answer."""
    import orjson
    from rich.console import Console

    from reports.self_test import files
    from reports.self_test.terminal import renderable

    try:
        written = files.write(seen, folder)
    except OSError as error:
        raise HarnessError(f"the answer cannot be written: {error}", hint="free space, or check the folder") from error
    if as_json:
        told = orjson.dumps(files.to_json(seen, folder.name), option=orjson.OPT_INDENT_2)
        sys.stdout.write(told.decode() + "\n")
        return
    console = Console()
    console.print(renderable(seen))
    console.print(f"\nwritten to {folder}/: {', '.join(written)}, cases/", highlight=False)
    console.print(f"look at one of them: tenfold report {folder}/cases/RUN", highlight=False)
