"""`doclayout model quantize`: makes an INT8 model that loads like any other, and says how well it agrees."""

import re
import shutil
import subprocess

import pytest
from conftest import PAGES, ROOT

MODEL = ROOT / ".deps/models/layout_cdla.onnx"
ENVIRONMENT = ROOT / ".deps/venv/quantize"


@pytest.fixture(scope="module")
def quantize(run):
    def quantize_model(folder, output, *options, model=MODEL, environment=ENVIRONMENT):
        where = ("--pages", folder, "-o", output, "--environment", environment)
        return run("model", "quantize", model, *where, *options, timeout=300)

    return quantize_model


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Of three pages."""
    folder = tmp_path_factory.mktemp("pages")
    for name in ("invoice_table.png", "paper_table_middle.jpg", "paper_two_columns.png"):
        shutil.copy(PAGES / name, folder)
    return folder


def test_makes_a_model_that_loads_like_any_other_and_compares_it(quantize, analyze_one, folder, tmp_path):
    output = tmp_path / "int8.onnx"

    done = quantize(folder, output)

    assert done.returncode == 0, done.stderr
    assert output.stat().st_size < MODEL.stat().st_size / 2
    assert [path.name for path in tmp_path.iterdir()] == ["int8.onnx"]
    assert "calibrating with 2 pages, holding 1 back" in done.stderr
    assert "agreement on 1 pages held back" in done.stdout
    # Of a page that the model was not calibrated with, and of regions that are there: not only numbers of the right form.
    assert int(re.search(r"regions, float32 +(\d+)", done.stdout)[1]) >= 5
    assert int(re.search(r"regions, INT8 +(\d+)", done.stdout)[1]) >= 3
    assert float(re.search(r"found again +([\d.]+) %", done.stdout)[1]) >= 25

    answer = analyze_one(PAGES / "paper_table_middle.jpg", "--model-path", output)
    assert answer["model"]["family"] == "picodet"
    assert answer["model"]["name"] == "int8"
    assert answer["pages"][0]["regions"]


def test_reads_weights_from_files_beside_the_graph(quantize, folder, tmp_path):
    """As PP-DocLayoutV3 is published, and as onnx.save_model() writes large models."""
    model = tmp_path / "split" / "model.onnx"
    model.parent.mkdir()
    split = (
        "import onnx, sys; "
        "onnx.save_model(onnx.load(sys.argv[1]), sys.argv[2], save_as_external_data=True, location='weights.bin', "
        "convert_attribute=True)"
    )
    subprocess.run([ENVIRONMENT / "bin/python", "-c", split, MODEL, model], check=True)
    assert (model.parent / "weights.bin").stat().st_size > model.stat().st_size
    output = tmp_path / "int8.onnx"

    done = quantize(folder, output, model=model)

    assert done.returncode == 0, done.stderr
    assert int(re.search(r"regions, INT8 +(\d+)", done.stdout)[1]) >= 3
    # The result needs no other file.
    assert sorted(path.name for path in tmp_path.iterdir()) == ["int8.onnx", "split"]
    assert output.stat().st_size < (model.parent / "weights.bin").stat().st_size / 2


def test_keeps_nodes_in_float32_on_request(quantize, folder, tmp_path):
    output = tmp_path / "float.onnx"

    done = quantize(folder, output, "--keep-float", ".*")

    assert done.returncode == 0, done.stderr
    assert re.search(r"found again +100.0 %", done.stdout), done.stdout


def test_says_that_the_environment_is_not_there(quantize, folder, tmp_path):
    done = quantize(folder, tmp_path / "int8.onnx", environment=tmp_path / "none")

    assert done.returncode == 1
    assert "is none; --install makes it" in done.stderr
    assert not (tmp_path / "none").exists()


def test_needs_pages(quantize, tmp_path):
    (tmp_path / "pages").mkdir()
    shutil.copy(PAGES / "form.png", tmp_path / "pages")

    done = quantize(tmp_path / "pages", tmp_path / "int8.onnx")

    assert done.returncode == 1
    assert "holds 1 pages" in done.stderr and "at least 2 are needed" in done.stderr
    assert not (tmp_path / "int8.onnx").exists()


def test_names_a_page_that_cannot_be_decoded(quantize, folder, tmp_path):
    shutil.copytree(folder, tmp_path / "pages")
    (tmp_path / "pages/aaa.png").write_text("no picture")

    done = quantize(tmp_path / "pages", tmp_path / "int8.onnx")

    assert done.returncode == 1
    assert "aaa.png' cannot be decoded" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "int8.onnx").exists()


def test_refuses_an_output_that_cannot_be(quantize, folder, tmp_path):
    into_folder = quantize(folder, tmp_path)
    into_nowhere = quantize(folder, tmp_path / "none/int8.onnx")

    assert (into_folder.returncode, into_nowhere.returncode) == (2, 2)
    assert "is a folder; name a file" in into_folder.stderr
    assert "does not exist" in into_nowhere.stderr
