"""Surroundings: what a scenario file is read in: its folder, the environment, and how a baseline is measured."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath

from scenarios.baseline import Measure, measured, unmeasured
from scenarios.places import Fault, Path
from scenarios.secret import unusable


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Paths in a file are relative to `folder`.

    `settled` is for what a run wrote down itself: everything was looked at once, and the files and variables that it
    names need not be there any more.
    """

    folder: FilePath
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    measure: Measure = measured
    settled: bool = False

    @classmethod
    def of_a_run(cls, folder: FilePath) -> Surroundings:
        """Return those of a scenario that a run wrote down."""
        return cls(folder, measure=unmeasured, settled=True)

    def path(self, written: str) -> FilePath:
        """Return the absolute path of a file that a scenario names."""
        return (self.folder / written).absolute()

    def file_faults(self, written: str, path: Path) -> Iterator[Fault]:
        """Yield why a file that is named cannot be used."""
        if not self.settled and not self.path(written).is_file():
            yield path, f"there is no file {self.path(written)}", "paths are relative to the scenario's own folder"

    def secret_faults(self, text: str, path: Path) -> Iterator[Fault]:
        """Yield why the secrets that a text refers to cannot be filled in."""
        wrong = "" if self.settled else unusable(text, self.environ)
        if wrong:
            yield path, wrong, "export it before the run"
