"""Forms as real clients send them: every one of them gets its page analysed, whatever the file is called."""

from __future__ import annotations

import json
import subprocess

import pytest

FILE_NAMES = ["page.png", "my page (1).png", 'a "quoted".png', "semi;colon.png", "back\\slash.png", "Straße 頁.png"]


@pytest.fixture(scope="module")
def page(pages) -> bytes:
    return (pages / "tiny.png").read_bytes()


@pytest.mark.parametrize("name", FILE_NAMES)
def test_takes_the_forms_of_curl(name, serve, page, tmp_path):
    (tmp_path / name).write_bytes(page)
    file = str(tmp_path / name).replace("\\", "\\\\").replace('"', '\\"')
    url = f"http://127.0.0.1:{serve.port}/analyze?threshold=0.5&"

    curl = subprocess.run(["curl", "-sS", "-F", f'file=@"{file}"', url], capture_output=True, text=True, timeout=60)

    assert curl.returncode == 0, curl.stderr
    assert len(json.loads(curl.stdout)["pages"]) == 1, curl.stdout


@pytest.mark.parametrize(
    "disposition",
    [
        'form-data; name="file"; filename="Straße 頁.png"'.encode(),
        'form-data; name="file"; filename="Straße.png"'.encode("latin-1"),
        b"form-data; name=\"file\"; filename*=utf-8''Stra%C3%9Fe.png",
        b'form-data; name="file"; filename="a%22b.png"',
        b'form-data; name="file"; filename="a\\"b.png"',
        b'form-data; name="file"; filename="=?UTF-8?Q?Stra=C3=9Fe.png?="',
        b'form-data; name="file"; filename=my page.png',
    ],
    ids=["browser", "latin-1", "requests", "httpx", "go", "spring", "unquoted"],
)
def test_takes_the_file_names_of_other_clients(disposition, serve, page):
    header = b"Content-Disposition: " + disposition + b"\r\nContent-Type: image/png\r\n"
    body = b"--b\r\n" + header + b"\r\n" + page + b"\r\n--b--\r\n"

    answer = serve.analyze(body, "multipart/form-data; boundary=b")

    assert answer.status == 200, answer.body


def test_ignores_what_mail_writes_around_a_form(serve, page):
    form = b'--b \r\nContent-Disposition: form-data; name="file"\r\n\r\n' + page + b"\r\n--b-- \r\n"
    body = b"This is a multi-part message in MIME format.\r\n" + form + b"There is nothing behind it.\r\n"

    answer = serve.analyze(body, "multipart/form-data; boundary=b")

    assert answer.status == 200, answer.body
