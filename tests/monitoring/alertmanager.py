"""The real Alertmanager with the shipped configuration, and DingTalk's adapter beside it."""

from __future__ import annotations

import contextlib
import datetime
import json
import pathlib
import re
import shlex
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping

import yaml
from metrics import tool
from program import PATIENCE_SECONDS, Program
from shipped import MONITORING

CONFIGURATION = MONITORING / "alertmanager" / "alertmanager.yaml"
ADAPTER = MONITORING / "alertmanager" / "dingtalk.py"
SLACK_FILE = "/etc/alertmanager/secrets/slack-url"
ADAPTER_URL = "http://127.0.0.1:8060/"
TEMPLATES = pathlib.Path("/usr/share/prometheus/alertmanager")
LISTENING = re.compile(r'msg="Listening on" address=(\S+)')


@contextlib.contextmanager
def adapter(folder: pathlib.Path, url: str, secret: str | None = None) -> Iterator[Program]:
    """dingtalk.py, which sends to that address."""
    (folder / "dingtalk-url").write_text(url + "\n")
    command = [sys.executable, ADAPTER, "--port", "0", "--url-file", folder / "dingtalk-url"]
    if secret is not None:
        (folder / "dingtalk-secret").write_text(secret + "\n")
        command += ["--secret-file", folder / "dingtalk-secret"]
    listening = re.compile(r'"event": "listening", "port": (\d+)')
    program = Program(command, listening, listening)
    try:
        yield program
    finally:
        program.stop()


def hurried(route: dict) -> dict:
    """The same route, for those who cannot wait: messages and what comes after them within a second."""
    times = {"group_wait": "1s", "group_interval": "1s"}
    return route | times | {"routes": [hurried(one) for one in route.get("routes", [])]}


def with_templates(command: list[str]) -> list[str]:
    """Debian's program reads its templates where the package installs them and nowhere else. It is only unpacked, so it
    is shown them there, in a mount namespace of its own."""
    if TEMPLATES.is_dir():
        return command
    unpacked = pathlib.Path(command[0]).with_name("share") / "prometheus" / "alertmanager"
    assert unpacked.is_dir(), f"{unpacked} is missing: scripts/bootstrap.sh --with test unpacks it"
    copy = f"mkdir -p {TEMPLATES} && cp {shlex.quote(str(unpacked))}/*.tmpl {TEMPLATES}"
    script = f"mount -t tmpfs none /usr/share && {copy} && exec {shlex.join(command)}"
    return ["unshare", "--map-root-user", "--mount", "sh", "-c", script]


class Alertmanager(Program):
    def __init__(self, folder: pathlib.Path, slack_url: str, dingtalk_url: str):
        (folder / "slack-url").write_text(slack_url)
        text = CONFIGURATION.read_text()
        for shipped, here in ((SLACK_FILE, folder / "slack-url"), (ADAPTER_URL, dingtalk_url)):
            assert shipped in text
            text = re.sub(rf"(: ){re.escape(shipped)}$", rf"\g<1>{here}", text, flags=re.M)
        config = yaml.safe_load(text)
        config["route"] = hurried(config["route"])
        path = folder / "alertmanager.yml"
        path.write_text(json.dumps(config))  # which is YAML too
        command = [
            tool("prometheus-alertmanager"),
            f"--config.file={path}",
            f"--storage.path={folder / 'data'}",
            "--web.listen-address=127.0.0.1:0",
            "--cluster.listen-address=",
        ]
        super().__init__(with_templates(command), LISTENING, LISTENING, cwd=folder)

    def api(self, path: str, body: list | None = None, **parameters: str):
        url = f"http://{self.address}/api/v2/{path}?{urllib.parse.urlencode(parameters)}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as response:
            return json.loads(response.read() or "null")

    def post(self, *alerts: Mapping, resolved: bool = False):
        """As Prometheus does: what fires ends in some minutes unless it is said again, what is resolved ended now."""
        now = datetime.datetime.now(datetime.timezone.utc)
        ends = now if resolved else now + datetime.timedelta(minutes=4)
        starts = now - datetime.timedelta(minutes=1)
        times = {"startsAt": starts.isoformat(), "endsAt": ends.isoformat()}
        self.api("alerts", [dict(alert) | times for alert in alerts])


@contextlib.contextmanager
def alertmanager(folder: pathlib.Path, slack_url: str, dingtalk_url: str) -> Iterator[Alertmanager]:
    started = Alertmanager(folder, slack_url, dingtalk_url)
    try:
        yield started
    finally:
        started.stop()
