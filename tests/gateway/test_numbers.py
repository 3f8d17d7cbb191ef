"""The gateway's numbers follow from the service's options: whoever changes a default there finds out here."""

from __future__ import annotations

import re

import pytest
from gateway import SHIPPED

NGINX = (SHIPPED / "doclayout.conf").read_text()
INGRESS = (SHIPPED.parent / "kubernetes" / "ingress.yaml").read_text()
ROUTE = (SHIPPED.parent / "kubernetes" / "httproute.yaml").read_text()
MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module")
def default(run):
    """The default of a flag of `doclayout serve`."""
    text = run("serve", "--help").stdout

    def of(flag: str) -> int:
        found = re.search(rf"^ *{flag} [^\n]*=(\d+)$", text, re.MULTILINE)
        assert found, f"{flag} has no default in --help"
        return int(found.group(1))

    return of


def nginx(directive: str) -> int:
    """The smallest number that a directive has anywhere."""
    return min(int(number) for number in re.findall(rf"\b{directive} +(\d+)", NGINX))


def annotations(name: str) -> set[int]:
    return {int(number) for number in re.findall(rf'ingress\.kubernetes\.io/{name}: "?(\d+)', INGRESS)}


def test_the_size_of_a_body_is_the_services(default):
    limit = default("--max-body-bytes")

    assert nginx("client_max_body_size") == limit
    assert annotations("proxy-body-size") == {limit // MEBIBYTE}
    assert f"which are {limit // MEBIBYTE} MiB" in NGINX


def test_the_service_gives_up_first(default):
    seconds = default("--request-timeout-ms") / 1000
    body_seconds = default("--body-timeout-ms") / 1000

    assert nginx("proxy_read_timeout") > seconds
    assert min(annotations("proxy-read-timeout")) > seconds
    assert min(int(number) for number in re.findall(r"equest: (\d+)s", ROUTE)) > seconds
    assert min(nginx("proxy_send_timeout"), nginx("client_body_timeout")) > body_seconds
    assert max(int(number) for number in re.findall(r"proxy_read_timeout +(\d+)", NGINX)) > 3600
    # The map of timeout_ms: from 60000 on.
    assert default("--request-timeout-ms") == 60000 and "[6-9][0-9]{4}|[1-9][0-9]{5,6}" in NGINX


def test_the_gateway_ends_idle_connections_first(default):
    assert nginx("keepalive_timeout") * 1000 < default("--idle-timeout-ms")


def test_other_limits_are_the_services(default):
    assert nginx("client_header_timeout") * 1000 == default("--header-timeout-ms")
    assert nginx("send_timeout") * 1000 == default("--write-timeout-ms")
    assert f"large_client_header_buffers 4 {default('--max-header-bytes') // 1024}k;" in NGINX


def test_ingress_and_nginx_have_the_same_rate():
    rates = re.findall(r"zone=doclayout_client:10m rate=(\d+)r/s", NGINX)
    bursts = re.findall(r"limit_req zone=(\w+) burst=(\d+) nodelay;", NGINX)

    assert rates == ["10"] and annotations("limit-rps") == {10}
    assert bursts == 2 * [("doclayout_client", "20"), ("doclayout_address", "200")]
    assert annotations("limit-burst-multiplier") == {2}
    assert "more than 10 requests a second, and more than 20 at once" in NGINX
