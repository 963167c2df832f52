"""The routes in areas, a file each: every area tells its operations as data and has a handler of each one's name."""

from __future__ import annotations

from collections.abc import Mapping

from target_stub.api import Handler, Operation
from target_stub.routes import (
    about,
    answers,
    cache,
    documents,
    faults,
    jobs,
    page,
    probes,
    recall,
    search,
    swapping,
    workers,
)
from target_stub.service import Service

OPERATIONS: tuple[Operation, ...] = (
    *search.OPERATIONS,
    *answers.OPERATIONS,
    *documents.OPERATIONS,
    *cache.OPERATIONS,
    *jobs.OPERATIONS,
    *faults.OPERATIONS,
    *swapping.OPERATIONS,
    *recall.OPERATIONS,
    *workers.OPERATIONS,
    *probes.OPERATIONS,
    *about.OPERATIONS,
    *page.OPERATIONS,
)


def handlers(service: Service) -> Mapping[str, Handler]:
    """Return the handler of every operation, by the operation's handler name."""
    areas = (
        (search.OPERATIONS, search.SearchRoutes(service)),
        (answers.OPERATIONS, answers.AnswerRoutes(service)),
        (documents.OPERATIONS, documents.DocumentRoutes(service)),
        (cache.OPERATIONS, cache.CacheRoutes(service)),
        (jobs.OPERATIONS, jobs.JobRoutes(service)),
        (faults.OPERATIONS, faults.FaultRoutes(service)),
        (recall.OPERATIONS, recall.RecallRoutes(service)),
        (swapping.OPERATIONS, swapping.SwapRoutes(service)),
        (workers.OPERATIONS, workers.WorkerRoutes(service)),
        (probes.OPERATIONS, probes.ProbeRoutes(service)),
        (about.OPERATIONS, about.AboutRoutes(service, OPERATIONS)),
        (page.OPERATIONS, page.PageRoutes(service, OPERATIONS)),
    )
    return {its.handler: getattr(area, its.handler) for operations, area in areas for its in operations}
