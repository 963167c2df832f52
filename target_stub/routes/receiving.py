"""Receiving: from a request's body to files on disk, whether it is one file or a form with several."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus
from pathlib import Path

from aiohttp import BodyPartReader, web

from target_stub.document import MAX_TITLE_CHARS
from target_stub.ingest.entry import MAX_ENTRY_ID_CHARS
from target_stub.ingest.media import Media, media_of, media_of_name
from target_stub.ingest.shelf import FULL, disk_full
from target_stub.ingest.upload import Upload, id_of_content, spool
from target_stub.json_body import bounded_pieces
from target_stub.request_error import RequestError, bad_request, pointer

FORM = "multipart/form-data"
UNNAMED = "application/octet-stream"
MAX_FILES = 100
PIECE_BYTES = 65_536
WORDS = ("title", "package")


async def received(request: web.Request, folder: Path | None, largest_bytes: int, entry_id: str = "") -> list[Upload]:
    """Return the files that a request brings; `entry_id`, if given, is the id of the only one.

    Raises:
        RequestError: with status 400, 413, 415, or 507 when the disk is full.
    """
    content_type = request.headers.get("Content-Type", "")
    files: list[Upload] = []
    try:
        if content_type.partition(";")[0].strip().lower() == FORM:
            await _form(request, folder, largest_bytes, files)
        else:
            files.append(await _one(request, folder, largest_bytes, entry_id))
    except OSError as error:
        _drop(files)
        if error.errno in FULL:
            raise disk_full() from error
        raise
    except BaseException:
        _drop(files)
        raise
    return files


def _drop(files: list[Upload]) -> None:
    for file in files:
        file.drop()


async def _one(request: web.Request, folder: Path | None, largest_bytes: int, entry_id: str) -> Upload:
    known = media_of(request.headers.get("Content-Type", ""))
    if known is None:
        raise _unknown_media()
    words = {name: checked_words(name, request.query.get(name, "")) for name in WORDS}
    chosen = entry_id or checked_id(request.query.get("id", ""))
    path, size_bytes, sha256 = await spool(bounded_pieces(request, largest_bytes), folder, largest_bytes)
    chosen = chosen or id_of_content(sha256)
    return Upload(path, *known, size_bytes, sha256, chosen, "", words["title"], words["package"])


async def _form(request: web.Request, folder: Path | None, largest_bytes: int, files: list[Upload]) -> None:
    words = dict.fromkeys(WORDS, "")
    left_bytes = largest_bytes
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader):
                raise bad_request("invalid_body", "a form inside of a form is not read")
            if part.filename is None:
                words |= await _words_of(part)
            elif len(files) == MAX_FILES:
                raise bad_request("out_of_range", f"a form may hold {MAX_FILES} files, not more", field="/file")
            else:
                files.append(await _part(part, folder, left_bytes, words))
                left_bytes -= files[-1].size_bytes
    except (ValueError, AssertionError) as error:  # what the reader makes of a broken form
        raise bad_request("invalid_body", "the form is cut short or wrongly encoded") from error
    if not files:
        raise bad_request("missing_field", "the form holds no file", field="/file")


async def _words_of(part: BodyPartReader) -> dict[str, str]:
    name = part.name or ""
    if not name:
        raise bad_request("invalid_body", "a part of the form has neither a name nor a file's name")
    if name not in WORDS:
        field, known = pointer(name), (*WORDS, "file")
        raise bad_request("unknown_field", f"there is no field {name!r}", field=field, known=known)
    return {name: checked_words(name, (await part.read_chunk(8 * MAX_TITLE_CHARS)).decode())}


async def _part(part: BodyPartReader, folder: Path | None, left_bytes: int, words: Mapping[str, str]) -> Upload:
    name = part.filename or ""
    content_type = part.headers.get("Content-Type", UNNAMED)
    known = media_of(content_type)
    if known is None and (by_name := media_of_name(name)) is not None:
        known = (by_name, "")
    if known is None:
        raise _unknown_media()

    async def pieces() -> AsyncIterator[bytes]:
        while piece := await part.read_chunk(PIECE_BYTES):
            yield piece

    path, size_bytes, sha256 = await spool(pieces(), folder, left_bytes)
    made = id_of_content(sha256)
    return Upload(path, *known, size_bytes, sha256, made, name[:MAX_TITLE_CHARS], words["title"], words["package"])


def _unknown_media() -> RequestError:
    return RequestError(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "unsupported_media_type",
        "this is read: JSON, text, Markdown, HTML and PDF, named by the header Content-Type, or a form with such files",
        known=("application/json", *(media.value for media in Media), FORM),
    )


def checked_words(name: str, given: str) -> str:
    """Return a title or package as it may be kept.

    Raises:
        RequestError: with status 400.
    """
    if len(given) > MAX_TITLE_CHARS:
        raise bad_request("out_of_range", f"{name} has at most {MAX_TITLE_CHARS} characters", field=pointer(name))
    return " ".join(given.split())


def checked_id(given: str) -> str:
    """Return an id as it may be kept.

    Raises:
        RequestError: with status 400.
    """
    if len(given) > MAX_ENTRY_ID_CHARS:
        raise bad_request("out_of_range", f"an id has at most {MAX_ENTRY_ID_CHARS} characters", field="/id")
    if not given.isprintable():
        raise bad_request("invalid_id", "an id must not hold control characters or line ends", field="/id")
    return given
