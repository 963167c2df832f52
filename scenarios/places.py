"""YAML with places: plain data, and the line on which every part of it was written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

Path = tuple[str | int, ...]
Fault = tuple[Path, str, str]
"""Something wrong: where, what, and a hint (which may be empty)."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Data read from YAML, the line (from 1) of each path into it, and the keys that were written twice."""

    data: Any
    lines: dict[Path, int] = field(default_factory=dict)
    repeated: tuple[Path, ...] = ()

    def line(self, path: Path) -> int:
        """Return the line of a path, or of its nearest written parent when it is not in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def written(path: Path, data: Any) -> Path:
    """Return a path as the data has it, without the steps that only a schema knows; a missing key stays at its end."""
    kept: Path = ()
    for index, step in enumerate(path):
        if _holds(data, step):
            data = data[step]
        elif index < len(path) - 1 or not (isinstance(data, dict) and isinstance(step, str)):
            continue
        kept = (*kept, step)
    return kept


def _holds(data: Any, step: str | int) -> bool:
    if isinstance(data, dict):
        return step in data
    return isinstance(data, list) and isinstance(step, int) and step < len(data)


def load(text: str) -> Placed:
    """Read YAML text.

    Raises:
        yaml.YAMLError: when the text is not YAML; its `problem_mark` has the place.
    """
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return Placed(None)
        lines: dict[Path, int] = {}
        repeated: list[Path] = []
        _walk(node, (), lines, repeated, set())
        return Placed(loader.construct_document(node), lines, tuple(repeated))
    finally:
        loader.dispose()


def _walk(node: yaml.Node, path: Path, lines: dict[Path, int], repeated: list[Path], visited: set[int]) -> None:
    if id(node) in visited:  # an alias: its places are those of its anchor, and an anchor may hold itself
        return
    visited.add(id(node))
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            child = (*path, name)
            if name in seen:
                repeated.append(child)
            seen.add(name)
            lines[child] = key.start_mark.line + 1
            _walk(value, child, lines, repeated, visited)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _walk(item, (*path, index), lines, repeated, visited)


def dotted(path: Path) -> str:
    """Write a path as `stages[1].duration`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else (f".{step}" if text else step)
    return text
