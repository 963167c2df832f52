"""JUnit XML for CI servers: a suite per stage with the contender's promises, one for validity, one for regression."""

from __future__ import annotations

from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from reports import wording
from reports.comparison import Answer, Comparison
from reports.printable import printable
from reports.report import Report
from reports.validity import Check
from reports.verdict import Outcome, Verdict


class JunitRenderer:
    """Writes promises as test cases: broken is a failure, INVALID an error, no baseline or not measured skipped.

    The baseline's own verdicts are not in it: a test run must not be red for what was there before.
    """

    file_name = "junit.xml"

    def render(self, report: Report) -> str:
        """Return the XML."""
        root = Element("testsuites", name="tenfold")
        lengths_s = {stage.name: stage.duration_s for stage in report.findings.run.scenario.stages}
        contender = report.findings.run.scenario.contender.name
        for stage in report.findings.run.scenario.judged_stages:
            suite = _suite(root, stage, report)
            for verdict in report.findings.of(contender):
                if verdict.stage == stage:
                    _promise(suite, report, verdict, lengths_s[stage])
        validity = _suite(root, "validity", report)
        for check in report.findings.validity.worst_by_stage:
            _check(validity, report, check, contender)
        regression = _suite(root, "regression", report)
        for comparison in report.findings.comparisons:
            _comparison(regression, report, comparison)
        for suite in (root, *root):
            _count(suite)
        ElementTree.indent(root)
        return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(root: Element, name: str, report: Report) -> Element:
    suite = SubElement(root, "testsuite", name=printable(name))
    properties = SubElement(suite, "properties")
    manifest = report.findings.run.manifest
    told = {
        "run": report.run_id,
        "commit": manifest.commit,
        "machine": f"{manifest.machine.get('cpu', '')} x {manifest.machine.get('cores', '')}",
        "outcome": report.outcome.value,
        "exit_code": str(report.exit_code),
    }
    for key, value in told.items():
        SubElement(properties, "property", name=key, value=printable(value))
    return suite


def _case(suite: Element, report: Report, name: str, length_s: float = 0.0) -> Element:
    place = f"tenfold.{report.findings.run.scenario.name}.{suite.get('name')}"
    return SubElement(suite, "testcase", classname=printable(place), name=printable(name), time=f"{length_s:g}")


def _promise(suite: Element, report: Report, its: Verdict, length_s: float) -> None:
    name = " ".join(word for word in (its.operation, its.objective.indicator.name, its.criterion.text) if word)
    case = _case(suite, report, name, length_s)
    reason = printable(f"{wording.promise(its)} at {its.stage}: {its.reason}")
    match its.outcome:
        case Outcome.FAIL:
            SubElement(case, "failure", type="SLOBreach", message=reason).text = printable(its.value.method)
        case Outcome.INVALID:
            SubElement(case, "error", type="InvalidRun", message=reason)
        case Outcome.NO_BASELINE | Outcome.NOT_MEASURED:
            SubElement(case, "skipped", message=reason)
        case _:
            SubElement(case, "system-out").text = f"{its.outcome.value}: {reason}"


def _check(suite: Element, report: Report, its: Check, contender: str) -> None:
    case = _case(suite, report, f"{its.variant} at {its.stage or 'every stage'}: {its.name}")
    sentence = printable(f"trial {its.trial}: {its.sentence}")
    if its.holds:
        SubElement(case, "system-out").text = sentence
    elif its.variant == contender:
        SubElement(case, "error", type="InvalidRun", message=sentence)
    else:
        SubElement(case, "skipped", message=f"not sound, and not judged: {sentence}")


def _comparison(suite: Element, report: Report, its: Comparison) -> None:
    name = " ".join(word for word in (its.operation, its.measure.key, "at", its.stage) if word)
    case = _case(suite, report, name)
    said = printable(f"{its.answer.value}: {wording.summary(its)}")
    if its.answer is Answer.REGRESSED and report.findings.apart and its in report.findings.regressions:
        SubElement(case, "failure", type="Regression", message=said)
    elif not its.measured:
        SubElement(case, "skipped", message=said)
    else:
        SubElement(case, "system-out").text = said


def _count(suite: Element) -> None:
    cases = list(suite.iter("testcase"))
    suite.set("tests", str(len(cases)))
    for kind, attribute in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        suite.set(attribute, str(sum(case.find(kind) is not None for case in cases)))
    suite.set("time", f"{sum(float(case.get('time', '0')) for case in cases):g}")
