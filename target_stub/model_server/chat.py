"""Chat: makes the answers of one model server, and takes the time for them or fails as asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from random import Random

from target_stub.answering.extraction import extract
from target_stub.answering.passage import read_back, without_passages
from target_stub.answering.tokens import count_tokens, token_texts
from target_stub.model_server.model import Model, Pace
from target_stub.model_server.protocol import ChatRequest, failed, invalid, rate_limited
from target_stub.model_server.trouble import HEADER, RateLimit, Trouble, TroubleRates, asked_for

NO_PASSAGES = "There are no passages in the prompt to answer from."
QUESTION = "Question:"
TOKENS_PER_MESSAGE = 4  # what a chat template adds around each message

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Completion:
    """An answer in the making: its tokens, why it ends, what it takes, and what is to go wrong."""

    model: Model
    tokens: Sequence[str]
    finish_reason: str
    prompt_tokens: int
    times_s: Iterator[float]
    trouble: Trouble


class Chat:
    """The models, and what goes wrong with them."""

    def __init__(
        self, models: Sequence[Model], rates: TroubleRates, *, seed: int, time_scale: float, now_s: float
    ) -> None:
        self.models: Mapping[str, Model] = {model.name: model for model in models}
        self._pace = Pace(seed, time_scale)
        self._rng = Random(seed)  # noqa: S311 (faults, not secrets)
        self.change(rates, now_s)

    def change(self, rates: TroubleRates, now_s: float) -> None:
        """Let this go wrong from now on."""
        self.rates = rates
        self._limit = RateLimit(rates.limit_per_s, rates.limit_burst, now_s)

    def begin(self, request: ChatRequest, headers: Mapping[str, str], now_s: float) -> Completion:
        """Return the answer to a request, not yet written.

        Raises:
            ChatError: for a mistake in it, a rate limit, or an error that was asked for.
        """
        model = self.models.get(request.model)
        if model is None:
            message = f"The model {request.model[:100]!r} does not exist; there are: {', '.join(self.models)}."
            raise invalid(message, code="model_not_found", param="model", status=HTTPStatus.NOT_FOUND)
        trouble = self._trouble(headers.get(HEADER))
        wait_s = self._limit.wait_s(now_s)
        if wait_s:
            raise rate_limited(wait_s)
        if trouble.status is not None:
            raise failed(trouble.status, trouble.retry_after)
        return self._completion(model, request, trouble)

    def _trouble(self, header: str | None) -> Trouble:
        drawn = self.rates.draw(self._rng)
        if header is None:
            return drawn
        try:
            return asked_for(header)
        except ValueError as error:
            raise invalid(str(error)) from error

    def _completion(self, model: Model, request: ChatRequest, trouble: Trouble) -> Completion:
        prompt = request.prompt
        prompt_tokens = count_tokens(prompt) + TOKENS_PER_MESSAGE * len(request.messages)
        asked = request.max_completion_tokens or request.max_tokens
        if prompt_tokens + (asked or 1) > model.context_tokens:
            raise invalid(
                f"This model's maximum context length is {model.context_tokens} tokens. However, you requested "
                f"{prompt_tokens + (asked or 0)} tokens ({prompt_tokens} in the messages, "
                f"{asked or 0} in the completion).",
                code="context_length_exceeded",
                param="messages",
            )
        room = min(asked or model.max_output_tokens, model.max_output_tokens, model.context_tokens - prompt_tokens)
        tokens = token_texts(answer_to(prompt, model))
        reason = "stop" if len(tokens) <= room else "length"
        times_s = self._pace.times_s(model, prompt)
        return Completion(model, tokens[:room], reason, prompt_tokens, times_s, trouble)


def answer_to(prompt: str, model: Model) -> str:
    """Return the model's answer: sentences of the prompt's passages."""
    passages = read_back(prompt)
    if not passages:
        return NO_PASSAGES
    rest = without_passages(prompt)
    question = rest.rpartition(QUESTION)[2] if QUESTION in rest else rest
    return extract(question.strip(), passages, model.style)


class BreakDueError(Exception):
    """Here the connection is to be cut."""


class GarbageDueError(Exception):
    """Here bytes are to be sent that are no event."""


async def written(completion: Completion, sleep: Sleep) -> AsyncIterator[str]:
    """Yield the answer's tokens, each when its time has come; or stop as the trouble has it.

    Raises:
        BreakDueError, GarbageDueError: where that is asked for.
    """
    trouble = completion.trouble
    await sleep(trouble.slow or 0.0)
    for number, token in enumerate([*completion.tokens, ""]):  # the empty one: trouble after the last is trouble too
        if number == trouble.stall:
            await asyncio.get_running_loop().create_future()  # for ever: the client or its deadline ends it
        if number == trouble.break_:
            raise BreakDueError
        if number == trouble.garbage:
            raise GarbageDueError
        if token:
            await sleep(next(completion.times_s))
            yield token
