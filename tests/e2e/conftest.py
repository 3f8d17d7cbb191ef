"""What the end-to-end tests stand on: the program itself, run as a user runs it, with no other software beside it."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess

import otlp
import pytest
from faulty_service import FaultyService
from probe import UP, Probe, Reply, peer
from service import Service

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = ROOT / "tests" / "pages"

# A developer's own settings must not change what is tested.
KEPT_VARIABLES = (
    *("PATH", "HOME", "LANG", "TMPDIR"),
    *("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS", "TBB_ENABLE_SANITIZERS"),
)

# A shell has what it starts in the background ignore SIGINT, which the programs under test would inherit and obey.
signal.signal(signal.SIGINT, signal.default_int_handler)


def environment() -> dict[str, str]:
    return {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}


@pytest.fixture(scope="session")
def binary() -> pathlib.Path:
    path = pathlib.Path(os.environ.get("DOCLAYOUT_BIN") or ROOT / "build" / "release" / "doclayout").resolve()
    assert path.is_file(), f"there is no program at {path}: build it, or set DOCLAYOUT_BIN"
    return path


@pytest.fixture(scope="session")
def pages() -> pathlib.Path:
    """The folder of the project's own pages."""
    return PAGES


@pytest.fixture(scope="session")
def run(binary):
    """Runs the program to its end: `run("analyze", path)`; text unless `text=False`."""

    def run_program(*arguments, **options) -> subprocess.CompletedProcess:
        options = {"text": True, "capture_output": True, "timeout": 120, "check": False, "env": environment()} | options
        return subprocess.run([str(binary), *map(str, arguments)], stdin=subprocess.DEVNULL, **options)

    return run_program


@pytest.fixture(scope="session")
def analyze_one(run):
    """The answer for one file, which must be good."""
    import json

    def analyze(path, *options) -> dict:
        result = run("analyze", path, *options)
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)

    return analyze


@pytest.fixture(scope="session")
def serve(binary):
    """A service with all defaults that the tests of a session share; it must end well when they are over."""
    service = Service(binary, environment())
    yield service
    assert service.stop() == 0, service.log()


@pytest.fixture
def serve_with(binary):
    """Starts services with options and variables of a test's own: `serve_with("--queue-capacity", "1")`. Each must end well, but for
    those whose end the test has waited for and judged."""
    services = []

    def start(*options, preexec_fn=None, **variables) -> Service:
        services.append(Service(binary, environment() | variables, options, preexec_fn))
        return services[-1]

    yield start
    statuses = [0 if service.waited_for else service.stop() for service in services]
    assert not any(statuses), "\n".join(service.log() for service in services)


@pytest.fixture(scope="session")
def faulty_program(binary) -> pathlib.Path:
    program = binary.with_name("doclayout_faulty")
    assert program.is_file(), f"there is no program at {program}: build the target doclayout_faulty"
    return program


@pytest.fixture
def faulty(faulty_program, tmp_path):
    """Starts services with a faulty engine: `faulty("--slots", "2", FAULTS_GPU="1")`. Each test waits for, and judges, its
    service's end, or it must end well."""
    services = []

    def start(*options, wait_for="ready", preexec_fn=None, **variables) -> FaultyService:
        faults = tmp_path / f"faults-{len(services)}"
        how = {"wait_for": wait_for, "preexec_fn": preexec_fn, "variables": variables}
        services.append(FaultyService(faulty_program, environment(), faults, *options, **how))
        return services[-1]

    yield start
    statuses = [0 if service.waited_for else service.stop() for service in services]
    assert not any(statuses), "\n".join(service.log() for service in services)


@pytest.fixture(scope="session")
def collector_program():
    program = otlp.collector_program()
    if program is None:
        pytest.skip("the OpenTelemetry Collector needs a newer Go than there is here")
    return program


@pytest.fixture
def probe(binary):
    """Starts probes with options of a test's own; each must end well."""
    probes = []

    def start(*options, program=binary, metrics=True, **variables) -> Probe:
        probes.append(Probe(program, environment() | variables, options, metrics))
        return probes[-1]

    yield start
    statuses = [probe.stop() for probe in probes]
    assert not any(statuses), "\n".join(probe.log() for probe in probes)


@pytest.fixture
def peer_service():
    """What a probe asks: a service that is up, and says what a test wants."""
    with peer(UP) as server:
        yield server


@pytest.fixture
def webhook():
    """That takes what it is sent at /secret."""
    with peer({"/secret": Reply(200, b"ok")}) as server:
        yield server


@pytest.fixture
def data_home(tmp_path) -> pathlib.Path:
    """XDG_DATA_HOME of `model`: pulled models are in `models`."""
    return tmp_path / "data"


@pytest.fixture
def models(data_home) -> pathlib.Path:
    return data_home / "doclayout" / "models"


@pytest.fixture
def model(run, data_home):
    """Runs `doclayout model …` with a folder of models of the test's own: `model("pull", NAME, "--mirror", url)`."""

    def run_model(*arguments, variables: dict[str, str] | None = None, **options) -> subprocess.CompletedProcess:
        env = environment() | {"XDG_DATA_HOME": str(data_home)} | (variables or {})
        return run("model", *arguments, env=env, **options)

    return run_model


@pytest.fixture
def pull(model):
    """Pulls the model of `model_mirror` from an address: `pull(server.url)`."""
    from model_mirror import NAME

    def run_pull(url: str, *arguments, **options) -> subprocess.CompletedProcess:
        return model("pull", NAME, "--mirror", url, *arguments, **options)

    return run_pull
