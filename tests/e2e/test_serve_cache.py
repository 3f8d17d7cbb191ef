"""The answer cache: what comes again is not analysed again, and what comes at once is analysed once."""

from __future__ import annotations

import concurrent.futures
import pathlib
import shutil

import pytest
from documents import encode, white

PAGES = "pp_doclayout_pages_total"
TOKEN = "the-operators-own-token"


@pytest.fixture(scope="module")
def page(pages) -> bytes:
    return (pages / "form.png").read_bytes()


def uses(service) -> dict[str, float]:
    results = ("hit", "miss", "shared")
    return {result: service.metric(f'pp_doclayout_cache_requests_total{{result="{result}"}}') for result in results}


def test_is_off_by_default(serve, page):
    assert "x-cache" not in serve.analyze(page).headers
    assert uses(serve) == {"hit": 0, "miss": 0, "shared": 0}
    assert serve.metric("pp_doclayout_cache_limit_bytes") == 0


def test_answers_the_same_page_from_memory(serve_with, page):
    service = serve_with("--answer-cache-bytes", 1 << 20)

    first, second = service.analyze(page), service.analyze(page)
    drawn = service.analyze(page, query="?format=png")
    other = service.analyze(page, query="?threshold=0.9")

    assert [answer.headers["x-cache"] for answer in (first, second, drawn, other)] == ["miss", "hit", "hit", "miss"]
    assert second.json()["pages"] == first.json()["pages"]
    assert second.json()["pages"][0]["regions"]
    assert second.json()["request_id"] == second.headers["x-request-id"] != first.headers["x-request-id"]
    assert first.json()["timings_ms"]["inference"] > 0
    assert second.json()["timings_ms"]["inference"] == 0
    assert drawn.body.startswith(b"\x89PNG")
    assert service.metric(PAGES) == 2
    assert 0 < service.metric("pp_doclayout_cache_bytes") < 1 << 20
    service.wait_until(lambda: len(logged(service)) == 4, "four lines in the log")
    assert logged(service) == ["miss", "hit", "hit", "miss"]


def logged(service) -> list[str]:
    return [entry["cache"] for entry in service.log_entries() if entry.get("route") == "/analyze"]


def test_analyses_a_page_once_that_many_send_at_once(serve_with, page):
    service = serve_with("--answer-cache-bytes", 1 << 20)

    with concurrent.futures.ThreadPoolExecutor(16) as callers:
        answers = list(callers.map(lambda _: service.analyze(page), range(48)))

    assert {answer.status for answer in answers} == {200}
    assert len({str(answer.json()["pages"]) for answer in answers}) == 1
    assert len({answer.json()["request_id"] for answer in answers}) == 48
    assert [answer.headers["x-cache"] for answer in answers].count("miss") == 1
    assert service.metric(PAGES) == 1
    found = uses(service)
    assert found["miss"] == 1 and found["hit"] + found["shared"] == 47


def test_stays_within_its_memory(serve_with):
    service = serve_with("--answer-cache-bytes", 1000)
    for width in range(40, 60):
        assert service.analyze(encode(white(width, 40), "PNG")).headers["x-cache"] == "miss"
        assert service.metric("pp_doclayout_cache_bytes") <= 1000

    assert service.metric("pp_doclayout_cache_evictions_total") > 0
    assert service.metric("pp_doclayout_cache_limit_bytes") == 1000


def test_forgets_nothing_wrong_when_the_settings_of_a_model_change(serve_with, page, tmp_path):
    """The same graph, and so the same digest, with another `inference.yml`."""
    root = pathlib.Path(__file__).resolve().parents[2]
    shutil.copy(root / ".deps" / "models" / "layout_cdla.onnx", tmp_path / "inference.onnx")
    service = serve_with("--model-path", tmp_path, "--admin-token", TOKEN, "--answer-cache-bytes", 1 << 20)
    before = service.analyze(page)

    (tmp_path / "inference.yml").write_text("draw_threshold: 0.99\n")
    reloaded = service.request("POST", "/admin/reload", headers={"Authorization": f"Bearer {TOKEN}"})
    after = service.analyze(page)

    assert reloaded.status == 200, reloaded.body
    assert after.headers["x-cache"] == "miss"
    assert after.json()["model"]["sha256"] == before.json()["model"]["sha256"]
    assert len(after.json()["pages"][0]["regions"]) < len(before.json()["pages"][0]["regions"])
