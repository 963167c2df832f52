"""Faults of a variant: put in force over the real service's admin API, refused in its words, ended again."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from loadtests.services import faults, search_service
from loadtests.services.search_service import Service
from scenarios.errors import HarnessError
from scenarios.scenario import Variant


def status_of_a_search(service: Service) -> int:
    return requests.post(f"{service.url}/api/search", json={"query": "bread"}, timeout=20).status_code


@pytest.fixture
def variant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Variant:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "bread.txt").write_text("Bread\nKnead the dough and bake it in a hot oven until it is brown and crisp.")
    monkeypatch.setenv("TENFOLD_CACHE_DIR", str(tmp_path / "cache"))
    settings = {"corpus": str(corpus), "embedder": "hashing", "index": "exact"}
    return Variant("broken", "naive", settings, {"errors": {"ratio": 1}})


def test_a_variant_is_broken_and_mended_while_it_runs(tmp_path: Path, variant: Variant) -> None:
    """Only a variant with faults lets itself be broken; what it does not know is told in the service's words."""
    with pytest.raises(HarnessError, match="does not answer"):
        faults.mend("http://127.0.0.1:9", "token")
    service = search_service.start(variant, tmp_path, tmp_path / "log", ())
    with service.child:
        search_service.wait_until_ready(service)
        faults.inject(service.url, service.token, variant.faults)
        assert status_of_a_search(service) == 503
        with pytest.raises(HarnessError, match=r"/expires_s: .*; there is no field /gremlins"):
            faults.inject(service.url, service.token, {"gremlins": 1, "expires_s": -1})
        faults.mend(service.url, service.token)
        assert status_of_a_search(service) == 200


def test_a_variant_without_faults_cannot_be_broken(tmp_path: Path, variant: Variant) -> None:
    """A comparison is of the service as it is."""
    whole = Variant("whole", variant.profile, variant.settings)
    service = search_service.start(whole, tmp_path, tmp_path / "log", ())
    with service.child, pytest.raises(HarnessError, match="no admin token"):
        faults.inject(service.url, "token", {"cache_off": True})
