"""Job routes: how far files are on their way into the search, as an answer or as a stream; and how to stop them."""

from __future__ import annotations

from http import HTTPStatus

import orjson
from aiohttp import web

from target_stub import schema
from target_stub.api import Operation
from target_stub.ingest.job import Job
from target_stub.json_body import json_reply
from target_stub.request_error import RequestError
from target_stub.service import Service

EVENTS = "text/event-stream"

OPERATIONS = (
    Operation("GET", "/api/jobs", "jobs", "The jobs under way and those that ended last", answer=schema.JobList),
    Operation("GET", "/api/jobs/{id}", "job", "How far a job is", answer=schema.JobReport, errors=(404,)),
    Operation(
        "GET",
        "/api/jobs/{id}/events",
        "job_events",
        "How far a job is, as server-sent events until its end",
        media=EVENTS,
        errors=(404,),
    ),
    Operation(
        "DELETE",
        "/api/jobs/{id}",
        "cancel_job",
        "Stop a job; what it has added stays",
        answer=schema.JobReport,
        errors=(404, 409),
    ),
)


class JobRoutes:
    """Handlers named as the operations name them."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def jobs(self, request: web.Request) -> web.Response:  # noqa: ARG002 (of every handler)
        """Answer all jobs that are remembered."""
        return json_reply({"jobs": [job.to_json() for job in self._service.ingestion.jobs.values()]})

    async def job(self, request: web.Request) -> web.Response:
        """Answer how far a job is."""
        return json_reply(self._job(request).to_json())

    async def job_events(self, request: web.Request) -> web.StreamResponse:
        """Stream how far a job is: an event `progress` for each change, `end` for the last."""
        job = self._job(request)
        stream = web.StreamResponse(headers={"Content-Type": EVENTS, "Cache-Control": "no-store"})
        await stream.prepare(request)
        before = b""
        async for state in job.changes():
            data = orjson.dumps(state)
            event = b"end" if job.ended else b"progress"
            if data != before:
                await stream.write(b"event: " + event + b"\ndata: " + data + b"\n\n")
                before = data
            elif self._service.readiness.draining:
                break
            else:
                await stream.write(b": still at it\n\n")
        await stream.write_eof()
        return stream

    async def cancel_job(self, request: web.Request) -> web.Response:
        """Stop a job."""
        job = self._job(request)
        if job.ended:
            raise RequestError(HTTPStatus.CONFLICT, "job_finished", f"the job is {job.state.value} already")
        await self._service.ingestion.cancel(job)
        return json_reply(job.to_json())

    def _job(self, request: web.Request) -> Job:
        job = self._service.ingestion.jobs.get(request.match_info["id"])
        if job is None:
            raise RequestError(HTTPStatus.NOT_FOUND, "not_found", "there is no such job, or it ended long ago")
        return job
