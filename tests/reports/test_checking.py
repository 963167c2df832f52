"""The measurer is measured: each check, with a run in which it alone does not hold."""

from __future__ import annotations

from dataclasses import replace

import pytest

from loadtests.manifest import TrialStatus
from reports.findings import find
from reports.verdict import Outcome
from scenarios.scenario import Variant
from tests.reports.synthetic import Manner, Recipe, scenario_from

ALONE = scenario_from(variants=(Variant("service", "optimized"),), trials=1)


def faults_of(tmp_path, manner=None, stage="5x", **changes):
    """The names of the checks that do not hold for a stage of a run with one trial."""
    manners = {("service", stage): manner} if manner else {}
    recipe = Recipe(scenario=ALONE, manners=manners, **changes)
    return {its.name for its in find(recipe.write(tmp_path / "run")).validity.faults("service", stage)}


def test_a_sound_run_has_no_fault(tmp_path):
    """Every check was made, and holds, in every judged stage."""
    validity = find(Recipe(scenario=ALONE).write(tmp_path / "run")).validity
    assert validity.unsound_stages == ()
    assert {its.name for its in validity.checks} == {
        "finished",
        "telemetry",
        "sent",
        "start lateness",
        "generator CPU",
        "generator pauses",
        "Little's law",
        "counts",
    }


@pytest.mark.parametrize(
    ("manner", "faults"),
    [
        (Manner(lateness_s=0.006), {"start lateness"}),
        (Manner(lateness_s=0.006, median_s=0.2), set()),  # 5 % of a median of 200 ms is 10 ms
        (Manner(lateness_s=0.012, median_s=0.2), {"start lateness"}),
        (Manner(cpu_share=0.81), {"generator CPU"}),
        (Manner(cpu_share=0.80), set()),
        (Manner(stall_s=0.11), {"generator pauses"}),
        (Manner(unsent=0.02), {"sent"}),
        (Manner(in_flight_factor=1.2), {"Little's law"}),
        (Manner(in_flight_factor=0.95), set()),
        (Manner(in_flight_factor=1.2, median_s=0.001), set()),  # half a request in flight says nothing
    ],
)
def test_each_limit_is_watched(tmp_path, manner, faults):
    """What went beyond its limit is named, and nothing else is."""
    assert faults_of(tmp_path, manner) == faults


def test_a_backlog_that_crosses_an_end_of_the_stage_is_not_held_against_the_generator(tmp_path):
    """Of 200 requests left over from the stage before, a part of the time lies in this one."""
    run = Recipe(scenario=ALONE, manners={("service", "5x"): Manner(in_flight_factor=1.2)}).write(tmp_path / "run")
    begins = next(window.start_s for window in ALONE.windows if window.name == "5x")
    before = next(health for health in run.trials[0].timeline.health if health.t == begins - 1)
    assert {its.name for its in find(run).validity.faults("service", "5x")} == {"Little's law"}
    before.in_flight = 200.0
    assert "Little's law" not in {its.name for its in find(run).validity.faults("service", "5x")}


def test_requests_that_end_after_their_stage_are_not_held_against_the_generator(tmp_path):
    """A queue that grows to the end of 5x is worked off in the next stage, though all its time belongs to 5x."""
    run = Recipe(scenario=ALONE, manners={("service", "5x"): Manner(in_flight_factor=0.8)}).write(tmp_path / "run")
    ends = next(window.end_s for window in ALONE.windows if window.name == "5x")
    behind = next(health for health in run.trials[0].timeline.health if health.t == ends)
    assert {its.name for its in find(run).validity.faults("service", "5x")} == {"Little's law"}
    behind.in_flight = 200.0
    assert "Little's law" not in {its.name for its in find(run).validity.faults("service", "5x")}


def test_who_tolerates_lateness_tolerates_a_pause_as_long(tmp_path):
    """A scenario that allows starts half a second late is not INVALID for a pause of 300 ms."""
    patient = replace(ALONE, validity=replace(ALONE.validity, lateness_p99_s=0.5))
    recipe = Recipe(scenario=patient, manners={("service", "5x"): Manner(stall_s=0.3)})
    assert find(recipe.write(tmp_path / "run")).validity.sound("service", "5x")


def test_one_hot_second_is_forgiven_two_in_a_row_are_not(tmp_path):
    """A garbage collection ends; a generator at its limit stays there."""
    run = Recipe(scenario=ALONE).write(tmp_path / "run")
    for hot, expected in (((16,), set()), ((16, 18), set()), ((16, 17), {"generator CPU"})):
        for health in run.trials[0].timeline.health:
            health.busy_share = 0.99 if health.t in hot else 0.2
        assert {its.name for its in find(run).validity.faults("service", "5x")} == expected


def test_a_second_without_telemetry_is_missed(tmp_path):
    """Nothing heard is not nothing wrong: one second in six is more than 2 %."""
    assert faults_of(tmp_path / "a", deaf=(17,)) == {"telemetry"}
    assert faults_of(tmp_path / "b", stage="10x", deaf=(17,)) == set()


def test_without_any_telemetry_nothing_else_is_asked(tmp_path):
    """There is nothing to ask."""
    assert faults_of(tmp_path, deaf=tuple(range(60))) == {"telemetry"}


def test_an_interrupted_trial_has_finished_its_first_stages(tmp_path):
    """Stages before the end may be judged, the one in which it ended and those after it may not."""
    recipe = Recipe(scenario=ALONE, until_s={0: 17}, status={0: TrialStatus.INTERRUPTED})
    validity = find(recipe.write(tmp_path / "run")).validity
    assert [validity.sound("service", stage) for stage in ("1x", "2x", "5x", "10x")] == [True, True, False, False]
    assert "interrupted" in validity.reason("service", "5x")


def test_requests_without_an_outcome_leave_a_stage_unfinished(tmp_path):
    """A crash in the next stage can swallow the last answers of this one."""
    run = Recipe(scenario=ALONE, until_s={0: 17}, status={0: TrialStatus.RUNNING}).write(tmp_path / "run")
    second = next(its for its in run.trials[0].timeline.seconds if its.stage == "2x")
    second.planned += 1
    assert not find(run).validity.sound("service", "2x")


@pytest.mark.parametrize(("offset", "sound"), [(-1, False), (0, True), (1, False)])
def test_client_and_service_must_agree(tmp_path, offset, sound):
    """Answered <= counted <= sent: here all that was sent was answered, so they must be equal."""
    validity = find(
        Recipe(scenario=ALONE, counted=lambda _t, answered: answered + offset).write(tmp_path / "run")
    ).validity
    assert validity.sound("service", "1x") is sound


def test_what_timed_out_may_or_may_not_have_been_counted(tmp_path):
    """A request that was sent and not answered is in the service's count or not: both are fine."""
    for missing in (0, 5, 10):  # of some 35 that timed out
        recipe = Recipe(
            scenario=ALONE,
            manners={("service", "1x"): Manner(failing=0.05)},
            counted=lambda _trial, sent, missing=missing: sent - missing,
        )
        assert find(recipe.write(tmp_path / str(missing))).validity.sound("service", "1x")


def test_a_limited_generator_is_neither_pass_nor_fail(tmp_path):
    """The promises of the stage are INVALID, although p95 is far beyond its limit; and the report says "at least"."""
    recipe = Recipe(scenario=ALONE, manners={("service", "10x"): Manner(median_s=0.5, cpu_share=0.98)})
    findings = find(recipe.write(tmp_path / "run"))
    assert {its.outcome for its in findings.verdicts if its.stage == "10x"} == {Outcome.INVALID}
    assert "at least 1\u202f000/s" in findings.validity.reason("service", "10x")


class TestConnections:
    """All connections busy: whose fault is it?"""

    def test_the_target_got_slow(self, tmp_path):
        """Twice as slow as at 1x while the pool was full: the target's limit, judged, and its promises broken."""
        assert faults_of(tmp_path, Manner(median_s=0.009, pool_full_s=0.5, unsent=0.2)) == set()

    def test_the_pool_was_too_small(self, tmp_path):
        """As quick as at 1x and yet no connection free: INVALID, with the advice how many are enough."""
        manners = {("service", "5x"): Manner(pool_full_s=0.5, unsent=0.2)}
        validity = find(Recipe(scenario=ALONE, manners=manners).write(tmp_path / "run")).validity
        assert {its.name for its in validity.faults("service", "5x")} == {"connections"}
        assert "raise target.connections, 1\u202f000 are enough" in validity.reason("service", "5x")  # 500/s for 2 s

    def test_in_the_first_stage_there_is_nothing_to_compare_with(self, tmp_path):
        """However slow it is there, that might be its usual pace."""
        assert faults_of(tmp_path, Manner(median_s=0.5, pool_full_s=0.5), stage="1x") == {"connections"}

    def test_only_the_seconds_of_a_full_pool_are_asked(self, tmp_path):
        """Recovery begins with the queue of 10x: slow and full for a second, then quick; that is the target's doing."""
        run = Recipe(scenario=ALONE, manners={("service", "recovery"): Manner(pool_full_s=0.0)}).write(tmp_path / "run")
        timeline = run.trials[0].timeline
        first = next(its for its in timeline.seconds if its.stage == "recovery")
        slow = first.ok["service_time"]
        slow.counts = {bucket + 128: count for bucket, count in slow.counts.items()}  # four times slower
        slow.largest_s *= 4
        for health in timeline.health:
            if health.t == first.t:
                health.pool_full_s = 0.9
        assert find(run).validity.faults("service", "recovery") == ()

    def test_a_moment_without_a_free_connection_does_not_matter(self, tmp_path):
        """Below 1 % of the stage's time nothing is asked."""
        assert faults_of(tmp_path, Manner(pool_full_s=0.009)) == set()


def test_the_reason_tells_what_explains_the_others(tmp_path):
    """An unfinished trial explains its missing telemetry, a small pool its unsent requests."""
    recipe = Recipe(scenario=ALONE, until_s={0: 17}, status={0: TrialStatus.FAILED})
    run = recipe.write(tmp_path / "run")
    noted = replace(run.trials[0], record=replace(run.trials[0].record, note="the service died"))
    reason = find(replace(run, trials=(noted,))).validity.reason("service", "10x")
    assert reason.startswith("trial 1: the trial is failed (the service died) and did not finish the stage; ")
