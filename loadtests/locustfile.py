"""The locustfile: `locust -f loadtests/locustfile.py --scenario demo --host http://127.0.0.1:8080`.

Works in the web UI, headless, with `--processes`, and with masters and workers; `tenfold run` starts the same.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # Locust runs a file, not an installed package

from loadtests.drivers.listeners import listen
from loadtests.drivers.plan_shape import PlanShape
from loadtests.drivers.planned_user import PlannedUser

__all__ = ["PlanShape", "PlannedUser"]

listen()
