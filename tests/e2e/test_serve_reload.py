"""The model is exchanged while the service serves: POST /admin/reload, and SIGHUP."""

from __future__ import annotations

import os
import pathlib
import shutil
import signal
import threading

import pytest

TOKEN = "the-operators-own-token"
AUTHORIZATION = {"Authorization": f"Bearer {TOKEN}"}
SANITIZED = any(name in os.environ for name in ("ASAN_OPTIONS", "TSAN_OPTIONS"))


def reload(service, headers=None):
    return service.request("POST", "/admin/reload", headers=AUTHORIZATION if headers is None else headers)


def model(service) -> dict:
    return service.get("/version").json()["model"]


@pytest.fixture
def embedded(tmp_path) -> pathlib.Path:
    """The embedded model in a file of its own, which a test may replace."""
    path = tmp_path / "model.onnx"
    shutil.copy(pathlib.Path(__file__).resolve().parents[2] / ".deps" / "models" / "layout_cdla.onnx", path)
    return path


def replace(path: pathlib.Path, content: bytes):
    new = path.with_suffix(".new")
    new.write_bytes(content)
    new.rename(path)


def another(path: pathlib.Path) -> bytes:
    """The same model with another digest: a field of the file that no reader knows (number 1000, one byte)."""
    return path.read_bytes() + b"\xc0\x3e\x01"


def test_serves_a_new_model_and_loses_no_request(serve_with, pages, embedded):
    service = serve_with("--model-path", embedded, "--admin-token", TOKEN)
    page = (pages / "form.png").read_bytes()
    before = model(service)
    statuses, digests = [], []
    over = threading.Event()

    def post():
        while not over.is_set():
            answer = service.analyze(page)
            statuses.append(answer.status)
            digests.append(answer.json()["model"]["sha256"] if answer.status == 200 else "")

    callers = [threading.Thread(target=post) for _ in range(4)]
    for caller in callers:
        caller.start()
    replace(embedded, another(embedded))
    answer = reload(service)
    count = len(digests)
    service.wait_until(lambda: len(digests) > count + 8, "more pages analysed")
    over.set()
    for caller in callers:
        caller.join()

    assert answer.status == 200, answer.body
    after = answer.json()["model"]
    assert after["sha256"] != before["sha256"]
    assert model(service) == after
    assert set(statuses) == {200}
    assert set(digests) == {before["sha256"], after["sha256"]}
    assert digests[-1] == after["sha256"]
    runtime = service.get("/version").json()["runtime"]
    info = 'pp_doclayout_model_info{{name="{name}",family="{family}",sha256="{sha256}",runtime="{runtime}"}}'
    assert service.metric(info.format(**after, runtime=runtime)) == 1
    assert service.metric(info.format(**before, runtime=runtime)) == 0
    assert service.metric('pp_doclayout_model_reloads_total{outcome="ok"}') == 1


def test_compares_the_new_models_answers_with_its_own(serve_with, embedded):
    """Nothing is recorded of the new one: a golden page of the old one would be the wrong measure."""
    service = serve_with("--model-path", embedded, "--admin-token", TOKEN)
    assert "15 of 15" in service.get("/deep-health").body.decode()
    replace(embedded, another(embedded))

    assert reload(service).status == 200
    first = service.get("/deep-health")
    second = service.get("/deep-health")

    assert "from now on it is compared with this answer" in first.body.decode()
    assert (second.status, second.json()["status"]) == (200, "healthy")
    assert "15 of 15" in second.body.decode()


def test_serves_the_old_model_on_when_the_new_one_is_bad(serve_with, pages, embedded):
    service = serve_with("--model-path", embedded, "--admin-token", TOKEN)
    before = model(service)
    replace(embedded, b"this is no model")

    problem = reload(service).assert_problem(422, "bad_model")

    assert "model.onnx" in problem["detail"]
    assert "the model of before is served on" in problem["detail"]
    assert model(service) == before
    assert service.analyze((pages / "form.png").read_bytes()).status == 200
    assert service.metric('pp_doclayout_model_reloads_total{outcome="failed"}') == 1
    assert service.logged(event="model_reload_failed")
    service.assert_healthy()


def test_reloads_on_sighup(serve_with, embedded):
    service = serve_with("--model-path", embedded)
    before = model(service)
    replace(embedded, another(embedded))

    service.process.send_signal(signal.SIGHUP)

    service.wait_until(lambda: model(service) != before, "the new model is served")
    assert service.logged(event="model_reloaded", sha256=model(service)["sha256"])


def test_gives_the_old_models_memory_back(serve_with, embedded):
    service = serve_with("--model-path", embedded, "--admin-token", TOKEN)

    def resident_after_reloads(count: int) -> float:
        for _ in range(count):
            assert reload(service).status == 200
        service.wait_until(lambda: service.metric("pp_doclayout_models_in_memory") == 1, "the old models are freed")
        return service.metric("process_resident_memory_bytes")

    few = resident_after_reloads(2)
    many = resident_after_reloads(6)

    # Less than what one model takes. Sanitizers keep for a while what was freed.
    assert SANITIZED or many < few + (60 << 20)


def test_is_for_the_operator_only(serve_with):
    service = serve_with("--admin-token", TOKEN)

    missing = reload(service, {})
    wrong = reload(service, {"Authorization": "Bearer not-the-operators-token"})
    with_body = service.request("POST", "/admin/reload", b"x", AUTHORIZATION)

    missing.assert_problem(401, "unauthorized")
    assert missing.headers["www-authenticate"].startswith("Bearer")
    wrong.assert_problem(403, "forbidden")
    with_body.assert_problem(400, "bad_request")
    service.get("/admin/reload").assert_problem(405, "method_not_allowed")
    assert TOKEN not in service.log()


def test_does_not_exist_without_a_token(serve):
    reload(serve).assert_problem(404, "not_found")


@pytest.mark.parametrize("token", ["short", "with spaces in it", "umlaut-äöü-and-more"])
def test_refuses_a_token_that_is_none(run, token):
    result = run("serve", "--admin-token", token)

    assert result.returncode == 2
    assert token not in result.stderr
    assert "16 characters" in result.stderr
