"""Ingest over HTTP: files become documents that are found, jobs tell how far they are, bad files are told as such."""

from __future__ import annotations

import asyncio
import gzip
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest

Serve = Callable[..., Any]
TEXT = {"Content-Type": "text/plain"}
PDF = {"Content-Type": "application/pdf"}
GUIDE = b"# Kite guide\n\n## Building\nGlue the spars of the kite.\n\n## Flying\nRun against the wind until it rises.\n"


def ended(client: Any, answer: Any) -> Any:
    """Return what a job came to; its events end with it."""
    assert answer.status == 202, answer.body
    events = client.get(f"{answer.headers['Location']}/events").body.decode()
    assert events.rstrip().rpartition("event: ")[2].startswith("end")
    return client.get(answer.headers["Location"]).json


def ids_of(client: Any) -> set[str]:
    return {document["id"] for document in client.get("/api/documents").json["documents"]}


def test_a_small_text_is_found_at_once(client: Any) -> None:
    """Its chunks are documents under its id, titled by its headings, with scores."""
    added = client.post("/api/documents?package=toys", data=GUIDE, headers={"Content-Type": "text/markdown"})
    assert (added.status, added.json["total"]) == (201, 8)
    (file_id,) = added.json["ids"]
    best = client.search(query="glue the spars of the kite", k=1).json["results"][0]
    assert (best["id"], best["title"]) == (f"{file_id}#1", "Kite guide: Building")
    assert (best["package"], best["kind"]) == ("toys", "markdown")
    told = client.get(f"/api/documents/{file_id}").json
    assert (told["title"], told["media"], len(told["chunks"])) == ("Kite guide", "text/markdown", 2)
    assert all(0 <= chunk["importance"] <= 1 and 0 < chunk["density"] <= 1 for chunk in told["chunks"])
    assert "Run against" in client.get(f"/api/documents/{file_id}%232").json["text"]


def test_sending_the_same_file_again_changes_nothing(client: Any) -> None:
    """Its id is made from its content."""
    first, again = (client.post("/api/documents", data=GUIDE, headers=TEXT).json for _ in range(2))
    assert first == again


def test_a_pdf_is_read_by_a_job(client: Any, make_pdf: Any) -> None:
    """The answer says where to look; at its end the chunks are found."""
    pdf = make_pdf(["Zeppelins float because of helium.", "Balloons too."], title="Airships", packed=True)
    job = ended(client, client.post("/api/documents?id=air/ships", data=pdf, headers=PDF))
    assert (job["state"], job["files"], job["files_ended"], job["problems"]) == ("done", 1, 1, [])
    assert job["added"] == [{"id": "air/ships", "name": "", "chunks": 2, "unchanged": False}]
    best = client.search(query="zeppelins float because of helium", k=1).json["results"][0]
    assert (best["id"], best["title"], best["kind"]) == ("air/ships#1", "Airships: page 1", "pdf")
    again = ended(client, client.post("/api/documents?id=air/ships", data=pdf, headers=PDF))
    assert again["added"][0]["unchanged"] is True


def test_a_form_brings_several_files(client: Any, make_pdf: Any) -> None:
    """Each is added or refused by itself; the media is the part's, or that of the file's name."""
    form = aiohttp.FormData({"package": "attic"})
    form.add_field("file", make_pdf(["An old letter."]), filename="letter.pdf", content_type="application/pdf")
    form.add_field("file", b"Notes\nSome notes.", filename="notes.txt", content_type="application/octet-stream")
    form.add_field("file", b"no pdf", filename="<b>.pdf", content_type="application/pdf")
    job = ended(client, client.post("/api/documents", data=form))
    assert [each["name"] for each in job["added"]] == ["letter.pdf", "notes.txt"]
    assert [each["code"] for each in job["problems"]] == ["broken_pdf"]
    assert job["state"] == "done"
    assert client.search(query="An old letter.", k=1).json["results"][0]["package"] == "attic"


@pytest.mark.parametrize(
    ("path", "data", "headers", "status", "code"),
    [
        ("", b"x", {"Content-Type": "image/png"}, 415, "unsupported_media_type"),
        ("", b"x", {"Content-Type": "text/csv"}, 415, "unsupported_media_type"),
        ("", b"\xff\xfe\xfa", TEXT, 400, "unreadable_text"),
        ("", b" \n ", TEXT, 400, "no_text"),
        ("", b"x" * 20_001, TEXT, 413, "body_too_large"),
        ("?id=a%0Ab", b"x", TEXT, 400, "invalid_id"),
        ("?id=" + "a" * 293, b"x", TEXT, 400, "out_of_range"),
        ("?title=" + "a" * 201, b"x", TEXT, 400, "out_of_range"),
        ("", b"no form", {"Content-Type": "multipart/form-data; boundary=x"}, 400, "invalid_body"),
        ("", b"--x\r\n\r\n", {"Content-Type": "multipart/form-data; boundary=x"}, 400, "invalid_body"),
        ("", b"--x--\r\n", {"Content-Type": "multipart/form-data"}, 400, "invalid_body"),
        ("", b"no gzip", {**TEXT, "Content-Encoding": "gzip"}, 400, "invalid_body"),
        ("", gzip.compress(b"a" * 1_000_000), {**TEXT, "Content-Encoding": "gzip"}, 413, "body_too_large"),
    ],
)
def test_what_is_no_readable_file_is_refused(
    serve: Serve, path: str, data: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    """With its reason; nothing is added and nothing left on disk."""
    client = serve(max_body_bytes=20_000)
    refused = client.post(f"/api/documents{path}", data=data, headers=headers)
    assert (refused.status, refused.error["code"]) == (status, code)
    assert client.get("/api/documents").json["total"] == 6


def test_broken_pdfs_fail_their_job_and_nothing_else(client: Any) -> None:
    """The job tells why, of each."""
    form = aiohttp.FormData()
    for content in (b"", b"%PDF-1.4 and no more", b"PK\x03\x04"):
        form.add_field("file", content, filename="x.pdf", content_type="application/pdf")
    job = ended(client, client.post("/api/documents", data=form))
    assert job["state"] == "failed"
    assert [each["code"] for each in job["problems"]] == ["broken_pdf"] * 3
    assert client.search(query="bread").status == 200


def test_a_document_is_replaced_in_one_step(client: Any) -> None:
    """Also one of the corpus, and a document by a file; the old words are not found any more."""
    put = client.request("PUT", "/api/documents/hobby.bread", json={"title": "Pizza", "text": "Add tomatoes."})
    assert (put.status, put.json) == (200, {"ids": ["hobby.bread"], "total": 6})
    assert client.get("/api/documents/hobby.bread").json["text"] == "Add tomatoes."
    file = client.request("PUT", "/api/documents/hobby.bread", data=GUIDE, headers=TEXT)
    assert file.status == 200
    assert "hobby.bread" not in ids_of(client)
    assert "hobby.bread#1" in ids_of(client)
    new = client.request("PUT", "/api/documents/brand%2Fnew", json={"title": "New", "text": "Words."})
    assert (new.status, client.get("/api/documents/brand%2Fnew").json["title"]) == (201, "New")
    wrong = client.request("PUT", "/api/documents/x", json={"title": "", "text": 1, "id": "y"})
    assert [each["field"] for each in wrong.error["errors"]] == ["/text", "/id"]


def test_a_document_is_deleted(client: Any) -> None:
    """One of the corpus, or a file with its chunks; a second time there is nothing."""
    (file_id,) = client.post("/api/documents", data=GUIDE, headers=TEXT).json["ids"]
    for document_id in ("hobby.bread", file_id):
        deleted = client.request("DELETE", f"/api/documents/{document_id}")
        assert deleted.json["id"] == document_id
        again = client.request("DELETE", f"/api/documents/{document_id}")
        assert (again.status, again.error["code"]) == (404, "not_found")
        assert client.get(f"/api/documents/{document_id}").status == 404
    assert client.get("/api/documents").json["total"] == 5
    assert "hobby.bread" not in {each["id"] for each in client.search(query="bread", k=10).json["results"]}


def test_a_job_is_cancelled(client: Any) -> None:
    """It adds nothing more; a job that ended, or never was, cannot be."""
    slow = b"![a](" * 200_000  # quadratic in the library that reads it
    location = client.post("/api/documents", data=slow, headers={"Content-Type": "text/markdown"}).headers["Location"]
    cancelled = client.request("DELETE", location)
    assert (cancelled.status, cancelled.json["state"]) == (200, "cancelled")
    again = client.request("DELETE", location)
    assert (again.status, again.error["code"]) == (409, "job_finished")
    assert client.get("/api/documents").json["total"] == 6
    for method, path in (("GET", "/api/jobs/x"), ("DELETE", "/api/jobs/x"), ("GET", "/api/jobs/x/events")):
        assert client.request(method, path).status == 404
    assert [each["state"] for each in client.get("/api/jobs").json["jobs"]] == ["cancelled"]


def test_too_many_files_that_wait_are_refused(serve: Serve) -> None:
    """With the time to try again."""
    client = serve(ingest_queue=1)
    slow = b"![a](" * 200_000
    first = client.post("/api/documents", data=slow, headers={"Content-Type": "text/markdown"})
    refused = client.post("/api/documents", data=GUIDE, headers=TEXT)
    assert (refused.status, refused.error["code"], refused.headers["Retry-After"]) == (503, "ingest_full", "5")
    client.request("DELETE", first.headers["Location"])
    assert client.post("/api/documents", data=GUIDE, headers=TEXT).status == 201


def test_searches_are_answered_while_a_file_is_read(client: Any) -> None:
    """Reading happens in another process."""
    slow = b"![a](" * 200_000
    location = client.post("/api/documents", data=slow, headers={"Content-Type": "text/markdown"}).headers["Location"]
    while client.get(location).json["state"] != "reading":
        pass
    assert client.search(query="bread").status == 200
    assert client.get(location).json["state"] == "reading"
    client.request("DELETE", location)


def test_what_is_asked_for_by_job_is_done_by_job(client: Any) -> None:
    """The header Prefer, after RFC 7240."""
    job = ended(client, client.post("/api/documents", data=GUIDE, headers={**TEXT, "Prefer": "respond-async"}))
    assert job["state"] == "done"


def test_events_tell_each_step(client: Any) -> None:
    """From the queue to the end, each with the whole state."""
    text = "Title\n" + "\n\n".join(f"Paragraph {number} says something of its own." * 8 for number in range(300))
    answer = client.post("/api/documents", data=text.encode(), headers=TEXT)
    assert answer.status == 202
    events = client.get(f"{answer.headers['Location']}/events")
    assert events.headers["Content-Type"] == "text/event-stream"
    blocks = [block for block in events.body.decode().split("\n\n") if block.startswith("event")]
    states = [orjson.loads(block.partition("data: ")[2]) for block in blocks]
    assert states[-1]["state"] == "done"
    assert states[-1]["added"][0]["chunks"] == 300
    assert {"reading", "embedding"} & {state["state"] for state in states}


KEPT = {"documents": [{"id": "cake", "title": "Cake", "text": "Flour and sugar."}]}


def test_what_was_added_outlasts_the_service(serve: Serve, tmp_path: Path) -> None:
    """With a data folder: added, replaced and removed, also of the corpus; another service then has it all."""
    first = serve(data_dir=str(tmp_path / "data"))
    (file_id,) = first.post("/api/documents", data=GUIDE, headers=TEXT).json["ids"]
    first.post("/api/documents", json=KEPT)
    first.request("PUT", "/api/documents/cake", json={"title": "Cake", "text": "And eggs."})
    first.request("DELETE", "/api/documents/hobby.chess")
    first.request("PUT", "/api/documents/hobby.bread", json={"title": "Pizza", "text": "Add tomatoes."})
    before = ids_of(first)
    first._runner.run(first.service.close())
    fresh = serve(data_dir=str(tmp_path / "data"), ready=True)
    assert ids_of(fresh) == before
    assert fresh.get("/api/documents/cake").json["text"] == "And eggs."
    assert fresh.get(f"/api/documents/{file_id}").json["title"] == "# Kite guide"
    assert fresh.get("/api/documents/hobby.chess").status == 404
    assert fresh.post("/api/documents", json=KEPT).status == 409


def test_a_full_disk_is_told_and_leaves_nothing_half_done(serve: Serve, tmp_path: Path) -> None:
    """Status 507; the log is as before, and when there is room again, adding works."""
    client = serve(data_dir=str(tmp_path / "data"))
    client.post("/api/documents", json=KEPT)
    log = tmp_path / "data" / "documents.log"
    before = log.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 20, hard))  # as if there were room for 20 bytes more
    try:
        refused = client.post("/api/documents", json={"documents": [{"id": "b", "title": "B", "text": "x"}]})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (refused.status, refused.error["code"]) == (507, "disk_full")
    assert client.get("/api/documents/b").status == 404
    assert log.read_bytes() == before
    assert client.post("/api/documents", json={"documents": [{"id": "b", "title": "B", "text": "x"}]}).status == 201


def test_a_client_that_leaves_does_not_leave_half_a_change(client: Any) -> None:
    """What is noted is made."""

    async def scenario() -> None:
        call = asyncio.create_task(client.call("POST", "/api/documents", json=KEPT))
        while not client.service.metrics.in_flight:
            await asyncio.sleep(0)
        call.cancel()
        while client.service.metrics.in_flight:
            await asyncio.sleep(0)

    client._runner.run(scenario())
    assert client.post("/api/documents", json=KEPT).status == 201
    assert client.get("/api/documents").json["total"] == 7
