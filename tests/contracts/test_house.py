"""The measured limits of the house: size of files and functions, names, docstrings on what is public, no traces."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("scenarios", "loadtests", "reports", "dashboards", "target_stub")
MODULES = sorted([path for room in ROOMS for path in (ROOT / room).rglob("*.py")] + [ROOT / "tenfold.py"])
MODULES = [path for path in MODULES if "node_modules" not in path.parts]

MAX_FILE_LINES = 300
MAX_FUNCTION_LINES = 50
FORBIDDEN_NAMES = {"utils", "helpers", "common", "manager", "base", "misc"}


def relative(path):
    return str(path.relative_to(ROOT))


def tracked_files():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / line for line in listed.splitlines() if (ROOT / line).is_file()]


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_a_file_is_small_and_says_what_it_holds(path):
    """At most 300 lines, functions of at most 50, and a first line that says what is inside."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    long = [node.name for node in functions if (node.end_lineno or 0) - node.lineno + 1 > MAX_FUNCTION_LINES]
    assert text.count("\n") <= MAX_FILE_LINES
    assert long == []
    assert ast.get_docstring(tree)


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_a_file_is_named_after_a_noun_of_the_house(path):
    """Names that could hold anything end up holding everything."""
    assert path.stem not in FORBIDDEN_NAMES


def test_nothing_committed_carries_traces_of_a_machine_or_an_index():
    """No absolute paths of one machine, no address of a package index, no forgotten marks."""
    traces = re.compile(
        r"/(?:root|home/\w+|tmp/\w+)/"
        r"|pypi\.org|pythonhosted|registry\.npmjs|deb\.debian\.org|--(?:extra-)?index-url"
        r"|\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b"
    )
    suffixes = {".py", ".md", ".toml", ".yaml", ".yml", ".txt", ".sh", ".json", ".cfg", ".mjs", ".jsx", ""}
    found = []
    for path in tracked_files():
        if path.suffix in suffixes and path.name != "LICENSE" and path != Path(__file__):
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if traces.search(line):
                    found.append(f"{relative(path)}:{number}: {line.strip()[:80]}")
    assert found == []


def test_every_package_is_pinned():
    """A fresh clone gets the versions that were tested, from whatever index the machine uses."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9.-]*==[^\s;]+( ; .+)?", line) for line in lines)
    pinned = {line.partition("==")[0] for line in lines}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [
        *project["dependencies"],
        *(name for extra in project["optional-dependencies"].values() for name in extra),
    ]
    assert {re.split(r"[<>=~!\[ ;]", name)[0].lower() for name in wanted} <= pinned
