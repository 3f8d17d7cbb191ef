"""`doclayout model pull`, from servers on this machine that misbehave in every way that the network does (model_mirror.py)."""

from __future__ import annotations

import ctypes
import pathlib
import resource
import signal
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable

import pytest
from conftest import ROOT, environment
from model_mirror import DIGEST, MODEL, NAME, URL_PATH, Handler, Server, assert_pulled, assert_refused, good, left_in, serving
from terminal import stderr_on_a_terminal

# --- pull -----------------------------------------------------------------------------------------------------------


def test_pulls_from_a_mirror(pull, models):
    with serving(good) as server:
        result = pull(server.url + "/")

    assert_pulled(result, models)
    assert result.stdout == f"{NAME}: {models / NAME}.onnx, 7.1 MiB\n"
    assert result.stderr == ""
    assert [path for path, _headers in server.requests] == [URL_PATH]
    assert "range" not in server.requests[0][1]


def test_a_model_that_is_there_is_not_pulled_again(pull, models):
    with serving(good) as server:
        pull(server.url)
        result = pull(server.url)

    assert_pulled(result, models)
    assert "was there already" in result.stdout
    assert len(server.requests) == 1


def test_a_damaged_file_is_replaced(pull, models):
    models.mkdir(parents=True)
    (models / f"{NAME}.onnx").write_bytes(MODEL[:1000])

    with serving(good) as server:
        assert_pulled(pull(server.url), models)


def test_resumes_where_the_connection_was_cut(pull, models):
    cuts = {1: 2_000_000, 2: 5_000_000}

    def cut(handler: Handler, number: int) -> None:
        handler.serve(until=cuts.get(number), ETag='"one"')

    with serving(cut) as server:
        result = pull(server.url)

    assert_pulled(result, models)
    assert [headers.get("range") for _path, headers in server.requests] == [None, "bytes=2000000-", "bytes=5000000-"]
    assert [headers.get("if-range") for _path, headers in server.requests] == [None, '"one"', '"one"']
    assert len(result.stderr.splitlines()) == 2  # one line a broken attempt


def test_starts_again_when_the_server_ignores_ranges(pull, models):
    with serving(lambda handler, number: handler.serve(until=3_000_000 if number == 1 else None, ranges=False)) as server:
        assert_pulled(pull(server.url), models)

    assert len(server.requests) == 2


def test_starts_again_when_the_server_answers_with_another_range(pull, models):
    def other(handler: Handler, number: int) -> None:
        if number == 2:
            handler.head(206, Content_Range=f"bytes 0-{len(MODEL) - 1}/{len(MODEL)}", Content_Length=len(MODEL))
            handler.wfile.write(MODEL)
        else:
            handler.serve(until=3_000_000 if number == 1 else None)

    with serving(other) as server:
        assert_pulled(pull(server.url), models)

    assert [headers.get("range") for _path, headers in server.requests] == [None, "bytes=3000000-", None]


def test_goes_on_with_what_an_earlier_run_left(pull, models):
    with serving(lambda handler, _number: handler.serve(until=4_000_000)) as server:
        broken = pull(server.url)

    assert broken.returncode == 1
    assert "5 times in a row" in broken.stderr
    assert left_in(models) == [f"{NAME}.onnx.part"]

    with serving(good) as server:
        assert_pulled(pull(server.url), models)

    assert server.requests[0][1]["range"] == "bytes=4000000-"


def test_what_a_killed_run_left_is_gone_on_with(binary, pull, data_home, models):
    reached = threading.Event()

    def stop(handler: Handler, number: int) -> None:
        handler.serve(until=4_000_000 if number == 1 else None)
        if number == 1:
            handler.wfile.flush()
            reached.set()
            killed.wait(30)

    killed = threading.Event()
    with serving(stop) as server:
        process = subprocess.Popen(
            [str(binary), "model", "pull", NAME, "--mirror", server.url],
            env=environment() | {"XDG_DATA_HOME": str(data_home)},
        )
        assert reached.wait(30)
        part = models / f"{NAME}.onnx.part"
        until = time.monotonic() + 30
        while not (part.exists() and part.stat().st_size == 4_000_000):
            assert time.monotonic() < until
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait(30)
        killed.set()
        assert_pulled(pull(server.url), models)

    assert server.requests[-1][1]["range"] == "bytes=4000000-"


def test_what_was_left_of_another_file_is_thrown_away(pull, models):
    models.mkdir(parents=True)
    (models / f"{NAME}.onnx.part").write_bytes(b"x" * 4_000_000)

    with serving(good) as server:
        assert_pulled(pull(server.url), models)

    assert [headers.get("range") for _path, headers in server.requests] == ["bytes=4000000-", None]


@pytest.mark.parametrize("size", [len(MODEL), len(MODEL) + 1000])
def test_a_part_as_long_as_the_file_and_wrong_is_thrown_away(pull, models, size):
    models.mkdir(parents=True)
    (models / f"{NAME}.onnx.part").write_bytes(b"x" * size)

    with serving(good) as server:
        assert_pulled(pull(server.url), models)


def test_a_part_that_is_whole_needs_no_server(pull, models):
    models.mkdir(parents=True)
    (models / f"{NAME}.onnx.part").write_bytes(MODEL)

    with serving(good) as server:
        assert_pulled(pull(server.url), models)

    assert server.requests == []


@pytest.mark.parametrize("at", [0, len(MODEL) // 2, len(MODEL) - 1])
def test_a_wrong_byte_is_refused(pull, models, at):
    wrong = bytearray(MODEL)
    wrong[at] ^= 1

    with serving(lambda handler, _number: handler.serve(bytes(wrong))) as server:
        result = pull(server.url)

    assert_refused(result, models, "is not the model picodet-cdla", DIGEST, "nothing was kept")
    assert len(server.requests) == 1


def test_a_wrong_byte_leaves_the_model_that_is_there(pull, models):
    models.mkdir(parents=True)
    (models / f"{NAME}.onnx").write_bytes(b"an older one")

    with serving(lambda handler, _number: handler.serve(MODEL[:-1] + b"x")) as server:
        assert pull(server.url).returncode == 1

    assert left_in(models) == [f"{NAME}.onnx"]
    assert (models / f"{NAME}.onnx").read_bytes() == b"an older one"


@pytest.mark.parametrize("lie", [len(MODEL) - 1, len(MODEL) + 1, 10**15])
def test_a_server_that_lies_about_the_length_is_refused(pull, models, lie):
    def answer(handler: Handler, _number: int) -> None:
        handler.head(200, Content_Length=lie)
        handler.wfile.write(MODEL)

    with serving(answer) as server:
        assert_refused(pull(server.url), models, f"has {lie} bytes; the model has {len(MODEL)}")

    assert len(server.requests) == 1


def test_a_longer_stream_of_no_declared_length_is_refused(pull, models):
    def endless(handler: Handler, _number: int) -> None:
        handler.head(200)
        while True:
            handler.wfile.write(MODEL)

    with serving(endless) as server:
        assert_refused(pull(server.url), models, f"has more than {len(MODEL)} bytes")


def test_an_empty_answer_is_refused(pull, models):
    with serving(lambda handler, _number: handler.head(200, Content_Length=0)) as server:
        assert_refused(pull(server.url), models, "is not the model picodet-cdla")


@pytest.mark.parametrize("status", [404, 403, 410, 401])
def test_a_refusal_is_not_asked_for_again(pull, models, status):
    with serving(lambda handler, _number: handler.head(status, Content_Length=0)) as server:
        result = pull(server.url)

    assert_refused(result, models, f"{server.url}{URL_PATH} answered {status}")
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [500, 502])
def test_a_server_that_is_broken_is_asked_five_times(pull, models, status):
    with serving(lambda handler, _number: handler.head(status, Content_Length=0)) as server:
        result = pull(server.url)

    assert_refused(result, models, f"answered {status}, 5 times in a row")
    assert len(server.requests) == 5


def test_a_server_that_is_busy_is_asked_again(pull, models):
    def busy(handler: Handler, number: int) -> None:
        if number < 3:
            handler.head(503, Content_Length=0, Retry_After=0)
        else:
            handler.serve()

    with serving(busy) as server:
        assert_pulled(pull(server.url), models)


def test_waits_as_long_as_a_busy_server_asks_for(pull, models):
    times = []

    def busy(handler: Handler, number: int) -> None:
        times.append(time.monotonic())
        if number == 1:
            handler.head(429, Content_Length=0, Retry_After=1)
        else:
            handler.serve()

    with serving(busy) as server:
        assert_pulled(pull(server.url), models)

    assert times[1] - times[0] > 0.9


def test_a_connection_that_answers_nothing_is_tried_again(pull, models):
    with serving(lambda handler, number: handler.serve() if number > 2 else None) as server:
        assert_pulled(pull(server.url), models)


def test_nobody_listens(pull, models):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        result = pull(f"http://127.0.0.1:{unused.getsockname()[1]}")

    assert_refused(result, models, "Failed to connect", "5 times in a row")


# --- redirects ------------------------------------------------------------------------------------------------------


def redirect_to(target: Callable[[Server], str], status: int = 302) -> Callable[[Handler, int], None]:
    def behaviour(handler: Handler, _number: int) -> None:
        if handler.path == "/there":
            handler.serve()
        else:
            handler.head(status, Location=target(handler.server), Content_Length=0)

    return behaviour


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_follows_redirects(pull, models, status):
    with serving(redirect_to(lambda server: server.url + "/there", status)) as server:
        assert_pulled(pull(server.url), models)


def test_resumes_behind_a_redirect(pull, models):
    def behaviour(handler: Handler, number: int) -> None:
        if handler.path == "/there":
            handler.serve(until=3_000_000 if number == 2 else None)
        else:
            handler.head(302, Location="/there", Content_Length=0)

    with serving(behaviour) as server:
        assert_pulled(pull(server.url), models)

    assert server.requests[-1][1]["range"] == "bytes=3000000-"


def test_redirects_without_end_are_refused(pull, models):
    with serving(redirect_to(lambda server: server.url + "/again")) as server:
        assert_refused(pull(server.url), models, "Maximum (10) redirects followed")

    assert len(server.requests) == 11


@pytest.mark.parametrize("target", ["file://{model}", "ftp://127.0.0.1/x", "gopher://127.0.0.1/x", "scp://127.0.0.1/x"])
def test_redirects_to_anything_but_http_are_refused(pull, models, target):
    url = target.format(model=ROOT / ".deps" / "models" / "layout_cdla.onnx")
    with serving(redirect_to(lambda _server: url)) as server:
        result = pull(server.url)

    assert_refused(result, models, "not supported")
    assert len(server.requests) == 1


@pytest.mark.parametrize("target", ["http://[::1", "http://a b/", "http://:99999/x"])
def test_a_redirect_to_what_is_no_address_is_the_servers_fault(pull, models, target):
    with serving(redirect_to(lambda _server: target)) as server:
        result = pull(server.url)

    assert_refused(result, models, "doclayout: ")


@pytest.mark.parametrize("mirror", [f"file://{ROOT}/.deps", "ftp://127.0.0.1", "127.0.0.1:80", "mirror"])
def test_a_mirror_that_is_no_web_address_is_a_mistake(pull, models, mirror):
    assert_refused(pull(mirror), models, "begins with http:// or https://", code=2)


def test_a_password_in_the_mirrors_address_is_not_shown(pull, models):
    with serving(lambda handler, _number: handler.head(404, Content_Length=0)) as server:
        result = pull(server.url.replace("http://", "http://someone:secret@"))

    assert_refused(result, models, "answered 404")
    assert "secret" not in result.stderr
    assert server.requests[0][1]["authorization"].startswith("Basic ")


# --- proxies and certificates ---------------------------------------------------------------------------------------


def test_takes_the_proxy_of_the_environment(pull, models):
    with serving(good) as proxy:
        result = pull("http://models.invalid/base", variables={"http_proxy": proxy.url})

    assert_pulled(result, models)
    assert proxy.requests[0][0] == f"http://models.invalid/base{URL_PATH}"


def test_leaves_the_proxy_aside_where_the_environment_says_so(pull, models):
    with serving(good) as server:
        variables = {"http_proxy": "http://127.0.0.1:1", "no_proxy": "127.0.0.1"}
        assert_pulled(pull(server.url, variables=variables), models)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory) -> pathlib.Path:
    """Key and certificate of 127.0.0.1, signed by itself."""
    path = tmp_path_factory.mktemp("certificate") / "both.pem"
    key = path.with_name("key.pem")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    path.write_text(path.read_text() + key.read_text())
    return path


def test_checks_certificates(pull, models, certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with serving(good, context) as server:
        refused = pull(server.url)
        assert_refused(refused, models, "certificate")

        assert_pulled(pull(server.url, variables={"SSL_CERT_FILE": str(certificate)}), models)


# --- several at once, and the disk ----------------------------------------------------------------------------------


def test_several_pulls_of_one_model_agree(binary, data_home, models):
    def slow(handler: Handler, _number: int) -> None:
        handler.head(200, Content_Length=len(MODEL))
        handler.wfile.write(MODEL[:1_000_000])
        handler.wfile.flush()
        started.set()
        time.sleep(0.3)  # the others come meanwhile; if not, less is tested and nothing fails
        handler.wfile.write(MODEL[1_000_000:])

    started = threading.Event()
    with serving(slow) as server:
        processes = [
            subprocess.Popen(
                [str(binary), "model", "pull", NAME, "--mirror", server.url],
                env=environment() | {"XDG_DATA_HOME": str(data_home)},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for _ in range(4)
        ]
        outputs = [process.communicate(timeout=60) for process in processes]

    assert [process.returncode for process in processes] == [0] * 4, outputs
    assert len(server.requests) == 1
    assert sum("was there already" in out for out, _err in outputs) == 3
    assert left_in(models) == [f"{NAME}.onnx"]


def test_a_folder_that_cannot_be_made_is_named(run, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with serving(good) as server:
        result = run(
            *("model", "pull", NAME, "--mirror", server.url),
            env=environment() | {"XDG_DATA_HOME": str(tmp_path / "file")},
        )

    assert result.returncode == 1
    assert f"'{tmp_path}/file/doclayout/models' cannot be made: Not a directory" in result.stderr
    assert server.requests == []


def without_root_powers() -> None:
    """Root may write everywhere: here it may not. prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE), which others need not and cannot."""
    ctypes.CDLL(None).prctl(24, 1, 0, 0, 0)


def test_a_folder_that_is_read_only_is_named(pull, models):
    models.mkdir(parents=True)
    models.chmod(0o500)
    with serving(good) as server:
        result = pull(server.url, preexec_fn=without_root_powers)
        assert_refused(result, models, f"'{models}/{NAME}.onnx.part' cannot be written: Permission denied")


def test_a_part_that_is_a_link_is_not_followed(pull, models, tmp_path):
    models.mkdir(parents=True)
    (models / f"{NAME}.onnx.part").symlink_to(tmp_path / "elsewhere")
    with serving(good) as server:
        result = pull(server.url)

    assert result.returncode == 1
    assert "cannot be written" in result.stderr
    assert not (tmp_path / "elsewhere").exists()


def limit_file_size() -> None:
    """As a full disk: a write fails after a megabyte."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))


@pytest.mark.parametrize("offline", [False, True])
def test_a_disk_that_is_full_leaves_nothing(pull, model, models, offline):
    with serving(good) as server:
        if offline:
            path = ROOT / ".deps" / "models" / "layout_cdla.onnx"
            result = model("pull", NAME, "--file", path, preexec_fn=limit_file_size)
        else:
            result = pull(server.url, preexec_fn=limit_file_size)

    assert_refused(result, models, f"'{models}/{NAME}.onnx.part' cannot be written: File too large")


# --- without a network ----------------------------------------------------------------------------------------------


def test_takes_a_file_of_this_machine(model, models, tmp_path):
    (tmp_path / "copied.bin").write_bytes(MODEL)

    assert_pulled(model("pull", NAME, "--file", tmp_path / "copied.bin"), models)


def test_refuses_a_file_that_is_another(model, models, tmp_path):
    (tmp_path / "other.onnx").write_bytes(MODEL[:-1])
    (tmp_path / "empty.onnx").write_bytes(b"")

    assert_refused(model("pull", NAME, "--file", tmp_path / "other.onnx"), models, "other.onnx' is not the model", DIGEST)
    assert_refused(model("pull", NAME, "--file", tmp_path / "empty.onnx"), models, "is empty")
    assert_refused(model("pull", NAME, "--file", tmp_path / "none.onnx"), models, "No such file")
    assert_refused(model("pull", NAME, "--file", tmp_path), models, "not a regular file")


def test_a_name_that_nobody_knows_is_a_mistake(model, models):
    assert_refused(model("pull", "pp-doclayoutv9"), models, "no model 'pp-doclayoutv9'", "pp-doclayoutv3", code=2)
    assert_refused(model("verify", "pp-doclayoutv9"), models, "no model 'pp-doclayoutv9'", code=2)


def test_nothing_is_downloaded_unless_asked_for(run, data_home):
    with serving(good) as server:
        variables = {"XDG_DATA_HOME": str(data_home), "https_proxy": server.url, "http_proxy": server.url}
        result = run("model", "info", "pp-doclayoutv3", env=environment() | variables)

    assert result.returncode == 3
    assert "get it with `doclayout model pull pp-doclayoutv3`" in result.stderr
    assert server.requests == []


def test_a_bar_on_a_terminal(binary, data_home, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(data_home))  # what `environment` hands on; XDG_DATA_HOME it does not
    monkeypatch.setenv("HOME", str(data_home))
    with serving(good) as server:
        shown = stderr_on_a_terminal(binary, "model", "pull", NAME, "--mirror", server.url, columns=100)

    assert f"{NAME} [########################] 100 %, 7.1 MiB of 7.1 MiB" in shown
    assert shown.endswith("\r\x1b[K")
