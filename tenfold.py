"""The front door: `tenfold COMMAND` parses, calls one function and returns an exit code."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import import_module, metadata
from pathlib import Path

from loadtests import interruption
from scenarios.errors import HarnessError
from scenarios.reading import find, read_scenario
from scenarios.scenario import Scenario

INTERRUPTED_EXIT_CODE = 130
NO_BASELINE_EXIT_CODE = 5
RUNS = Path("runs")
GRAFANA_URL = "http://127.0.0.1:3000"  # where deploy/compose.yaml serves it

FORWARDED = {
    "serve": ("target_stub.command", ("serve",), "start the bundled search service"),
    "serve-embedder": ("target_stub.command", ("serve-embedder",), "start an embedding service beside it"),
    "ingest": ("target_stub.ingest.command", (), "send the files of a folder to a running service"),
    "quality": ("target_stub.quality.command", (), "measure how well each mode of the bundled service finds"),
    "serve-upstream": ("target_stub.model_server.command", (), "start the bundled language model server"),
}
"""Module, first words and description of commands that are forwarded as they are."""

EPILOG = """\
examples:
  tenfold demo                                   the bundled service, before and after, at 1x to 10x (5 minutes)
  tenfold check my-scenario.yaml                 every mistake of a file at once, and the plan drawn
  tenfold run my-scenario.yaml --host http://127.0.0.1:8080
  tenfold doctor                                 what this machine and its generator are good for
  tenfold self-test                              break the service on purpose: does the gate say so? (3 minutes)
  tenfold capacity my-scenario.yaml              the largest rate at which every objective holds
  tenfold report runs/latest                     judge a run again, from its folder alone
  tenfold compare runs/OLD runs/NEW              two runs made apart

exit codes: 0 pass, 1 a bug of ours, 2 usage or configuration, 3 an objective failed, 4 invalid measurement,
5 a baseline was required and is missing, 130 interrupted (the report is still written)
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; a user's mistake is told in two lines on standard error."""
    words = list(sys.argv[1:] if argv is None else argv)
    interruption.listen()
    try:
        if words[:1] and words[0] in FORWARDED:  # these have command lines of their own, and know nothing of this one
            module, first_words, _ = FORWARDED[words[0]]
            forwarded: Callable[[Sequence[str]], int] = import_module(module).main
            return forwarded([*first_words, *words[1:]])
        given = _parser().parse_args(words)
        command: Callable[[argparse.Namespace], int] = given.call
        return command(given)
    except HarnessError as error:
        sys.stderr.write(f"tenfold: {error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED_EXIT_CODE
    except BrokenPipeError:  # the reader of our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _demo(given: argparse.Namespace) -> int:
    given.scenario, given.host, given.variant, given.baseline, given.processes = "demo", None, None, None, 1
    return _run(given)


def _run(given: argparse.Namespace) -> int:
    """Run a scenario, judge it, and say what was written where."""
    from loadtests.bench import Bench
    from loadtests.ceiling import known_ceiling, plan_warning
    from loadtests.experiment import Experiment
    from loadtests.folder import begin_run, command_line
    from loadtests.manifest import TrialStatus
    from loadtests.run import read_run
    from loadtests.watchers import make_watcher
    from reports.sources import make_source

    scenario = _chosen(read_scenario(find(given.scenario)), given)
    baseline = read_run(Path(given.baseline)) if given.baseline else None
    if scenario.target.url:
        from loadtests.targets import make_backstage

        make_backstage(scenario, scenario.target.url).check()
    folder, manifest = begin_run(given.runs, scenario, command_line())
    watcher = make_watcher()
    if warning := plan_warning(scenario, given.processes, known_ceiling()):
        watcher.note(warning)
    bench = Bench(
        scenario=scenario,
        folder=folder,
        watcher=watcher,
        read_server=lambda url, record: make_source(url, experiment.manifest.telemetry).read(
            scenario, folder.name, record
        ),
        host=scenario.target.url,
        processes=given.processes,
    )
    experiment = Experiment(bench, manifest)
    try:
        manifest = experiment.run(telemetry=not given.no_prometheus)
    finally:
        watcher.close()
    _keep_links(folder)
    code = _publish(folder, baseline.folder if baseline else None, ())
    interrupted = any(trial.status is TrialStatus.INTERRUPTED for trial in manifest.trials)
    return INTERRUPTED_EXIT_CODE if interrupted else code


def _chosen(scenario: Scenario, given: argparse.Namespace) -> Scenario:
    """Apply what the command line says over the file: address, variant, number of trials."""
    if given.variant:
        names = [variant.name for variant in scenario.variants]
        if given.variant not in names:
            raise HarnessError(f"there is no variant {given.variant!r}", hint=f"known: {', '.join(names)}")
        scenario = replace(scenario, variants=(scenario.variant(given.variant),))
    if given.host:
        if "://" not in given.host:
            raise HarnessError(f"{given.host!r} is not an address", hint="write it like http://127.0.0.1:8080")
        target = replace(scenario.target, url=given.host.rstrip("/"))
        scenario = replace(scenario, target=target, variants=(scenario.contender,))
    return replace(scenario, trials=given.trials) if given.trials else scenario


def _keep_links(folder: Path) -> None:
    """Write into the manifest where the dashboards show this run."""
    from dashboards.links import links
    from loadtests.run import read_run, save_manifest

    run = read_run(folder)
    starts = [trial.record.started_unix for trial in run.trials if trial.record.started_unix is not None]
    if starts:
        base = os.environ.get("GRAFANA_URL", GRAFANA_URL)
        found = links(base, run.manifest.run_id, min(starts), max(starts) + run.scenario.duration_s)
        save_manifest(folder, replace(run.manifest, links=found))


def _publish(folder: Path, baseline: Path | None, allow: Sequence[str], out: Path | None = None) -> int:
    """Judge a run, write its files, print the verdict, and return its exit code."""
    from rich.console import Console

    from loadtests.run import read_run
    from reports.assembling import report_of, report_of_two
    from reports.history import HISTORY_FILE, remember
    from reports.renderers import write_all
    from reports.renderers.markdown import append_step_summary
    from reports.renderers.terminal import renderable

    run = read_run(folder)
    report = report_of_two(read_run(baseline), run, allow) if baseline else report_of(run)
    place = out or folder
    try:
        place.mkdir(parents=True, exist_ok=True)
        written = write_all(report, place)
        remember(run, folder.resolve().parent / HISTORY_FILE)
    except OSError as error:
        raise HarnessError(f"the report cannot be written: {error}", hint="free space, or check the folder") from error
    append_step_summary(written["markdown"].read_text(encoding="utf-8"), os.environ)
    console = Console()
    console.print(renderable(report))
    console.print(f"\nwritten to {place}/: " + ", ".join(path.name for path in written.values()), highlight=False)
    console.print(f"open {written['html']} in a browser; judge it again with: tenfold report {folder}", highlight=False)
    return report.exit_code


def _report(given: argparse.Namespace) -> int:
    return _publish(Path(given.run), Path(given.baseline) if given.baseline else None, given.allow)


def _compare(given: argparse.Namespace) -> int:
    before, after = Path(given.before), Path(given.after)
    out = Path(given.out) if given.out else after / f"against-{before.resolve().name}"
    return _publish(after, before, given.allow, out)


def _check(given: argparse.Namespace) -> int:
    from rich.console import Console

    from reports.plan_sketch import renderable

    path = find(given.scenario)
    console = Console()
    console.print(renderable(read_scenario(path)))
    console.print(f"{path} is fine; run it with: tenfold run {given.scenario}", highlight=False)
    return 0


def _ui(given: argparse.Namespace) -> int:
    from loadtests.ui import Ui
    from loadtests.watchers import make_watcher

    file = find(given.scenario)
    watcher = make_watcher()
    try:
        Ui(read_scenario(file), file, RUNS / ".ui", watcher, given.host, given.web_port, given.processes).serve()
    finally:
        watcher.close()
    return 0


def _dashboards(given: argparse.Namespace) -> int:
    from dashboards.generate import GENERATED, differences, write
    from scenarios.baseline import unmeasured

    scenario, folder = read_scenario(find(given.scenario), unmeasured), Path(given.out) if given.out else GENERATED
    if given.check:
        found = differences(folder, scenario)
        if found:
            shown = "\n".join(found[:40])
            raise HarnessError(f"{folder} differs from what is generated:\n{shown}", hint="run: tenfold dashboards")
        sys.stdout.write(f"{folder} is up to date\n")
        return 0
    for path in write(folder, scenario):
        sys.stdout.write(f"written: {path}\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    from reports.commands import capacity, doctor, export, self_test

    raw = argparse.RawDescriptionHelpFormatter
    description = "Judges a search service before a release: does it keep its promises at 2x, 5x and 10x of its load?"
    parser = argparse.ArgumentParser(prog="tenfold", description=description, epilog=EPILOG, formatter_class=raw)
    parser.add_argument("--version", action="version", version=f"tenfold {metadata.version('tenfold')}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, call: Callable[[argparse.Namespace], int], about: str) -> argparse.ArgumentParser:
        command: argparse.ArgumentParser = commands.add_parser(name, help=about, description=about, formatter_class=raw)
        command.set_defaults(call=call)
        return command

    _add_runs(add)
    for name, (_, _, about) in FORWARDED.items():
        commands.add_parser(name, help=f"{about} (its own options: tenfold {name} --help)")
    capacity.add(commands)
    doctor.add(commands)
    self_test.add(commands)
    export.add(commands)
    _add_reports(add)
    return parser


Add = Callable[[str, Callable[[argparse.Namespace], int], str], argparse.ArgumentParser]


def _add_runs(add: Add) -> None:
    demo = add("demo", _demo, "judge the bundled service before and after its optimisations")
    run = add("run", _run, "run a scenario and judge it")
    run.add_argument("scenario", help="YAML file, or a name of the library: demo, spike, day, replay, sessions, ...")
    run.add_argument("--host", metavar="URL", help="a service that runs already (default: the bundled one)")
    run.add_argument("--variant", metavar="NAME", help="only this variant of the scenario")
    run.add_argument("--baseline", metavar="RUN", help="an earlier run to count changes from")
    run.add_argument("--processes", type=int, default=1, metavar="N", help="generator processes (default: 1)")
    for command in (demo, run):
        command.add_argument("--trials", type=int, metavar="N", help="trials of each variant (default: the file's)")
        command.add_argument("--runs", type=Path, default=RUNS, metavar="DIR", help="where runs go (default: runs)")
        command.add_argument("--no-prometheus", action="store_true", help="leave out the server-side numbers")
    check = add("check", _check, "read a scenario, tell every mistake at once, and draw its plan")
    check.add_argument("scenario", help="YAML file, or a name of the library")
    ui = add("ui", _ui, "offer a scenario from Locust's web page")
    ui.add_argument("scenario", nargs="?", default="demo", help="YAML file, or a name of the library (default: demo)")
    ui.add_argument("--host", metavar="URL", help="a service that runs already (default: the bundled one)")
    ui.add_argument("--web-port", type=int, default=8089, metavar="PORT", help="port of the page (default: 8089)")
    ui.add_argument("--processes", type=int, default=1, metavar="N", help="generator processes (default: 1)")


def _add_reports(add: Add) -> None:
    report = add("report", _report, "judge a run again, from its folder alone")
    report.add_argument("run", help="a run folder, such as runs/latest")
    report.add_argument("--baseline", metavar="RUN", help="an earlier run to count changes from")
    compare = add("compare", _compare, "compare two runs that were made apart")
    compare.add_argument("before", help="run folder of the baseline")
    compare.add_argument("after", help="run folder of the contender")
    compare.add_argument("--out", metavar="DIR", help="where the report goes (default: inside the contender's folder)")
    for command in (report, compare):
        command.add_argument(
            "--allow-different", dest="allow", action="append", default=[], metavar="FACT", help="compare all the same"
        )
    dashboards = add("dashboards", _dashboards, "write the Grafana dashboards of a scenario")
    dashboards.add_argument("--scenario", default="demo", help="whose objectives give the thresholds (default: demo)")
    dashboards.add_argument("--out", metavar="DIR", help="folder (default: dashboards/generated)")
    dashboards.add_argument("--check", action="store_true", help="write nothing; fail when the files differ")


if __name__ == "__main__":
    sys.exit(main())
