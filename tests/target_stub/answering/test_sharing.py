"""Equal questions at one time are written once, for all who listen; kept answers are written never."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.target_stub.answering.conftest import COMPLEX, SIMPLE, Events, until

Start = Callable[..., Any]
SLOW = {"stall_ratio": 1, "after_tokens": 3}  # writes three tokens and then waits for ever


async def read_tokens(answer: Any, tokens: int) -> bytes:
    """Read until so many tokens have come."""
    got = b""
    while got.count(b"event: token") < tokens:
        got += await answer.content.readany()
    return bytes(got)


def test_ten_equal_questions_at_one_time_are_one_call(start: Start) -> None:
    """All hear the whole answer from its beginning; one pays."""
    answers = start()

    async def ask_ten() -> list[Events]:
        return await asyncio.gather(*(answers.streamed(COMPLEX) for _ in range(10)))

    heard = answers.run(ask_ten())
    assert len({its.text for its in heard}) == 1
    assert heard[0].text
    assert sorted(its.one("done")["source"] for its in heard) == ["shared"] * 9 + ["upstream"]
    assert sum(its.one("done")["cost_micros"] > 0 for its in heard) == 1
    assert answers.models.count("tenfold-large", "ok") == 1
    assert answers.metric('answers_total{route="complex",source="shared",written_by="large"}') == 9


def test_without_the_switch_each_is_a_call_of_its_own(start: Start) -> None:
    """The switch is the difference; so is asking past the cache."""
    for switches, body in (({"answer_shared": False}, {}), ({}, {"cache": "bypass"})):
        answers = start(**switches)

        async def ask_three(asked: Any = answers, body: Any = body) -> None:
            await asyncio.gather(*(asked.streamed(COMPLEX, **body) for _ in range(3)))

        answers.run(ask_three())
        assert answers.models.count("tenfold-large", "ok") == 3


def test_who_comes_later_hears_the_answer_from_its_beginning(start: Start) -> None:
    """In the middle of the stream, the words that are past come at once."""
    answers = start(models=SLOW)

    async def two() -> tuple[bytes, bytes]:
        async with answers.listening(COMPLEX) as first:
            early = await read_tokens(first, 3)
            async with answers.listening(COMPLEX) as second:
                return early, await read_tokens(second, 3)

    early, late = answers.run(two())
    assert early.partition(b"event: token")[2] == late.partition(b"event: token")[2]
    assert b"event: sources" in late
    assert answers.models.server.app is not None
    assert answers.asked("ok", "large") + answers.asked("left", "large") <= 1


def test_the_call_ends_with_the_last_listener_and_not_before(start: Start) -> None:
    """The first one leaving changes nothing for the second; the second one leaving stops the model."""
    answers = start(models=SLOW)

    async def leave_in_turn() -> tuple[float, float]:
        first = await answers.client._client.post("/api/answer", json={"question": COMPLEX})
        second = await answers.client._client.post("/api/answer", json={"question": COMPLEX})
        await read_tokens(first, 1)
        await read_tokens(second, 1)
        first.close()
        await until(lambda: answers.service.metrics.in_flight == 1)
        still = answers.models.count("tenfold-large", "left")
        second.close()
        await until(lambda: answers.models.count("tenfold-large", "left"))
        return still, answers.models.count("tenfold-large", "left")

    assert answers.run(leave_in_turn()) == (0, 1)
    assert answers.asked("left", "large") == 1


def test_a_failure_is_told_to_all(start: Start) -> None:
    """Nobody waits for ever for an answer that is not coming; the next question is a new call."""
    answers = start(models={"error_ratio": 1}, upstream_retries=0)

    async def ask_three() -> list[int]:
        return [its.status for its in await asyncio.gather(*(_ask(answers) for _ in range(3)))]

    assert answers.run(ask_three()) == [502] * 3
    assert answers.models.count("tenfold-large", "failed") == 1
    answers.ask(COMPLEX)
    assert answers.models.count("tenfold-large", "failed") == 2


async def _ask(answers: Any, **headers: str) -> Any:
    return await answers.client.call(
        "POST", "/api/answer", json={"question": COMPLEX, "stream": False}, headers=headers
    )


def test_nobody_joins_a_call_that_ends_long_before_his_own_deadline(start: Start) -> None:
    """One who waits a second begins a call; one who waits a minute begins another, and is answered."""
    answers = start(models=SLOW)

    async def both() -> float:
        hurried = asyncio.create_task(_ask(answers, **{"X-Deadline-Ms": "900"}))
        await until(lambda: b"model_requests_in_flight 1.0" in answers.models.exposition())
        patient = asyncio.create_task(_ask(answers))
        await until(lambda: b"model_requests_in_flight 2.0" in answers.models.exposition())
        for task in (hurried, patient):
            task.cancel()
        await asyncio.gather(hurried, patient, return_exceptions=True)
        return 2

    assert answers.run(both()) == 2


def test_who_joins_keeps_his_own_deadline(start: Start) -> None:
    """The call goes on for the first one when the second one's time is over."""
    answers = start(models=SLOW)

    async def both() -> tuple[int, float]:
        async with answers.listening(COMPLEX) as first:
            await read_tokens(first, 1)
            hurried = await _ask(answers, **{"X-Deadline-Ms": "50"})
            return hurried.status, answers.models.count("tenfold-large", "left")

    assert answers.run(both()) == (504, 0)


def test_simple_answers_are_kept_and_complex_ones_are_not(start: Start) -> None:
    """The second time the words are the same, at no cost and without a call."""
    answers = start()
    first, again = answers.stream(), answers.stream()
    assert (first.text, first.one("sources")) == (again.text, again.one("sources"))
    assert (again.one("done")["source"], again.one("done")["cost_micros"]) == ("cache", 0)
    assert answers.models.count("tenfold-small", "ok") == 1
    for _ in range(2):
        assert answers.ask(COMPLEX).json["source"] == "upstream"


@pytest.mark.parametrize(
    ("switches", "body"), [({"answer_cache": False}, {}), ({"answer_router": False}, {}), ({}, {"cache": "bypass"})]
)
def test_what_is_not_to_be_kept_is_written_again(start: Start, switches: Any, body: Any) -> None:
    """Without the cache, without simple questions, or past the cache."""
    answers = start(**switches)
    assert [answers.ask(**body).json["source"] for _ in range(2)] == ["upstream", "upstream"]


def test_new_documents_make_kept_answers_old(start: Start) -> None:
    """An answer over other documents would be an answer to another question."""
    answers = start()
    answers.ask()
    document = {"title": "Hot oven", "text": "What is kneaded and baked in a hot oven is pizza."}
    answers.client.post("/api/documents", json={"documents": [document]})
    reply = answers.ask().json
    assert reply["source"] == "upstream"
    assert "pizza" in reply["answer"]


def test_answers_grow_old(start: Start) -> None:
    """After its time to live an answer is written anew."""
    answers = start(answer_cache_ttl_s=0.001)
    assert answers.ask(SIMPLE).json["source"] == "upstream"
    answers.run(until(lambda: answers.service.answerer._kept.get("nothing") is None))
    assert answers.ask(SIMPLE).json["source"] == "upstream"
