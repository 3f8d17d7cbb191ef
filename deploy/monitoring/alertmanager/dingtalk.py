#!/usr/bin/env python3
"""Turns Alertmanager's webhook into a DingTalk robot's message.

    dingtalk.py --url-file FILE [--secret-file FILE] [--host 127.0.0.1] [--port 8060]

Runs beside Alertmanager (a container of the same pod), for whose webhooks there is one JSON only. Python 3.9 or later
and nothing else. The files are read for each message, so that a secret may change. Alertmanager tries again on a 5xx,
which is what it gets where that may help.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import http.server
import json
import pathlib
import signal
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

TIMEOUT_SECONDS = 10
MOST_BODY_BYTES = 4 << 20
MOST_ALERTS = 20  # of a message: DingTalk takes 20,000 bytes
MOST_CHARACTERS = 500  # of an alert
# DingTalk answers 200 and says in the body what is wrong. These may pass: it is busy; too many messages in this minute.
MAY_PASS = (-1, 130101)


def message(notification: dict) -> dict:
    """The robot's message. A robot that wants a keyword finds `doclayout` in it."""
    status = notification["status"]
    labels = notification.get("commonLabels", {})
    word = "Resolved" if status == "resolved" else labels.get("severity", "alert").capitalize()
    title = f"{word}: {labels.get('alertname', 'several alerts')}"
    if "namespace" in labels:
        title += f" in {labels['namespace']}"
    lines = [f"### {title} ({labels.get('job', 'doclayout')})"]
    alerts = notification["alerts"]
    for alert in alerts[:MOST_ALERTS]:
        annotations = alert.get("annotations", {})
        text = annotations.get("description") or annotations.get("summary") or alert["labels"].get("alertname", "")
        done = "resolved: " if alert["status"] == "resolved" and status != "resolved" else ""
        lines.append(f"- {done}{text[:MOST_CHARACTERS]}")
    more = len(alerts) - MOST_ALERTS + notification.get("truncatedAlerts", 0)
    if more > 0:
        lines.append(f"- and {more} more")
    if runbook := notification.get("commonAnnotations", {}).get("runbook_url"):
        lines.append(f"\nRunbook: {runbook}")
    return {"msgtype": "markdown", "markdown": {"title": title, "text": "\n".join(lines)}}


def signed(url: str, secret: str, now_ms: int) -> str:
    """https://open.dingtalk.com/document/robots/customize-robot-security-settings"""
    digest = hmac.new(secret.encode(), f"{now_ms}\n{secret}".encode(), hashlib.sha256).digest()
    signature = urllib.parse.quote_plus(base64.b64encode(digest))
    return f"{url}{'&' if '?' in url else '?'}timestamp={now_ms}&sign={signature}"


def send(url: str, body: dict) -> tuple[int, str]:
    """The status for Alertmanager, and what to say. The address is a secret and is in neither."""
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:
            answer = json.load(response)
            code, said = int(answer["errcode"]), str(answer.get("errmsg", ""))
    except urllib.error.HTTPError as error:
        return (502 if error.code >= 500 or error.code == 429 else 400), f"DingTalk answered {error.code}"
    except (OSError, ValueError, KeyError, TypeError) as error:
        return 502, f"no answer of DingTalk: {type(error).__name__}"
    if code == 0:
        return 200, "delivered"
    return (502 if code in MAY_PASS else 400), f"DingTalk refused: {code} {said}"


class Handler(http.server.BaseHTTPRequestHandler):
    options: argparse.Namespace
    timeout = 2 * TIMEOUT_SECONDS

    def do_POST(self):
        try:
            length = int(self.headers.get("Content-Length", ""))
            if not 0 <= length <= MOST_BODY_BYTES:
                raise ValueError
            body = message(json.loads(self.rfile.read(length)))
        except (ValueError, KeyError, TypeError, AttributeError):
            self.answer(400, "that is no notification of Alertmanager")
            return
        try:
            url = self.options.url_file.read_text().strip()
            if self.options.secret_file:
                url = signed(url, self.options.secret_file.read_text().strip(), int(time.time() * 1000))
        except OSError as error:
            self.answer(502, f"{error.filename}: {error.strerror}")
            return
        self.answer(*send(url, body))

    def do_GET(self):
        self.answer(200, "ok")

    def answer(self, status: int, said: str):
        if self.command == "POST":
            print(json.dumps({"event": "notification", "status": status, "said": said}), flush=True)
        body = (said + "\n").encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def main():
    parser = argparse.ArgumentParser(description="Turns Alertmanager's webhook into a DingTalk robot's message.")
    parser.add_argument("--url-file", type=pathlib.Path, required=True)
    parser.add_argument("--secret-file", type=pathlib.Path)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8060)
    Handler.options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with http.server.ThreadingHTTPServer((Handler.options.host, Handler.options.port), Handler) as server:
        server.daemon_threads = True
        print(json.dumps({"event": "listening", "port": server.server_port}), flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
