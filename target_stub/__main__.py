"""`python -m target_stub`: the service's command line."""

from __future__ import annotations

import sys

from target_stub.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
