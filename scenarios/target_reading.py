"""From a written `target` to a TargetSpec, and what contradicts in it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import jmespath
from jmespath.exceptions import JMESPathError

from scenarios.mistake import known
from scenarios.placeholders import placeholder_faults
from scenarios.places import Fault, Path
from scenarios.scenario import TargetSpec
from scenarios.schema import ScenarioPart
from scenarios.secret import references
from scenarios.surroundings import Surroundings
from scenarios.target_schema import CheckPart, RequestPart, TargetPart
from scenarios.template import names_in

KINDS = ("search", "http", "python")
_BODIES = ("json_body", "body", "form", "upload")
_SECRET_HEADERS = re.compile(r"authorization|cookie|.*(api[-_]?key|token|secret|password)", re.IGNORECASE)


def target_faults(part: ScenarioPart, around: Surroundings) -> Iterator[Fault]:
    """Yield what is wrong between the keys of a target that are each fine alone."""
    target = part.target
    if target.kind not in KINDS:
        yield ("target", "kind"), f"unknown target kind {target.kind!r}", known(KINDS, target.kind)
        return
    if target.kind == "http" and not target.requests and part.replay is None:
        yield ("target",), "an http target needs requests", "or a replay, which takes them from its log"
    if target.kind == "python" and target.class_path is None:
        yield ("target",), "a python target needs a class", "write it as class: my_module:MyTarget"
    for key, kind in (("requests", "http"), ("class_path", "python"), ("options", "python")):
        if getattr(target, key) and target.kind != kind:
            name = "class" if key == "class_path" else key
            yield ("target", name), f"{name} does not go with kind {target.kind}", f"give kind: {kind}"
    yield from _header_faults(target.headers, ("target", "headers"), around)
    for index, request in enumerate(target.requests):
        path: Path = ("target", "requests", index)
        if request.name in [its.name for its in target.requests[:index]]:
            yield (*path, "name"), f"{request.name!r} is there twice", ""
        yield from _request_faults(request, path, around)
        if request.path is None and part.replay is None:
            yield path, "the key 'path' is missing", ""
    yield from placeholder_faults(part, around)


def _request_faults(request: RequestPart, path: Path, around: Surroundings) -> Iterator[Fault]:
    bodies = [name for name in _BODIES if getattr(request, name) is not None]
    if len(bodies) > 1:
        yield path, f"{' and '.join(_alias(its) for its in bodies)}: a request has one body", "keep one of them"
    if request.upload is not None:
        if (request.upload.size is None) == (request.upload.file is None):
            yield (*path, "upload"), "give either size or file, one of the two", ""
        elif request.upload.file is not None:
            yield from around.file_faults(request.upload.file, (*path, "upload", "file"))
    if re.search(r"[\s\x00-\x20\x7f]", request.path or "") or not (request.path or "").isascii():
        yield (*path, "path"), f"{request.path!r} holds a space or a character that URLs escape", "write it as %20, %C3"
    yield from _header_faults(request.headers, (*path, "headers"), around)
    for index, check in enumerate(request.checks):
        yield from _check_faults(check, request, (*path, "checks", index))
        if check.name in [its.name for its in request.checks[:index]]:
            yield (*path, "checks", index, "name"), f"{check.name!r} is there twice", ""
    for name, expression in request.extract.items():
        yield from _expression_faults(expression, request, (*path, "extract", name))
    if request.answer is not None:
        yield from _expression_faults(request.answer, request, (*path, "answer"))


def _alias(name: str) -> str:
    return RequestPart.model_fields[name].alias or name


def _header_faults(headers: dict[str, str], path: Path, around: Surroundings) -> Iterator[Fault]:
    for name, value in headers.items():
        if re.search(r"[\r\n\x00]", value):
            yield (*path, name), "a header holds no line end", ""
        if _SECRET_HEADERS.fullmatch(name) and not any(references(value)) and not names_in(value):
            yield (*path, name), "a secret is not written into a file", "refer to a variable: ${env:API_TOKEN}"
        yield from around.secret_faults(value, (*path, name))


def _check_faults(check: CheckPart, request: RequestPart, path: Path) -> Iterator[Fault]:
    kinds = [name for name in ("json_path", "text", "regex", "header") if getattr(check, name) is not None]
    if len(kinds) != 1:
        yield path, "give one of json, text, regex, header", ""
        return
    if "equals" in check.model_fields_set and kinds[0] in ("text", "regex"):
        yield (*path, "equals"), f"equals does not go with {kinds[0]}", "it goes with json and header"
    if check.regex is not None:
        try:
            re.compile(check.regex)
        except re.error as error:
            yield (*path, "regex"), f"{check.regex!r} is not a regular expression: {error}", ""
    if check.json_path is not None:
        yield from _expression_faults(check.json_path, request, (*path, "json"))


def _expression_faults(expression: str, request: RequestPart, path: Path) -> Iterator[Fault]:
    if request.stream:
        yield path, "a stream of events is not one JSON document", "check its text, or leave stream out"
    try:
        jmespath.compile(expression)
    except JMESPathError as error:
        hint = "write it as results[0].id; see jmespath.org"
        yield path, f"{expression!r} is not a JMESPath expression: {str(error).splitlines()[0]}", hint


def read_target(part: TargetPart, around: Surroundings) -> TargetSpec:
    """Return the target that was written, its files by their absolute paths."""
    return TargetSpec(
        kind=part.kind,
        url=part.url,
        timeout_s=part.timeout,
        connections=part.connections,
        client=part.client,
        verify=part.verify,
        redirects=part.redirects,
        health=part.health,
        headers=dict(part.headers),
        requests=tuple(_absolute(its, around) for its in part.requests),
        class_path=part.class_path,
        options=dict(part.options),
        folder=str(around.folder.absolute()) if part.class_path else "",
    )


def _absolute(request: RequestPart, around: Surroundings) -> RequestPart:
    if request.upload is None or request.upload.file is None:
        return request
    file = str(around.path(request.upload.file))
    return request.model_copy(update={"upload": request.upload.model_copy(update={"file": file})})
