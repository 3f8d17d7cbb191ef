"""`doclayout analyze`: what a person at a shell or a script gets."""

from __future__ import annotations

import json

import documents
import pytest
from conftest import ROOT
from PIL import Image
from terminal import stderr_on_a_terminal


def write(path, content: bytes):
    path.write_bytes(content)
    return path


# --- one file ---


def test_answers_as_the_contract_says(pages, run):
    result = run("analyze", pages / "paper_two_columns.png")

    assert (result.returncode, result.stderr) == (0, "")
    answer = json.loads(result.stdout)
    assert list(answer) == ["model", "pages", "timings_ms"]
    assert list(answer["model"]) == ["name", "sha256", "family"]
    assert answer["model"]["name"] == "picodet-cdla"
    assert answer["model"]["sha256"] == "25b1f27ec56aa932a48f30cbd6293c358a156280f4b20b0a973bab210c39f62c"
    assert list(answer["timings_ms"]) == ["decode", "queue", "preprocess", "inference", "postprocess", "total"]
    (page,) = answer["pages"]
    assert list(page) == ["index", "width", "height", "dpi", "rotation", "order_source", "regions"]
    assert (page["index"], page["width"], page["height"], page["rotation"]) == (0, 909, 1286, 0)
    assert page["dpi"] == pytest.approx(110, abs=0.1)
    assert page["order_source"] == "xy_cut"
    assert {region["label"] for region in page["regions"]} >= {"title", "text", "figure", "header", "footer"}
    for number, region in enumerate(page["regions"]):
        assert list(region) == ["id", "label", "label_id", "score", "bbox", "polygon", "order"]
        x1, y1, x2, y2 = region["bbox"]
        assert region["id"] == number
        assert 0 <= x1 < x2 <= 909 and 0 <= y1 < y2 <= 1286
        assert region["polygon"] == [[x1, y1], [x2, y1], [x2, y2], [x1, y2]]
        assert 0.5 < region["score"] <= 1


def test_gives_the_same_answer_each_time(pages, analyze_one):
    first, second = (analyze_one(pages / "form.png")["pages"] for _ in range(2))

    assert first == second


def test_is_one_line_unless_pretty(pages, run):
    plain = run("analyze", pages / "tiny.png").stdout
    pretty = run("analyze", pages / "tiny.png", "--pretty").stdout

    assert plain.count("\n") == 1 and plain.endswith("\n")
    assert pretty.count("\n") > 5
    assert json.loads(pretty)["pages"] == json.loads(plain)["pages"]


def test_finds_nothing_on_a_blank_page(pages, analyze_one):
    assert analyze_one(pages / "blank.png")["pages"][0]["regions"] == []


def test_threshold_and_nms_change_what_is_reported(pages, analyze_one):
    def count(*options):
        return len(analyze_one(pages / "form.png", *options)["pages"][0]["regions"])

    assert count("--threshold", "0.95") < count() < count("--threshold", "0.1")
    assert count("--no-nms") > count("--nms") == count()


def test_turns_a_page_as_exif_says(pages, analyze_one):
    page = analyze_one(pages / "rotated_exif6.jpg")["pages"][0]

    stored = Image.open(pages / "rotated_exif6.jpg")
    assert stored.width > stored.height
    assert (page["width"], page["height"], page["rotation"]) == (stored.height, stored.width, 90)
    header = min((r for r in page["regions"] if r["label"] == "header"), key=lambda r: r["bbox"][0])
    assert header["bbox"][1] < 0.1 * page["height"], "the running head is at the top of the upright page"


def test_reads_every_page_of_a_tiff(pages, analyze_one):
    first, second = analyze_one(pages / "two_pages.tif")["pages"]

    assert (first["index"], first["width"], first["height"]) == (0, 595, 842)
    assert (second["index"], second["width"], second["height"]) == (1, 420, 595)
    assert first["regions"] and second["regions"]


@pytest.mark.parametrize(
    "mode, options",
    [("1", {}), ("L", {}), ("LA", {}), ("P", {}), ("RGB", {}), ("RGBA", {}), ("I;16", {}), ("RGB", {"interlace": 1})],
)
def test_reads_png_of_every_kind(mode, options, pages, tmp_path, analyze_one):
    """What a person sees is the same page, so what is found is the same."""
    source = Image.open(pages / "two_pages.tif").convert("L")
    image = source.point(lambda v: v * 257, "I").convert("I;16") if mode == "I;16" else source.convert(mode)
    image.save(tmp_path / "page.png", **options)

    page = analyze_one(tmp_path / "page.png")["pages"][0]

    assert {region["label"] for region in page["regions"]} >= {"title", "text", "figure", "table"}


@pytest.mark.parametrize("size", [(1, 1), (1, 20_000), (20_000, 1)])
def test_takes_pages_of_extreme_shape(size, tmp_path, analyze_one):
    file = write(tmp_path / "page.png", documents.encode(documents.white(*size), "PNG"))

    page = analyze_one(file)["pages"][0]

    assert (page["width"], page["height"]) == size


# --- where the result goes ---


def test_writes_json_to_a_file(pages, tmp_path, run):
    result = run("analyze", pages / "form.png", "--output", tmp_path / "form.json")

    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert json.loads((tmp_path / "form.json").read_text())["pages"][0]["regions"]


def test_several_files_are_one_json_object_a_line(pages, run):
    files = [str(pages / name) for name in ("form.png", "blank.png", "tiny.png")]

    result = run("analyze", *files)

    assert (result.returncode, result.stderr) == (0, "")
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert [next(iter(answer.items())) for answer in answers] == [("file", file) for file in files]


def test_writes_one_json_for_each_file_into_a_folder(pages, tmp_path, run):
    result = run("analyze", pages / "form.png", pages / "tiny.png", "--output", tmp_path)

    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["form.json", "tiny.json"]
    assert json.loads((tmp_path / "form.json").read_text())["pages"][0]["width"] == 909


def test_draws_a_png(pages, tmp_path, run):
    result = run("analyze", pages / "paper_two_columns.png", "--format", "png", "--output", tmp_path / "drawn.png")

    assert (result.returncode, result.stderr) == (0, "")
    with Image.open(tmp_path / "drawn.png") as drawn, Image.open(pages / "paper_two_columns.png") as page:
        assert (drawn.format, drawn.mode, drawn.size) == ("PNG", "RGB", page.size)
        colours = {colour for _, colour in drawn.getcolors(1 << 24)}
    assert {(0x00, 0x72, 0xB2), (0xD5, 0x5E, 0x00), (0x00, 0x9E, 0x73)} <= colours, (
        "text, titles and the figure are marked"
    )


def test_draws_a_png_to_a_pipe(pages, run):
    result = run("analyze", pages / "tiny.png", "--format", "png", text=False)

    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(b"\x89PNG\r\n\x1a\n")


def test_draws_each_file_and_page_into_a_folder(pages, tmp_path, run):
    result = run("analyze", pages / "tiny.png", pages / "two_pages.tif", "--format", "png", "--output", tmp_path)

    assert (result.returncode, result.stderr) == (0, "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tiny.png", "two_pages-1.png", "two_pages-2.png"]
    assert Image.open(tmp_path / "two_pages-2.png").size == (420, 595)


def test_does_not_write_over_its_input(pages, tmp_path, run):
    file = write(tmp_path / "page.png", (pages / "tiny.png").read_bytes())

    result = run("analyze", file, "--format", "png", "--output", tmp_path)

    assert result.returncode == 1
    assert file.read_bytes() == (pages / "tiny.png").read_bytes()


# --- files that cannot be read: exit status 1 ---


@pytest.mark.parametrize(
    "name, content, reason",
    [
        ("empty.png", b"", "empty"),
        ("letter.jpg", b"Dear Sir or Madam, please find enclosed nothing at all.\n", "JPEG"),
        ("noise.png", documents.random_bytes(), "JPEG"),
        ("page.gif", documents.gif(), "GIF"),
        ("page.pdf", documents.PDF, "PDF"),
        ("bomb.png", documents.png_bomb(), "pixel"),
    ],
)
def test_refuses_a_bad_file_with_its_reason(name, content, reason, tmp_path, run):
    file = write(tmp_path / name, content)

    result = run("analyze", file)

    assert (result.returncode, result.stdout) == (1, "")
    assert len(result.stderr.splitlines()) == 1
    assert str(file) in result.stderr and reason in result.stderr


def test_refuses_a_truncated_jpeg(pages, tmp_path, run):
    file = write(tmp_path / "half.jpg", documents.truncated_jpeg((pages / "rotated_exif6.jpg").read_bytes()))

    result = run("analyze", file)

    assert (result.returncode, result.stdout) == (1, "")
    assert "truncated" in result.stderr


def test_refuses_what_is_not_there(tmp_path, run):
    missing, folder = run("analyze", tmp_path / "missing.png"), run("analyze", tmp_path)

    assert (missing.returncode, folder.returncode) == (1, 1)
    assert "missing.png" in missing.stderr and "No such file" in missing.stderr
    assert "folder" in folder.stderr


def test_a_file_that_cannot_be_read_does_not_stop_the_others(pages, run):
    result = run("analyze", "/proc/self/mem", pages / "blank.png")

    assert result.returncode == 1
    assert "/proc/self/mem: it cannot be read" in result.stderr
    assert json.loads(result.stdout)["file"].endswith("blank.png")


def test_one_bad_file_does_not_stop_the_others(pages, tmp_path, run):
    bad = write(tmp_path / "bad.png", b"\x89PNG\r\n\x1a\n and then nothing")
    files = [
        str(pages / "form.png"),
        str(bad),
        str(pages / "tiny.png"),
        str(tmp_path / "missing.png"),
        str(pages / "blank.png"),
    ]

    result = run("analyze", *files)

    assert result.returncode == 1
    assert [json.loads(line)["file"] for line in result.stdout.splitlines()] == [files[0], files[2], files[4]]
    assert f"{bad}: " in result.stderr and "missing.png: " in result.stderr
    assert "form.png" not in result.stderr


# --- mistakes in the command line: exit status 2 ---


@pytest.mark.parametrize(
    "arguments, named",
    [
        ([], "subcommand"),
        (["analyze"], "FILE"),
        (["analyse", "x.png"], "analyse"),
        (["analyze", "x.png", "--colour"], "--colour"),
        (["analyze", "x.png", "--threshold", "abc"], "threshold"),
        (["analyze", "x.png", "--threshold", "2"], "threshold"),
        (["analyze", "x.png", "--threshold", "-1"], "threshold"),
        (["analyze", "x.png", "--threshold", "nan"], "threshold"),
        (["analyze", "x.png", "--format", "jpeg"], "format"),
        (["analyze", "x.png", "--precision", "int8"], "precision"),
        (["analyze", "x.png", "y.png", "--format", "png"], "folder"),
        (["serve", "--port", "70000"], "port"),
        (["serve", "--max-body-bytes", "-1"], "max-body-bytes"),
    ],
)
def test_explains_a_mistake_in_the_command_line(arguments, named, run):
    result = run(*arguments)

    assert (result.returncode, result.stdout) == (2, "")
    assert named in result.stderr


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["--help"], "Usage: doclayout"),
        (["analyze", "--help"], "--threshold"),
        (["serve", "--help"], "--port"),
        (["--version"], "doclayout "),
    ],
)
def test_help_and_version_are_no_mistakes(arguments, said, run):
    result = run(*arguments)

    assert (result.returncode, result.stderr) == (0, "")
    assert said in result.stdout


# --- a model that cannot be used: exit status 3 ---


def bad_models(tmp_path) -> dict:
    model = (ROOT / ".deps" / "models" / "layout_cdla.onnx").read_bytes()  # the one that is embedded
    return {
        "missing": (tmp_path / "missing.onnx", "No such file"),
        "empty": (write(tmp_path / "empty.onnx", b""), "empty"),
        "truncated": (write(tmp_path / "truncated.onnx", model[: len(model) // 2]), "truncated"),
        "text": (write(tmp_path / "text.onnx", b"This is not a model.\n" * 100), "not an ONNX model"),
        "other-shapes": (
            write(tmp_path / "other_shapes.onnx", documents.with_other_shapes(model)),
            "has the shape [1,7600,32] where its file declares [1,7600,36]",
        ),
        "foreign": (write(tmp_path / "foreign.onnx", documents.foreign_onnx()), "family"),
    }


@pytest.mark.parametrize("kind", ["missing", "empty", "truncated", "text", "other-shapes", "foreign"])
@pytest.mark.parametrize("command", ["analyze", "serve"])
def test_refuses_a_bad_model_and_says_why(command, kind, pages, tmp_path, run):
    model, reason = bad_models(tmp_path)[kind]
    arguments = [pages / "tiny.png"] if command == "analyze" else ["--port", "0", "--host", "127.0.0.1"]

    result = run(command, "--model-path", model, *arguments)

    assert result.returncode == 3
    assert '"ready"' not in result.stdout
    assert str(model) in result.stdout + result.stderr and reason in result.stdout + result.stderr


def test_takes_a_model_from_a_file(pages, analyze_one):
    model = ROOT / ".deps" / "models" / "layout_cdla.onnx"

    answer = analyze_one(pages / "form.png", "--model-path", model)

    assert answer["pages"] == analyze_one(pages / "form.png")["pages"]
    assert answer["model"]["family"] == "picodet"


# --- progress ---


def test_shows_progress_on_a_terminal(binary, pages):
    written = stderr_on_a_terminal(binary, "analyze", pages / "tiny.png", pages / "form.png", pages / "blank.png")

    assert "/3]" in written
    assert "\r" in written and "\n" not in written, "one line, rewritten in place"


def test_shows_no_progress_for_one_file(binary, pages):
    assert stderr_on_a_terminal(binary, "analyze", pages / "tiny.png") == ""


def test_shows_no_progress_in_a_pipe(pages, run):
    assert run("analyze", pages / "tiny.png", pages / "form.png").stderr == ""
