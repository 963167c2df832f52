"""The Tenfold tab in Locust's page: its routes, the script that fills it, and the choices of the start form."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, jsonify, redirect, request, send_file
from locust.web import WebUI

from loadtests.drivers.report_writer import REPORT, ReportState
from loadtests.drivers.web_tab.view import course_view, links_view, loss_view, plan_view, verdict_view
from scenarios.reading import library_names

if TYPE_CHECKING:
    from loadtests.drivers.session import Session

Guard = Callable[[Callable[[], Response]], Callable[[], Response]]
"""Locust's own door: with --web-login only those who have logged in come in."""

HERE = Path(__file__).parent
TITLE, KEY = "Tenfold", "tenfold"
INCLUDED = '<link rel="stylesheet" href="./tenfold/tab.css"><script defer src="./tenfold/tab.js"></script>'


def add_tab(web_ui: WebUI, session: Session, base_path: str) -> None:
    """Add the tab to Locust's page, which is about to be served below `base_path`."""
    routes = Blueprint("tenfold", __name__, url_prefix=f"{base_path or ''}/tenfold")

    guarded: Guard = web_ui.auth_required_if_enabled

    @routes.route("/state")
    @guarded
    def state() -> Response:
        return jsonify(state_of(session))

    @routes.route("/report")
    @guarded
    def report() -> Response:
        folder = session.report.folder
        if session.report.state is not ReportState.READY or folder is None:
            return Response("no report has been written yet", 404)
        download = "download" in request.args
        return send_file((folder / REPORT).resolve(), as_attachment=download, download_name=f"{folder.name}.html")

    @routes.route("/")
    def page() -> Any:
        return redirect(f"../?tab={KEY}")

    @routes.route("/<any('tab.js', 'tab.css'):name>")
    def part(name: str) -> Response:
        return send_file(HERE / name, max_age=0)

    if web_ui.app is not None:
        web_ui.app.register_blueprint(routes)
        web_ui.app.after_request(_include)
    web_ui.template_args["extendedTabs"] = [{"title": TITLE, "key": KEY}]
    web_ui.template_args["extendedCsvFiles"] = [
        {"href": "./tenfold/report?download", "title": "Download Tenfold's report of the last run"}
    ]
    _offer_scenarios(web_ui)


def state_of(session: Session) -> dict[str, Any]:
    """Return everything that the tab shows."""
    keeper = session.keeper
    report: dict[str, Any] = {"state": session.report.state.value}
    found: dict[str, Any] = {"state": "idle", "report": report, "links": links_view(os.environ), "objectives": []}
    if keeper is None or keeper.scenario is None:
        return found
    found["state"] = keeper.progress
    found["failure"] = keeper.failure
    found["run"] = keeper.folder.name if keeper.folder is not None else ""
    found |= plan_view(keeper.scenario, keeper.now_s)
    if keeper.course is not None:
        found |= course_view(keeper.course)
    if keeper.judge is not None:
        objectives = keeper.scenario.objectives
        found["objectives"] = [verdict_view(its, objectives[its.objective]) for its in keeper.judge.verdicts()]
    found["aborted"] = keeper.aborted.sentence if keeper.aborted is not None else ""
    found["losses"] = [loss_view(its) for its in keeper.losses]
    return found


def _include(response: Response) -> Response:
    """Add the tab's script and style to Locust's own page; everything else goes through as it is."""
    if response.mimetype == "text/html" and request.endpoint == "locust.index" and response.status_code == 200:
        response.set_data(response.get_data(as_text=True).replace("</head>", INCLUDED + "</head>", 1))
    return response


def _offer_scenarios(web_ui: WebUI) -> None:
    """Make the start form offer the library and the scenario Locust was started with, as a choice."""
    usual: Callable[[], None] = web_ui.update_template_args

    def update() -> None:
        usual()
        option = web_ui.template_args["extra_options"].get("scenario")
        if option is not None:
            own = str(web_ui.environment.parsed_options.scenario) if web_ui.environment.parsed_options else ""
            option["choices"] = list(dict.fromkeys([own, *sorted(library_names())]))
            option["default_value"] = own

    web_ui.update_template_args = update  # type: ignore[method-assign]  # Locust offers no other way in
