"""The API's description: valid OpenAPI 3.1, complete, and true of what is really answered."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from target_stub.preparation import Step
from target_stub.routes import OPERATIONS


@pytest.fixture
def described(client: Any) -> Any:
    return client.get("/openapi.json").json


def check(described: Any, operation: str, path: str, answer: Any) -> None:
    """Check an answer's status, headers and body against the description."""
    responses = described["paths"][path][operation]["responses"]
    response = responses[str(answer.status)]
    media = answer.headers["Content-Type"].partition(";")[0]
    schema = {**response["content"][media]["schema"], "components": described["components"]}
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(answer.json)
    assert set(response["headers"]) <= set(answer.headers)


def test_it_is_valid_openapi(described: Any) -> None:
    """By the specification's own schema."""
    assert described["openapi"] == "3.1.0"
    assert list(OpenAPIV31SpecValidator(described).iter_errors()) == []


def test_every_route_is_described_and_only_those(client: Any, described: Any) -> None:
    """Against the router itself; HEAD comes with every GET."""
    routes = {
        (route.resource.canonical, route.method.lower())
        for route in client._client.server.app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    assert {(path, method) for path, methods in described["paths"].items() for method in methods} == routes
    assert len(routes) == len(OPERATIONS)


def test_answers_are_as_described(client: Any, described: Any) -> None:
    """Each route's real answer validates against its schema."""
    check(described, "post", "/api/search", client.search(query="bread", params={"exact": True, "hnsw_ef": 5}))
    check(described, "get", "/api/documents", client.get("/api/documents?limit=2"))
    check(described, "get", "/api/documents", client.get("/api/documents?cursor=5"))
    added = client.post("/api/documents", json={"documents": [{"title": "T", "text": "x"}]})
    check(described, "post", "/api/documents", added)
    for path in ("/healthz", "/readyz", "/admin/config", "/problems", "/routes", "/"):
        check(described, "get", path, client.get(path))


def test_refusals_are_as_described(client: Any, described: Any) -> None:
    """Errors validate too: with a field, with known values, without either."""
    for body in ({}, {"query": ""}, {"query": "q", "k": 0}, {"query": "q", "mode": "x"}, {"query": "q", "y": 1}):
        check(described, "post", "/api/search", client.search(**body))
    check(described, "post", "/api/search", client.post("/api/search", data=b"x"))
    check(described, "get", "/api/documents", client.get("/api/documents?cursor=x"))
    taken = {"documents": [{"id": "hobby.bread", "title": "T", "text": ""}]}
    check(described, "post", "/api/documents", client.post("/api/documents", json=taken))
    client.service.readiness.waits_for(Step.VECTORS, 1, 2)
    check(described, "get", "/readyz", client.get("/readyz"))
    check(described, "post", "/api/search", client.search(query="bread"))


def test_requests_are_described_as_they_are_checked(described: Any) -> None:
    """Bounds, defaults and choices of the fields, as `validation` has them."""
    fields = described["components"]["schemas"]["SearchRequest"]["properties"]
    assert {name: fields["query"][name] for name in ("minLength", "maxLength")} == {"minLength": 1, "maxLength": 2000}
    assert {name: fields["k"][name] for name in ("minimum", "maximum", "default")} == {
        "minimum": 1,
        "maximum": 100,
        "default": 10,
    }
    assert fields["mode"]["enum"] == ["hybrid", "keyword", "vector"]
    assert fields["cache"]["enum"] == ["bypass", "use"]
    assert described["components"]["schemas"]["SearchRequest"]["required"] == ["query"]
    assert described["components"]["schemas"]["SearchParams"]["required"] == []
    limit, cursor = described["paths"]["/api/documents"]["get"]["parameters"]
    assert (limit["name"], limit["schema"]["maximum"], cursor["name"]) == ("limit", 1000, "cursor")
