"""The options that Tenfold adds to Locust's own, on its command line and as environment variables."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from locust.argument_parser import LocustArgumentParser
from locust.env import Environment

from loadtests.loss import OnLoss

DEFAULT_SCENARIO = "smoke"


@dataclass(frozen=True, slots=True)
class Options:
    """What the keeper and the generators need to know; `run_dir` None means a run folder of its own."""

    scenario: str
    run_dir: Path | None
    trial: int
    trial_seed: int | None
    metrics_port: int
    host: str | None
    on_worker_loss: OnLoss = OnLoss.INVALID
    multiplier: float = 1.0


def add_arguments(parser: LocustArgumentParser) -> None:
    """Add Tenfold's options to Locust's parser."""
    parser.add_argument(
        "--scenario",
        default=DEFAULT_SCENARIO,
        env_var="TENFOLD_SCENARIO",
        help=f"YAML file, or a name of Tenfold's library (default: {DEFAULT_SCENARIO})",
    )
    parser.add_argument(
        "--multiplier",
        type=float,
        default=1.0,
        env_var="TENFOLD_MULTIPLIER",
        help="factor on the scenario's baseline, and so on the rate of every stage (default: 1)",
    )
    parser.add_argument(
        "--run-dir",
        default="",
        env_var="TENFOLD_RUN_DIR",
        include_in_web_ui=False,
        help="existing run folder to add a trial to (default: a new folder below runs/)",
    )
    parser.add_argument(
        "--trial", type=int, default=1, env_var="TENFOLD_TRIAL", include_in_web_ui=False, help="number of the trial"
    )
    parser.add_argument(
        "--trial-seed",
        type=int,
        default=-1,
        env_var="TENFOLD_TRIAL_SEED",
        include_in_web_ui=False,
        help="seed of the arrivals (default: the scenario's)",
    )
    parser.add_argument(
        "--metrics-port",
        type=int,
        default=0,
        env_var="TENFOLD_METRICS_PORT",
        include_in_web_ui=False,
        help="port of the first generator's Prometheus metrics on loopback, the next worker's is one higher; 0: none",
    )
    parser.add_argument(
        "--on-worker-loss",
        choices=[its.value for its in OnLoss],
        default=OnLoss.INVALID.value,
        env_var="TENFOLD_ON_WORKER_LOSS",
        include_in_web_ui=False,
        help="when a worker is lost under load: leave its share out (default; what is missing is INVALID), or have the "
        "others take it over (only the seconds until then are INVALID)",
    )


def read_options(environment: Environment) -> Options:
    """Return the options that this process was started with (or got from the web form)."""
    parsed: Any = environment.parsed_options
    return Options(
        scenario=parsed.scenario,
        run_dir=Path(parsed.run_dir) if parsed.run_dir else None,
        trial=parsed.trial,
        trial_seed=parsed.trial_seed if parsed.trial_seed >= 0 else None,
        metrics_port=parsed.metrics_port,
        host=environment.host or None,
        on_worker_loss=OnLoss(parsed.on_worker_loss),
        multiplier=float(parsed.multiplier),
    )
