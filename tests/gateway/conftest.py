"""The gateway's tests use the end-to-end tests' service and its fixtures."""

from __future__ import annotations

import contextlib
import importlib.util
import itertools
import pathlib
import socket
import sys

import pytest

E2E = pathlib.Path(__file__).resolve().parents[1] / "e2e"
sys.path.insert(0, str(E2E))

# By its path: this file is the module `conftest`.
_specification = importlib.util.spec_from_file_location("e2e_conftest", E2E / "conftest.py")
_e2e = importlib.util.module_from_spec(_specification)
_specification.loader.exec_module(_e2e)

from gateway import Gateway, Upstream  # noqa: E402
from service import Service  # noqa: E402

binary, pages, run = _e2e.binary, _e2e.pages, _e2e.run
serve_with, faulty_program, faulty = _e2e.serve_with, _e2e.faulty_program, _e2e.faulty


@pytest.fixture(scope="session")
def service(binary):
    """One that the tests share. It believes the gateway who calls, as it should behind one."""
    service = Service(
        binary, _e2e.environment(), ["--threads", "1", "--deep-health-period-s", "0", "--trusted-proxies", "127.0.0.1"]
    )
    yield service
    assert service.stop() == 0, service.log()


@pytest.fixture
def page(pages) -> bytes:
    return (pages / "form.png").read_bytes()


@pytest.fixture
def gateway(tmp_path):
    """Starts gateways: `gateway(service, other, changes={"10r/s": "1r/s"})`. Of each the rates are unused."""
    numbers = itertools.count()
    with contextlib.ExitStack() as gateways:

        def start(*servers, changes=None) -> Gateway:
            folder = tmp_path / f"gateway-{next(numbers)}"
            folder.mkdir()
            started = Gateway(folder, [server.port for server in servers], changes)
            gateways.callback(started.stop)
            return started

        yield start


@pytest.fixture
def upstream():
    """Starts servers that answer as a function says."""
    with contextlib.ExitStack() as upstreams:

        def start(*answer) -> Upstream:
            started = Upstream(*answer)
            upstreams.callback(started.stop)
            return started

        yield start


class Closed:
    """A port on which nobody listens, and that nobody else gets meanwhile."""

    def __init__(self):
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]


@pytest.fixture
def closed():
    server = Closed()
    yield server
    server.socket.close()
