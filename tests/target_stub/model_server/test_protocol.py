"""OpenAI's own client is the judge of the protocol: it must read every answer, every stream and every error."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import openai
import pytest

from target_stub.answering.passage import Passage, written
from target_stub.answering.tokens import count_tokens

Start = Callable[..., Any]
PROMPT = f"""{written(Passage(1, "", "How to bake bread", "Knead the dough. Bake it in a hot oven."))}

Question: How is bread baked?"""
MESSAGES = [{"role": "system", "content": "Answer from the passages."}, {"role": "user", "content": PROMPT}]
ANSWER = "How to bake bread [1] Bake it in a hot oven. [1]"
REQUEST: dict[str, Any] = {"model": "tenfold-small", "messages": MESSAGES}


def create(**changes: Any) -> Callable[[Any], Any]:
    async def work(client: Any) -> Any:
        return await client.chat.completions.create(**REQUEST | changes)

    return work


def stream(**changes: Any) -> Callable[[Any], Any]:
    async def work(client: Any) -> Any:
        chunks = await client.chat.completions.create(**REQUEST | changes, stream=True)
        return [chunk async for chunk in chunks]

    return work


def test_a_whole_answer(start: Start) -> None:
    """Text, reason, model and usage, and the tokens counted."""
    server = start()
    answer = server.openai(create())
    assert answer.choices[0].message.content == ANSWER
    assert (answer.choices[0].finish_reason, answer.model, answer.object) == (
        "stop",
        "tenfold-small",
        "chat.completion",
    )
    prompt_tokens = count_tokens("Answer from the passages.\n" + PROMPT) + 8
    assert answer.usage.prompt_tokens == prompt_tokens
    assert answer.usage.total_tokens == prompt_tokens + answer.usage.completion_tokens
    assert answer.usage.completion_tokens == count_tokens(ANSWER)
    assert server.count("tenfold-small", "ok") == 1


def test_a_stream_is_the_same_answer_in_pieces(start: Start) -> None:
    """Role first, then tokens, then the reason, then the usage where it was asked for."""
    server = start()
    chunks = server.openai(stream(stream_options={"include_usage": True}))
    *spoken, ended, used = chunks
    assert spoken[0].choices[0].delta.role == "assistant"
    assert "".join(its.choices[0].delta.content or "" for its in spoken) == ANSWER
    assert len(spoken) > 8
    assert ended.choices[0].finish_reason == "stop"
    assert (used.choices, used.usage.completion_tokens) == ([], count_tokens(ANSWER))
    assert len({its.id for its in chunks}) == 1
    assert server.openai(stream())[-1].usage is None


def test_the_times_are_the_models(start: Start) -> None:
    """One wait for the first token, about 120 ms, then one of about 6 ms for each next one."""
    server = start()
    server.openai(create())
    _, first_s, *next_s = server.slept
    assert 0.03 < first_s < 0.5
    assert len(next_s) == count_tokens(ANSWER) - 1
    assert all(0.0005 < its < 0.06 for its in next_s)


def test_an_answer_is_cut_at_the_tokens_that_were_asked_for(start: Start) -> None:
    """By either name of the field; the reason says so."""
    server = start()
    for name in ("max_tokens", "max_completion_tokens"):
        answer = server.openai(create(**{name: 3}))
        assert (answer.choices[0].finish_reason, answer.usage.completion_tokens) == ("length", 3)
        assert ANSWER.startswith(answer.choices[0].message.content)


def test_the_large_model_chooses_better_than_the_small_one(start: Start) -> None:
    """It reads more passages than the first two."""
    passages = [Passage(1, "", "Chess", "Pawns move."), Passage(2, "", "Tyres", "Pump them."), *[]]
    prompt = "\n".join(map(written, [*passages, Passage(3, "", "Violins", "Rosin the bow daily.")]))
    messages = [{"role": "user", "content": f"{prompt}\n\nQuestion: how often to rosin a bow?"}]
    small, large = (
        start().openai(create(model=its, messages=messages)).choices[0].message.content
        for its in ("tenfold-small", "tenfold-large")
    )
    assert small == "The passages do not answer this question."
    assert large.startswith("Rosin the bow daily. [3]")


def test_a_prompt_without_passages_is_told(start: Start) -> None:
    """Nothing is made up; parts of text are read like text."""
    parts = [{"type": "text", "text": "Hello"}, {"type": "image_url", "image_url": {"url": "data:,"}}]
    answer = start().openai(create(messages=[{"role": "user", "content": parts}]))
    assert answer.choices[0].message.content == "There are no passages in the prompt to answer from."


def test_the_models_are_listed(start: Start) -> None:
    """As OpenAI lists them."""

    async def listed(client: Any) -> list[str]:
        return [its.id async for its in client.models.list()]

    assert start().openai(listed) == ["tenfold-small", "tenfold-large"]


@pytest.mark.parametrize(
    ("changes", "kind", "code", "param"),
    [
        ({"model": "gpt-9"}, openai.NotFoundError, "model_not_found", "model"),
        (
            {"messages": [{"role": "user", "content": "word " * 5000}]},
            openai.BadRequestError,
            "context_length_exceeded",
            "messages",
        ),
        ({"max_tokens": 5000}, openai.BadRequestError, "context_length_exceeded", "messages"),
        ({"messages": []}, openai.BadRequestError, None, "messages"),
        ({"max_tokens": 0}, openai.BadRequestError, None, "max_tokens"),
        ({"n": 2}, openai.BadRequestError, None, "n"),
    ],
)
def test_a_mistake_is_told_as_openai_tells_it(start: Start, changes: Any, kind: Any, code: Any, param: Any) -> None:
    """Status, code and field: what clients look at."""
    server = start()
    with pytest.raises(kind) as caught:
        server.openai(create(**changes))
    assert (caught.value.code, caught.value.param) == (code, param)
    assert caught.value.type == "invalid_request_error"
    model = "tenfold-small" if changes.get("model") is None and code else "none"
    assert server.count(model, "refused") == 1


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"model": 3, "messages": []}', b"[" * 100_000])
def test_a_body_that_is_no_request_is_refused(start: Start, body: bytes) -> None:
    """Also what is no JSON at all."""
    status, _, answer = start().http("POST", "/v1/chat/completions", data=body)
    assert (status, b'"invalid_request_error"' in answer) == (400, True)


def test_a_body_that_is_too_large_is_refused(start: Start) -> None:
    """Before it is read."""
    status, _, answer = start().http("POST", "/v1/chat/completions", data=io.BytesIO(b" " * 5_000_000))
    assert (status, b'"invalid_request_error"' in answer) == (413, True)


def test_a_key_is_asked_for_where_there_is_one(start: Start) -> None:
    """Another one is not accepted, and the answer does not tell which would be."""
    server = start(api_key="sesame")
    with pytest.raises(openai.AuthenticationError) as caught:
        server.openai(create(), key="open")
    assert caught.value.code == "invalid_api_key"
    assert "sesame" not in str(caught.value)
    assert server.openai(create(), key="sesame").choices


def test_health_and_metrics(start: Start) -> None:
    """What an orchestrator and Prometheus ask."""
    server = start()
    server.openai(create())
    assert server.http("GET", "/healthz")[0] == 200
    text = server.http("GET", "/metrics")[2].decode()
    assert 'model_requests_total{model="tenfold-small",outcome="ok"} 1.0' in text
    assert 'model_tokens_total{kind="completion",model="tenfold-large"} 0.0' in text
    assert 'model_first_token_seconds_count{model="tenfold-small"} 1.0' in text
    assert "model_requests_in_flight 0.0" in text
