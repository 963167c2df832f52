"""Reading ahead: a replayed log gone through before the load, in a thread, while the process keeps answering others."""

from __future__ import annotations

import gevent

from loadtests.drivers.messages import Begin
from scenarios.planning import Plan
from scenarios.scenario import Scenario


def plan_beside(begin: Begin, scenario: Scenario) -> Plan:
    """Return the plan; a log of millions of lines takes minutes, and whoever is silent that long is taken for lost.

    Raises:
        HarnessError: when a log that is replayed cannot be read here.
    """
    if scenario.replay is None:
        return begin.plan(scenario)
    plan: Plan = gevent.get_hub().threadpool.apply(begin.plan, (scenario,))
    return plan
