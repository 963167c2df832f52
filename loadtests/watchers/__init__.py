"""Those who show how a run proceeds: bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from typing import TextIO

from loadtests.watcher import Watcher


def make_watcher(stream: TextIO | None = None) -> Watcher:
    """Return bars when the stream (default: standard error) is a terminal, else plain lines."""
    stream = stream or sys.stderr
    if stream.isatty():
        from loadtests.watchers.bars import BarsWatcher

        return BarsWatcher(stream)
    from loadtests.watchers.lines import LinesWatcher

    return LinesWatcher(stream)
