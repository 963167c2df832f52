"""The run folder: its name, its first files, and the link to the latest."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from loadtests import facts
from loadtests.manifest import Manifest
from loadtests.run import SCENARIO_FILE, save_manifest
from scenarios.errors import HarnessError
from scenarios.scenario import Scenario
from scenarios.writing import load_facts, scenario_yaml

DEFAULT_ROOT = Path("runs")
LATEST = "latest"


def begin_run(root: Path, scenario: Scenario, argv: Sequence[str]) -> tuple[Path, Manifest]:
    """Create `root/<UTC>-<scenario>-<commit>/` with the manifest and the effective scenario.

    Raises:
        HarnessError: when the folder cannot be written.
    """
    now = datetime.now(UTC)
    commit = facts.commit(Path.cwd())
    try:
        folder = _new_folder(root, f"{now:%Y%m%dT%H%M%SZ}-{scenario.name}-{commit}")
        manifest = Manifest(
            run_id=folder.name,
            scenario=scenario.name,
            created_utc=now.isoformat(timespec="seconds"),
            commit=commit,
            command=facts.command(argv),
            seed=scenario.seed,
            load=load_facts(scenario),
            machine=facts.machine(),
            versions=facts.versions(),
            environment=facts.environment(os.environ),
        )
        (folder / SCENARIO_FILE).write_text(scenario_yaml(scenario), encoding="utf-8")
        save_manifest(folder, manifest)
        _point_latest(root, folder)
    except OSError as error:
        raise HarnessError(
            f"the run folder below {root} cannot be written: {error}", hint="free space, or give another with --runs"
        ) from error
    return folder, manifest


def finished_now() -> str:
    """Return the current time for a manifest."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def command_line() -> list[str]:
    """Return the command that the user typed, without the path of its interpreter or script."""
    return [Path(sys.argv[0]).name, *sys.argv[1:]]


def _new_folder(root: Path, name: str) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    folder = root / name
    while True:
        try:
            folder.mkdir()
        except FileExistsError:  # two runs began in one second
            folder = root / f"{name}-{secrets.token_hex(2)}"
        else:
            return folder


def _point_latest(root: Path, folder: Path) -> None:
    link = root / f".{LATEST}-{secrets.token_hex(4)}"
    link.symlink_to(folder.name)
    link.replace(root / LATEST)
