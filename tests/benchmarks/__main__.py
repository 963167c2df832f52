"""`python -m tests.benchmarks [NAME ...]`: run the benchmarks named, or all of them; `--help` lists them.

`--quick` runs service and switches briefly, to see that they work; `--write PAGE` puts their tables into a page.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
from functools import partial
from pathlib import Path

from tests.benchmarks import answers, capacity, generator, index, languages, page, ready, service, switches
from tests.benchmarks.paper import write_between

PRINTING = {"answers": answers.measure, "capacity": capacity.measure, "generator": generator.measure}
TABLES = {
    "index": index.measure,
    "languages": languages.measure,
    "million": partial(index.measure, million=True),  # only when named: it takes minutes, and some GB
    "page": page.measure,
    "ready": ready.measure,
    "service": service.measure,
    "switches": switches.measure,
}

parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join([*PRINTING, *TABLES])} (default: all)")
parser.add_argument("--quick", action="store_true", help="one short round: to see that it works, not to be read")
parser.add_argument("--write", type=Path, metavar="PAGE", help="put the tables between their marks in this page")
given = parser.parse_args()
for name in given.names or [its for its in (*PRINTING, *TABLES) if its != "million"]:
    if name not in {*PRINTING, *TABLES}:
        parser.error(f"there is no benchmark {name!r}; known: {', '.join([*PRINTING, *TABLES])}")
    print(f"\n{name}\n{'-' * len(name)}", flush=True)  # noqa: T201
    if name in PRINTING:
        PRINTING[name]()
        continue
    text = TABLES[name](quick=given.quick).markdown()
    print(text, flush=True)  # noqa: T201
    if given.write:
        when = datetime.datetime.now(datetime.UTC).date()
        where = (
            f"{os.cpu_count()} processors, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
        )
        write_between(given.write, name, f"{when}, {where}{', a quick run' if given.quick else ''}.\n\n{text}")
        print(f"written to {given.write}")  # noqa: T201
