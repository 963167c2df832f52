"""What the README and the docs tell a newcomer to type, open or read exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import tenfold
from scenarios.reading import parse_scenario

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def name(path):
    return str(path.relative_to(ROOT))


def blocks(text, language):
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_every_make_target_that_is_named_exists(path):
    """`make X` in a page is a target of the Makefile."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = "\n".join(re.findall(r"`make [^`]+`|^make .*$", path.read_text(), re.MULTILINE))
    for line in re.findall(r"`?make ((?:[a-z][a-z-]* ?)+)", named):
        assert set(line.split()) <= targets, line


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_every_tenfold_command_that_is_named_is_understood(path, monkeypatch):
    """`tenfold X` in a page parses, options included; nothing is run."""
    monkeypatch.setattr(tenfold, "_parser", _checking(tenfold._parser))
    text = path.read_text()
    commands = re.findall(r"(?:^|[\s`/])tenfold ((?:demo|run|check|ui|report|compare|dashboards)\b[^\n`#;,)]*)", text)
    for command in commands:
        words = command.replace("[", "").replace("]", "").split()
        with pytest.raises(UnderstoodError):
            tenfold.main(_complete(words))


class UnderstoodError(Exception):
    """The command line was understood."""


def _checking(make):
    def made():
        parser = make()
        parse = parser.parse_args

        def parse_only(words):
            parse(words)
            raise UnderstoodError

        parser.parse_args = parse_only
        return parser

    return made


def _complete(words):
    """Commands named in prose come without their arguments; give them some."""
    needed = {"run": 1, "check": 1, "report": 1, "compare": 2}.get(words[0], 0)
    return [*words, *["x"] * (needed if len(words) == 1 else 0)]


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_every_link_within_the_project_leads_somewhere(path):
    """Pages and pictures that are linked are in the repository."""
    for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text()):
        if "://" not in link:
            assert (path.parent / link).exists(), link


def test_the_readmes_scenario_is_a_scenario():
    """What a reader copies can be run."""
    for text in blocks((ROOT / "README.md").read_text(), "yaml"):
        assert parse_scenario(text, "README.md").objectives


def test_the_scenario_page_shows_a_scenario_that_reads():
    """The commented example is a good file, but for its variants beside an address."""
    example, *_ = blocks((ROOT / "docs" / "scenarios.md").read_text(), "yaml")
    without_url = re.sub(r"^  url:.*\n", "", example, flags=re.MULTILINE)
    assert len(parse_scenario(without_url, "scenarios.md").stages) == 5


def test_ci_calls_what_the_readme_names():
    """The gate is one command, the same everywhere."""
    assert "make check test" in (ROOT / ".ci" / "run").read_text()
    assert "make check test" in (ROOT / "README.md").read_text()
    assert ".ci/run" in (ROOT / ".github" / "workflows" / "ci.yml").read_text()
