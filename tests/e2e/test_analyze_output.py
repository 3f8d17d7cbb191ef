"""Where `doclayout analyze` puts its results: names that never clash, whole files or none, errors that are told."""

from __future__ import annotations

import functools
import json
import os
import signal
import subprocess
import unicodedata

import documents
import pytest
from conftest import environment
from PIL import Image
from terminal import stderr_on_a_terminal

WHITE_60_BY_40 = documents.encode(documents.white(60, 40), "PNG")


def write(path, content: bytes):
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    return path


def names(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def out(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


# --- names ---


def test_a_page_of_one_document_and_another_document_get_names_of_their_own(tmp_path, out, run):
    scan = write(tmp_path / "scan.tif", documents.multi_page_tiff([(50, 40), (50, 41), (50, 42)]))
    page = write(tmp_path / "scan-1.png", WHITE_60_BY_40)

    for files in ([scan, page], [page, scan]):
        result = run("analyze", *files, "--format", "png", "--output", out)

        assert (result.returncode, result.stderr) == (0, "")
        assert names(out) == ["scan-1.png", "scan-1.png.png", "scan-2.png", "scan-3.png"]
        assert Image.open(out / "scan-1.png").size == (50, 40)
        assert Image.open(out / "scan-1.png.png").size == (60, 40)


def test_files_of_one_name_from_different_folders_stay_apart(tmp_path, out, run):
    first = write(tmp_path / "a" / "page.png", WHITE_60_BY_40)
    second = write(tmp_path / "b" / "page.png", documents.encode(documents.white(70, 40), "PNG"))

    assert run("analyze", first, second, "--output", out).returncode == 0

    widths = {name: json.loads((out / name).read_text())["pages"][0]["width"] for name in names(out)}
    assert widths == {"page.png.json": 60, "page.png.2.json": 70}


@pytest.mark.parametrize("link", [os.symlink, os.link, None])
def test_never_writes_over_an_input(link, tmp_path, out, run):
    """Not when the output folder is the input's, nor when it holds a link to it."""
    page = write(tmp_path / "page.png", WHITE_60_BY_40)
    if link:
        link(page, out / "page.png")

    result = run("analyze", page, "--format", "png", "--output", out if link else tmp_path)

    assert result.returncode == 1
    assert "overwrite the input" in result.stderr
    assert page.read_bytes() == WHITE_60_BY_40


def test_never_writes_over_an_input_that_is_called_like_a_page(tmp_path, run):
    """The names of all pages are judged before one is drawn."""
    write(tmp_path / "scan.tif", documents.multi_page_tiff([(50, 40), (50, 40)]))
    page = write(tmp_path / "scan-2.png", WHITE_60_BY_40)

    result = run("analyze", tmp_path / "scan.tif", page, "--format", "png", "--output", tmp_path)

    assert result.returncode == 1
    assert "scan.tif: the result would overwrite the input" in result.stderr
    assert names(tmp_path) == ["scan-2.png", "scan-2.png.png", "scan.tif"]
    assert page.read_bytes() == WHITE_60_BY_40


def test_one_output_file_is_not_the_input(tmp_path, run):
    page = write(tmp_path / "page.png", WHITE_60_BY_40)

    result = run("analyze", page, "--output", page)

    assert result.returncode == 2
    assert "overwrite the input" in result.stderr
    assert page.read_bytes() == WHITE_60_BY_40


# --- whole documents ---


def with_broken_last_page(tmp_path):
    """Three pages; the pixels of the third are rubbish, the directory that tells of them is good."""
    pages = [documents.white(50, 40) for _ in range(3)]
    content = bytearray(
        documents.encode(pages[0], "TIFF", save_all=True, append_images=pages[1:], compression="tiff_lzw")
    )
    file = write(tmp_path / "broken.tif", bytes(content))
    with Image.open(file) as image:
        image.seek(2)
        (start,), (size,) = image.tag_v2[273], image.tag_v2[279]
    content[start : start + size] = b"\xff" * size
    return write(file, bytes(content))


@pytest.mark.parametrize("format", ["png", "json"])
def test_a_document_with_a_broken_page_leaves_no_file_and_names_the_page(format, tmp_path, out, run):
    file = with_broken_last_page(tmp_path)
    good = write(tmp_path / "good.png", WHITE_60_BY_40)

    result = run("analyze", file, good, "--format", format, "--output", out)

    assert result.returncode == 1
    assert f"{file}: page 3 of 3: " in result.stderr
    assert names(out) == [f"good.{format}"]


def test_an_old_result_stays_when_the_new_one_fails(tmp_path, out, run):
    file = with_broken_last_page(tmp_path)
    write(out / "broken.json", b"the result of yesterday")

    assert run("analyze", file, "--output", out).returncode == 1

    assert (out / "broken.json").read_bytes() == b"the result of yesterday"


# --- places that cannot be written: told before anything is analysed ---


@pytest.mark.parametrize(
    "output, reason",
    [
        ("{tmp}/nowhere/out.json", "No such file or directory"),
        ("{tmp}/nowhere/", "does not exist"),
        ("{tmp}/" + "x" * 300, "File name too long"),
        ("{tmp}/page.png/out.json", "Not a directory"),
        ("/proc/self", "cannot be written"),
        ("/proc/self/out.json", "cannot be written"),
    ],
)
def test_an_output_that_cannot_be_written_is_a_mistake_in_the_command_line(output, reason, tmp_path, run):
    write(tmp_path / "page.png", WHITE_60_BY_40)

    # A model that is not there would be the next complaint: nothing was loaded yet.
    result = run("analyze", tmp_path / "page.png", "-o", output.format(tmp=tmp_path), "--model-path", "/nowhere.onnx")

    assert (result.returncode, result.stdout) == (2, "")
    assert reason in result.stderr and "nowhere.onnx" not in result.stderr
    assert names(tmp_path) == ["page.png"]


# --- standard output ---


def test_tells_that_standard_output_is_full(pages, run):
    with open("/dev/full", "w") as full:
        result = run("analyze", pages / "tiny.png", capture_output=False, stdout=full, stderr=subprocess.PIPE)

    assert result.returncode == 1
    assert result.stderr == "doclayout: standard output cannot be written: No space left on device\n"


def test_tells_that_nobody_reads_standard_output(pages, binary):
    """As behind `| head -1`: no silent death by SIGPIPE, and no work for nobody."""
    reader, writer = os.pipe()
    os.close(reader)
    files = [pages / "tiny.png"] * 40

    process = subprocess.run(
        [str(binary), "analyze", *map(str, files)], stdout=writer, stderr=subprocess.PIPE, text=True, env=environment()
    )
    os.close(writer)

    assert process.returncode == 1
    assert process.stderr == "doclayout: standard output cannot be written: Broken pipe\n", "once"


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_that_cannot_be_written_is_an_error_too(option, run):
    with open("/dev/full", "w") as full:
        result = run(option, capture_output=False, stdout=full, stderr=subprocess.PIPE)

    assert result.returncode == 1
    assert "standard output cannot be written" in result.stderr


def test_a_device_can_be_the_output(pages, run):
    assert run("analyze", pages / "tiny.png", "-o", "/dev/null").returncode == 0
    full = run("analyze", pages / "tiny.png", "-o", "/dev/full")

    assert full.returncode == 1
    assert "'/dev/full' cannot be written: No space left on device" in full.stderr


# --- names on a terminal ---


def test_escapes_control_characters_of_file_names(tmp_path, run):
    name = b"a\x1b[2J\n\xff.png"
    file = os.path.join(os.fsencode(tmp_path), name)
    with open(file, "wb") as stream:
        stream.write(b"nothing")

    result = run("analyze", os.fsdecode(file))

    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 1
    assert "a\\x1b[2J\\x0a\\xff.png: " in result.stderr


def test_progress_stays_within_the_terminals_width(binary, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # so that the names come first, not the folder
    for name in ("plain" * 20, "Müller" * 20, "海岸档案" * 20, "\x1b[31m"):
        write(tmp_path / name, WHITE_60_BY_40)

        written = stderr_on_a_terminal(binary, "analyze", name, name, columns=30)

        lines = [line for line in written.split("\r\033[K") if line]
        widths = [sum(1 + (unicodedata.east_asian_width(letter) in "WF") for letter in line) for line in lines]
        assert len(lines) == 2
        assert all(10 <= width <= 29 for width in widths), lines
        assert "\x1b" not in "".join(lines)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_leaves_no_temporary_file_when_it_is_stopped(number, tmp_path, out, binary):
    pages = [(600, 800 + i) for i in range(200)]
    scan = write(tmp_path / "scan.tif", documents.multi_page_tiff(pages))
    command = [binary, "analyze", "--format", "png", "--output", out, scan]
    # Whoever runs the tests may have told their children to ignore it, as nohup does.
    heed = functools.partial(signal.signal, number, signal.SIG_DFL)
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, preexec_fn=heed)
    # It has begun to write once a temporary file is there.
    while process.poll() is None and not any(out.glob(".doclayout-*.tmp")):
        pass

    process.send_signal(number)

    assert process.wait(timeout=60) == -number, process.stderr.read()
    assert list(out.iterdir()) == []
