"""Clients share the slots: one that floods the service does not keep another's page waiting behind its own."""

from __future__ import annotations

import hashlib
import json
import threading

FLOOD = 24


def test_one_page_does_not_wait_behind_another_clients_flood(serve_with, pages, tmp_path):
    names = ("flooding", "modest")
    keys = [{"name": name, "sha256": hashlib.sha256(f"key of {name}".encode()).hexdigest()} for name in names]
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": keys}))
    service = serve_with("--api-keys-file", file, "--slots", "1")
    page = (pages / "form.png").read_bytes()
    order: list[str] = []
    lock = threading.Lock()

    def post(name: str):
        headers = {"Content-Type": "image/png", "X-API-Key": f"key of {name}"}
        answer = service.request("POST", "/analyze", page, headers)
        with lock:
            order.append(name if answer.status == 200 else f"{answer.status}")

    flood = [threading.Thread(target=post, args=("flooding",)) for _ in range(FLOOD)]
    for thread in flood:
        thread.start()
    service.wait_until(
        lambda: service.metric("pp_doclayout_pages_waiting") >= FLOOD / 2 or len(order) >= FLOOD / 2, "a queue of pages"
    )
    with lock:
        before = len(order)
    modest = threading.Thread(target=post, args=("modest",))
    modest.start()
    for thread in (modest, *flood):
        thread.join()

    assert order.count("flooding") == FLOOD and order.count("modest") == 1, order
    # One that runs, one whose turn it was, and what was answered while this one came in.
    assert order.index("modest") <= before + 6, order
    assert order.index("modest") < FLOOD / 2 + 6, order
