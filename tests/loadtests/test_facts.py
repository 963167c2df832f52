"""Facts of machine and environment; nothing secret is kept."""

from __future__ import annotations

import subprocess

import pytest

from loadtests import facts


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("TENFOLD_SCENARIO", "demo", "demo"),
        ("GRAFANA_TOKEN", "abc", "***"),
        ("TENFOLD_API_KEY", "abc", "***"),
        ("GITHUB_SHA", "4f1c2ab", "4f1c2ab"),
        ("PROMETHEUS_URL", "http://user:secret@127.0.0.1:9090", "http://***@127.0.0.1:9090"),
    ],
)
def test_values_that_look_secret_are_masked(name, value, kept):
    """Manifests travel; tokens must not."""
    assert facts.environment({name: value}) == {name: kept}


def test_variables_of_others_are_not_kept():
    """Only what steers a run is recorded."""
    assert facts.environment({"HOME": "/home/me", "AWS_SECRET_ACCESS_KEY": "x"}) == {}


def test_a_command_line_is_kept_without_its_secrets():
    """Options that name secrets and addresses with passwords are masked, in both spellings."""
    kept = facts.command(["tenfold", "run", "--api-token", "abc", "--password=xyz", "--host", "http://a:b@127.0.0.1"])
    assert kept == ("tenfold", "run", "--api-token", "***", "--password=***", "--host", "http://***@127.0.0.1")


def test_the_commit_says_when_files_differ(tmp_path):
    """A run of changed files must not claim the commit."""
    assert facts.commit(tmp_path) == "nogit"
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org"]
    (tmp_path / "file").write_text("one")
    for words in (["init", "-q"], ["add", "file"], ["commit", "-q", "-m", "first"]):
        subprocess.run([*git, *words], cwd=tmp_path, check=True)
    clean = facts.commit(tmp_path)
    assert len(clean) == 7
    (tmp_path / "file").write_text("two")
    assert facts.commit(tmp_path) == f"{clean}-dirty"


def test_the_machine_says_what_decides_its_speed():
    """Processor, cores and memory are what unlike machines differ in."""
    machine = facts.machine()
    assert machine["cores"] >= 1
    assert machine["memory_bytes"] > 2**28
    assert machine["cpu"]
