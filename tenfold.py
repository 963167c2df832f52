"""The front door: `tenfold COMMAND` parses, calls one function and returns an exit code."""

from __future__ import annotations


def main() -> int:
    """Run the command line."""
    return 0
