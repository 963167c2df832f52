"""Answers over HTTP: streams and JSON, both routes, sources, usage, cost, refusals of bad questions."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.target_stub.answering.conftest import COMPLEX, SIMPLE

Start = Callable[..., Any]


def test_a_stream_begins_with_sources_and_ends_with_what_it_took(start: Start) -> None:
    """Sources, then words, then the end; the words are the sources' own, with their numbers."""
    answers = start()
    heard = answers.stream()
    assert heard.status == 200
    assert heard.headers["Content-Type"] == "text/event-stream"
    assert heard.names == ["sources", "token", "done"]
    sources, done = heard.one("sources"), heard.one("done")
    assert sources["sources"][0]["id"] == "hobby.bread"
    assert [its["number"] for its in sources["sources"]] == [1, 2, 3]
    assert re.search(r"Knead the dough, let it rise overnight and bake it in a hot oven\. \[1\]", heard.text)
    assert (done["route"], done["written_by"], done["model"]) == ("simple", "small", "tenfold-small")
    assert (done["source"], done["degraded"], done["finish_reason"]) == ("upstream", False, "stop")
    assert set(done["timings_ms"]) == {"route", "retrieve", "prompt", "upstream"}
    assert re.match(r"retrieve;dur=[\d.]+, route;dur=[\d.]+, prompt;dur=", heard.headers["Server-Timing"])


def test_the_same_answer_comes_in_one_piece(start: Start) -> None:
    """As JSON, with the times of all stages in the header."""
    answers = start(answer_cache=False)
    whole, heard = answers.ask(), answers.stream()
    assert whole.headers["Content-Type"] == "application/json"
    assert whole.json["answer"] == heard.text
    assert whole.json["sources"] == heard.one("sources")["sources"]
    assert {"retrieve", "route", "prompt", "upstream"} == set(re.findall(r"(\w+);dur", whole.headers["Server-Timing"]))


def test_a_complex_question_takes_the_whole_way(start: Start) -> None:
    """The large model, with more passages and a longer prompt."""
    answers = start()
    simple, large = answers.ask().json, answers.ask(COMPLEX).json
    assert (large["route"], large["written_by"], large["model"]) == ("complex", "large", "tenfold-large")
    assert len(large["sources"]) > len(simple["sources"])
    assert large["usage"]["prompt_tokens"] > simple["usage"]["prompt_tokens"]
    assert "[1]" in large["answer"]
    assert answers.models.count("tenfold-large", "ok") == 1


def test_without_the_router_every_question_goes_to_the_large_model(start: Start) -> None:
    """The switch is the difference."""
    assert start(answer_router=False).ask().json["written_by"] == "large"


def test_the_caller_may_choose_model_and_passages(start: Start) -> None:
    """Over the router's head."""
    reply = start().ask(model="large", passages=2).json
    assert (reply["written_by"], len(reply["sources"]), reply["route"]) == ("large", 2, "simple")


def test_usage_is_the_model_servers_and_the_cost_is_by_the_prices(start: Start) -> None:
    """Written out: 1 000 tokens read at 2 000, and 1 000 written at 10 000 micro-units, rounded up."""
    answers = start(answer_small_prompt_price=2000, answer_small_completion_price=10_000)
    reply = answers.ask().json
    read, wrote = reply["usage"]["prompt_tokens"], reply["usage"]["completion_tokens"]
    assert reply["cost_micros"] == -(-(read * 2000 + wrote * 10_000) // 1000)
    assert answers.metric('answer_tokens_total{kind="prompt",model="small"}') == read
    assert answers.metric('answer_tokens_total{kind="completion",model="small"}') == wrote
    assert answers.metric('answer_cost_micros_total{model="small"}') == reply["cost_micros"]


def test_without_a_model_server_answers_are_extracted(start: Start) -> None:
    """Out of the box: the sources' own sentences, at no cost, and said to be so."""
    answers = start(models=None)
    heard = answers.stream()
    done = heard.one("done")
    assert heard.names == ["sources", "token", "done"]
    assert "Knead the dough" in heard.text
    assert (done["written_by"], done["source"], done["cost_micros"], done["model"]) == ("extract", "none", 0, "")
    assert answers.metric('answers_total{route="simple",source="none",written_by="extract"}') == 1


def test_a_question_that_nothing_answers_is_told_so(start: Start) -> None:
    """By the passages that came nearest; nothing is invented."""
    assert start().ask("What are quantum chromodynamics?").json["answer"] == "The passages do not answer this question."


def test_answers_are_counted_with_their_stages(start: Start) -> None:
    """By route, writer and source; every stage once."""
    answers = start()
    answers.ask()
    assert answers.metric('answers_total{route="simple",source="upstream",written_by="small"}') == 1
    for stage in ("retrieve", "route", "prompt", "upstream"):
        assert answers.metric(f'answer_stage_duration_seconds_count{{stage="{stage}"}}') == 1
    assert answers.metric('answer_first_token_seconds_count{route="simple"}') == 1
    assert answers.metric("answer_router_simple_ratio") == 1
    assert answers.metric("answer_router_accuracy_ratio") > 0.9
    assert answers.metric("answer_budget_left_micros") == float("inf")


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, "missing_field", "/question"),
        ({"question": ""}, "empty_query", "/question"),
        ({"question": " \t\x00\n"}, "empty_query", "/question"),
        ({"question": "x" * 2001}, "out_of_range", "/question"),
        ({"question": 3}, "wrong_type", "/question"),
        ({"question": "q", "model": "huge"}, "unknown_value", "/model"),
        ({"question": "q", "passages": 51}, "out_of_range", "/passages"),
        ({"question": "q", "passages": -1}, "out_of_range", "/passages"),
        ({"question": "q", "stream": "yes"}, "wrong_type", "/stream"),
        ({"question": "q", "temperature": 1}, "unknown_field", "/temperature"),
    ],
)
def test_a_bad_question_is_refused_with_its_field(start: Start, body: Any, code: str, field: str) -> None:
    """Before anything is searched or asked."""
    answers = start(models=None)
    refused = answers.client.post("/api/answer", json=body)
    assert (refused.status, refused.json["code"], refused.json["field"]) == (400, code, field)


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"data": b"{", "headers": {"Content-Type": "application/json"}}, 400),
        ({"data": b"question=x"}, 415),
        ({"data": b" " * 70_000, "headers": {"Content-Type": "application/json"}}, 413),
        ({"json": {"question": "q"}, "headers": {"X-Deadline-Ms": "soon"}}, 400),
    ],
)
def test_a_body_that_is_no_question_is_refused(start: Start, options: Any, status: int) -> None:
    """Not JSON, too large, or with a deadline that is none."""
    assert start(models=None).client.post("/api/answer", **options).status == status


@pytest.mark.parametrize(
    "question", ["\U0001f600?", "Wie backt man Br\u00f6tchen?", "a" * 2000, "</passage> [1] \"'<b>"]
)
def test_unusual_questions_are_answered(start: Start, question: str) -> None:
    """Emoji, other languages, the longest there may be, and what looks like our own markup."""
    assert start().ask(question).status == 200


def test_replies_are_as_described(start: Start) -> None:
    """By the service's own OpenAPI document."""
    answers = start()
    described = answers.client.get("/openapi.json").json
    operation = described["paths"]["/api/answer"]["post"]["responses"]["200"]["content"]
    assert set(operation) == {"application/json", "text/event-stream"}
    schema = {**operation["application/json"]["schema"], "components": described["components"]}
    for reply in (answers.ask(), answers.ask(COMPLEX), start(models=None).ask()):
        Draft202012Validator(schema).validate(reply.json)


def test_the_router_reports_itself(start: Start) -> None:
    """Its rules, its accuracy, what it was asked, and what it makes of a question."""
    answers = start(models=None)
    answers.ask(SIMPLE)
    answers.ask(COMPLEX)
    report = answers.client.get("/admin/router", params={"question": "Why is it slow?"}).json
    assert report["enabled"]
    assert (report["asked"], report["simple_ratio"]) == (2, 0.5)
    assert report["held_out"]["questions"] + report["developed_on"]["questions"] == 230
    assert report["tried"]["route"] == "complex"
    assert set(report["tried"]["reasons"]) == {"asks for a cause", "has trouble"}
    described = answers.client.get("/openapi.json").json
    schema = described["paths"]["/admin/router"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    Draft202012Validator({**schema, "components": described["components"]}).validate(report)
    assert answers.client.get("/admin/router?q=x").status == 400
    assert "tried" not in answers.client.get("/admin/router").json
