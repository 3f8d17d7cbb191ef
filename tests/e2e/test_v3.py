"""PP-DocLayoutV3 from JPEG to polygons: the exact network with seeded weights, in two contracts and two runtimes.

It finds nothing that a person would see on a page; what it gives has to be the same from run to run.
"""

import json
import shutil
import subprocess

import pytest
from conftest import PAGES, ROOT
from regions import share_found_again

PAGE = PAGES / "paper_table_middle.jpg"
ONNXRUNTIME = ROOT / ".deps/onnxruntime"


@pytest.fixture(scope="module")
def v3(binary, tmp_path_factory):
    """The folder of the models; their weights are made from rules."""
    folder = tmp_path_factory.mktemp("v3")
    subprocess.run([binary.parent / "doclayout_v3_model", folder], check=True, stdout=subprocess.DEVNULL)
    return folder


@pytest.fixture(scope="module")
def official(analyze_one, v3):
    return analyze_one(PAGE, "--model-path", v3 / "official.onnx")


def regions(answer):
    (page,) = answer["pages"]
    return page["regions"]


def test_official_contract_gives_polygons_and_an_order(official):
    assert official["model"]["family"] == "pp-doclayoutv3"
    (page,) = official["pages"]
    assert page["order_source"] == "model"
    found = page["regions"]
    assert len(found) >= 20
    assert any(len(region["polygon"]) > 4 for region in found)
    for region in found:
        assert all(isinstance(value, int) for value in region["bbox"])
        x1, y1, x2, y2 = region["bbox"]
        assert 0 <= x1 < x2 <= page["width"] and 0 <= y1 < y2 <= page["height"]
        assert region["score"] > 0.3
    orders = [region["order"] for region in found if region["order"] is not None]
    assert orders == list(range(1, len(orders) + 1))
    unordered = {region["label"] for region in found if region["order"] is None}
    assert unordered <= {
        *("figure_title", "vision_footnote", "image", "chart", "table", "header", "header_image", "footer"),
        *("footer_image", "footnote", "aside_text"),
    }


def test_transformers_contract_finds_the_same(analyze_one, v3, official):
    answer = analyze_one(PAGE, "--model-path", v3 / "transformers.onnx")

    assert answer["pages"][0]["order_source"] == "model"
    assert share_found_again(regions(official), regions(answer)) >= 0.9
    assert share_found_again(regions(answer), regions(official)) >= 0.9
    assert any(len(region["polygon"]) > 4 for region in regions(answer))


def test_onnx_runtime_finds_the_same_as_openvino(analyze_one, v3, official):
    options = ("--runtime", "onnxruntime", "--onnxruntime-path", ONNXRUNTIME)

    answer = analyze_one(PAGE, "--model-path", v3 / "official.onnx", *options)

    assert share_found_again(regions(official), regions(answer)) >= 0.97
    assert share_found_again(regions(answer), regions(official)) >= 0.97


def test_a_folder_with_settings_is_a_model(analyze_one, v3, official, tmp_path):
    for name in ("official.onnx", "weights.bin"):
        (tmp_path / name).hardlink_to(v3 / name)
    labels = [f"label_{index}" for index in range(25)]
    settings = {
        "Global": {"model_name": "PP-DocLayoutV3"},
        "draw_threshold": 0.45,
        "label_list": labels,
        "Preprocess": [
            {"type": "Resize", "interp": 2, "keep_ratio": False, "target_size": [800, 800]},
            {"type": "NormalizeImage", "mean": [0.0, 0.0, 0.0], "std": [1.0, 1.0, 1.0], "norm_type": "none"},
            {"type": "Permute"},
        ],
    }
    (tmp_path / "inference.yml").write_text(json.dumps(settings))  # JSON is YAML

    answer = analyze_one(PAGE, "--model-path", tmp_path)

    found = regions(answer)
    assert {region["label"] for region in found} <= set(labels)
    assert all(region["score"] > 0.45 for region in found)
    assert 0 < len(found) < len(regions(official))


def test_a_kept_model_gives_the_same_answer(run, v3, official, tmp_path):
    def analyze():
        done = run("analyze", PAGE, "--model-path", v3 / "official.onnx", "--cache-dir", tmp_path)
        assert done.returncode == 0, done.stderr
        return regions(json.loads(done.stdout)), done.stderr

    first, _ = analyze()
    (kept,) = tmp_path.iterdir()
    warm, warm_note = analyze()
    content = bytearray(kept.read_bytes())
    content[len(content) // 2] ^= 1
    kept.write_bytes(content)
    mended, mended_note = analyze()

    assert first == warm == mended == regions(official)
    assert warm_note == ""
    assert mended_note != "", "a damaged cache is worth a word"
    assert list(tmp_path.iterdir()) == [kept]
    assert kept.read_bytes() != content


def test_a_cache_that_cannot_be_kept_is_no_failure(run, tmp_path):
    (tmp_path / "file").write_text("")

    done = run("analyze", PAGE, "--cache-dir", tmp_path / "file")

    assert done.returncode == 0
    assert regions(json.loads(done.stdout))
    assert str(tmp_path / "file") in done.stderr


def test_weights_that_are_missing_are_named(run, v3, tmp_path):
    shutil.copy(v3 / "official.onnx", tmp_path)

    done = run("analyze", PAGE, "--model-path", tmp_path / "official.onnx")

    assert done.returncode == 3
    assert "weights.bin" in done.stderr


def test_a_gpu_that_cannot_be_had_is_an_error_and_never_a_silent_cpu(run):
    done = run("analyze", PAGE, "--device", "gpu")

    assert done.returncode == 3
    assert done.stdout == ""
    assert "libcuda.so.1" in done.stderr or "libonnxruntime" in done.stderr


def test_onnx_runtime_that_is_not_there_is_named(run, tmp_path):
    (tmp_path / "libonnxruntime.so").write_text("no library")

    broken = run("analyze", PAGE, "--runtime", "onnxruntime", "--onnxruntime-path", tmp_path / "libonnxruntime.so")
    missing = run("analyze", PAGE, "--runtime", "onnxruntime", "--onnxruntime-path", tmp_path / "none")

    assert (broken.returncode, missing.returncode) == (3, 3)
    assert str(tmp_path) in broken.stderr and str(tmp_path / "none") in missing.stderr


def test_serve_takes_its_parameters(serve_with, v3):
    service = serve_with("--model-path", v3 / "official.onnx", "--streams", "1")
    page = PAGE.read_bytes()

    def post(query):
        answer = service.analyze(page, query=query)
        assert answer.status == 200, answer.body
        return regions(answer.json())

    by_default = post("")
    rects = post("?shape=rect")
    label = by_default[0]["label"]
    without = post(f"?class_threshold={label}:1")
    unknown = service.analyze(page, query="?class_threshold=nonsense:0.5")

    assert any(len(region["polygon"]) > 4 for region in by_default)
    assert all(len(region["polygon"]) == 4 for region in rects)
    assert [r["label"] for r in without] and label not in {region["label"] for region in without}
    assert "nonsense" in unknown.assert_problem(400, "bad_parameter")["detail"]
    drawn = service.analyze(page, query="?format=png")
    assert drawn.status == 200 and drawn.body.startswith(b"\x89PNG")
