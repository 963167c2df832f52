"""What is recorded of servers that answer by a timetable, against what the plan alone says."""

from __future__ import annotations

import subprocess
import sys

import pytest

from loadtests.services.ports import free_port
from loadtests.services.waiting import answers
from tests.benchmarks import accuracy
from tests.benchmarks.timetable import Timetable, quantile
from tests.loadtests.drivers.offering import Offering, scenario_of

SHARES = (0.5, 0.95, 0.99)
SCRIPT = """
import sys
from tests.benchmarks.timetable import Timetable
from tests.benchmarks.timetable_server import TimetableServer
TimetableServer(int(sys.argv[1]), eval(sys.argv[2])).serve()
"""
TIMETABLES = {
    "constant": Timetable(usual_s=0.05),
    "freeze": Timetable(usual_s=0.02, stalls=((0.3, 0.9),)),
}
DUE_S = [n / 150 for n in range(225)]


@pytest.fixture(params=TIMETABLES)
def timetable(request):
    """A timetable, and the address of a process that answers by it."""
    its, port = TIMETABLES[request.param], free_port()
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(port), repr(its)], cwd=accuracy.PAGE.parents[1])
    yield its, f"http://127.0.0.1:{port}"
    process.kill()
    process.wait()


def test_percentiles_are_those_that_users_feel(timetable):
    """Never below the truth, whatever the machine does: that is what coordinated omission would do; and close above."""
    its, url = timetable
    offering = Offering(url, scenario_of(connections=200, timeout="10s"))
    offering.until(lambda: answers(url + "/healthz"), patience_s=30)
    whole = offering.run(DUE_S)
    assert whole.finished == len(DUE_S)
    waits_s = its.waits_s(DUE_S)
    for share in SHARES:
        truth_s = quantile(waits_s, share)
        said_s = whole.ok["latency"].quantile(share)
        assert truth_s * 0.98 <= said_s <= truth_s * 1.02 + 0.25, share  # a busy machine may add a quarter of a second
