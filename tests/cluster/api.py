"""The API server over a connection that stays open, for who asks several times a second: a kubectl for each question would take a
processor for itself, and what is measured would wait for it."""

from __future__ import annotations

import http.client
import json
import ssl
import urllib.parse

from machine import STATE, enter_network
from node import NETWORK, Node

SECONDS = 30  # for an answer


class Api:
    """As the cluster's administrator. The thread that makes it is on node 1's network from then on, so it is one of its own, and
    the only one that asks."""

    def __init__(self):
        keys = STATE / "keys"
        enter_network(Node(1).machine.pid)
        trusted = ssl.create_default_context(cafile=str(keys / "ca.crt"))
        trusted.load_cert_chain(keys / "administrator.crt", keys / "administrator.key")
        self._connection = http.client.HTTPSConnection(f"{NETWORK}.1", 6443, timeout=SECONDS, context=trusted)

    def try_(self, path: str, **words: str) -> dict | None:
        """None where the server answers with an error, or not at all."""
        try:
            self._connection.request("GET", f"{path}?{urllib.parse.urlencode(words)}", headers={"Accept": "application/json"})
            answer = self._connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()  # the next question opens another
            return None
        return json.loads(body) if answer.status == 200 else None

    def close(self):
        self._connection.close()
