"""`doclayout model list|verify|info`, and a pulled model used by its name."""

from __future__ import annotations

import json
import re

import pytest
from conftest import environment
from model_mirror import DIGEST, MODEL, NAME, PICODET_TABLE, assert_pulled, good, serving


def test_lists_the_catalogue(model, pull, models):
    before = model("list")
    with serving(good) as server:
        pull(server.url)
    after = json.loads(model("list", "--json").stdout)

    assert before.returncode == 0
    assert re.search(r"^picodet-cdla +picodet +7\.1 MiB +in the program$", before.stdout, re.M)
    assert re.search(r"^pp-doclayoutv3 +pp-doclayoutv3 +\? +not pulled$", before.stdout, re.M)
    by_name = {entry["name"]: entry for entry in after}
    assert by_name[NAME]["path"] == str(models / f"{NAME}.onnx")
    assert by_name[NAME]["sha256"] == DIGEST
    assert by_name["picodet-table"]["path"] is None
    assert by_name["picodet-table"]["url"].endswith(PICODET_TABLE)


def test_verifies_what_is_there(model, pull, models):
    with serving(good) as server:
        pull(server.url)
    good_result = model("verify")
    (models / f"{NAME}.onnx").write_bytes(MODEL[:-1] + b"x")
    (models / "picodet-table.onnx").write_bytes(b"")
    bad = model("verify", "--json")

    assert good_result.returncode == 0
    assert good_result.stdout == f"{NAME}: good, {models / NAME}.onnx\n"
    assert bad.returncode == 1
    assert {entry["name"]: entry["status"] for entry in json.loads(bad.stdout)} == {
        NAME: "damaged",
        "picodet-table": "unreadable",
    }


def test_verifies_by_name(model):
    missing = model("verify", "pp-doclayoutv3", NAME)

    assert missing.returncode == 1
    assert missing.stdout.splitlines() == [
        "pp-doclayoutv3: missing: get it with `doclayout model pull pp-doclayoutv3`",
        f"{NAME}: good, in the program",
    ]


def test_describes_the_embedded_model(model):
    text = model("info").stdout
    described = json.loads(model("info", NAME, "--json").stdout)

    assert re.search(r"^family: +picodet$", text, re.M)
    assert re.search(r"^inputs: +image float32 \[1,3,800,608\]$", text, re.M)
    assert re.search(rf"^sha256: +{DIGEST}$", text, re.M)
    assert re.search(r"^labels: +0 text$", text, re.M)
    assert described["sha256"] == DIGEST
    assert described["bytes"] == len(MODEL)
    assert described["inputs"] == [{"name": "image", "type": "float32", "shape": [1, 3, 800, 608]}]
    assert len(described["outputs"]) == 8
    assert described["labels"][5] == "table_caption"
    assert described["opset"] >= 11


def test_describes_a_folder_with_its_settings(model, tmp_path):
    (tmp_path / "inference.onnx").write_bytes(MODEL)
    (tmp_path / "inference.yml").write_text("draw_threshold: 0.25\n")

    assert json.loads(model("info", tmp_path, "--json").stdout)["threshold"] == 0.25


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("label_list: [text]", "10 classes but inference.yml lists 1 labels"),
        ("Preprocess: [{type: Resize, target_size: 640}]", "a height of 640 and a width of 640"),
        ("a: &a [*a]", "an alias stands for what it is itself a part of"),
        ("a: [", "line 1"),
    ],
)
def test_refuses_settings_that_do_not_fit(model, tmp_path, settings, message):
    (tmp_path / "inference.onnx").write_bytes(MODEL)
    (tmp_path / "inference.yml").write_text(settings)

    result = model("info", tmp_path)

    assert result.returncode == 3
    assert message in result.stderr
    assert "inference.yml" in result.stderr


def test_refuses_folders_without_one_graph(model, tmp_path):
    none = model("info", tmp_path)
    (tmp_path / "a.onnx").write_bytes(MODEL)
    (tmp_path / "b.onnx").write_bytes(MODEL)
    several = model("info", tmp_path)

    assert (none.returncode, several.returncode) == (3, 3)
    assert "holds no *.onnx file" in none.stderr
    assert "holds 2 *.onnx files (a.onnx, b.onnx)" in several.stderr


def test_escapes_what_a_file_says_of_itself(model, tmp_path):
    """A label, that is metadata of a downloaded file, may hold anything; a terminal must not obey it."""
    evil = MODEL.replace(b"text\ntitle", b"te\x1bt\ntitle", 1)
    assert evil != MODEL
    (tmp_path / "evil.onnx").write_bytes(evil)

    text = model("info", tmp_path / "evil.onnx").stdout

    assert "\x1b" not in text
    assert r"te\x1bt" in text


def test_a_pulled_model_is_used_by_its_name(model, run, data_home, models, tmp_path, pages):
    with serving(good) as server:
        assert_pulled(model("pull", NAME, "--mirror", server.url), models)
    page = next(iter(sorted(pages.glob("*.png")) + sorted(pages.glob("*.jpg"))))
    result = run("analyze", "--model-path", NAME, page, env=environment() | {"XDG_DATA_HOME": str(data_home)})

    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["model"]["sha256"] == DIGEST
