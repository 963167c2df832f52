"""`python -m tests.benchmarks [generator] [service]`: run the benchmarks named, or all of them."""

from __future__ import annotations

import sys

from tests.benchmarks import capacity, generator, service

BENCHMARKS = {"capacity": capacity.measure, "generator": generator.measure, "service": service.measure}

for name in sys.argv[1:] or BENCHMARKS:
    print(f"\n{name}\n{'-' * len(name)}")  # noqa: T201
    BENCHMARKS[name]()
