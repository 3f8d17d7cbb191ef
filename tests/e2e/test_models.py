"""Models that are not as the published ones, through the real program."""

from __future__ import annotations

import resource
import struct

import pytest
from conftest import ROOT

SELECTING = ROOT / "tests/models/selecting/selecting.onnx"
LIBRARY = ROOT / ".deps/onnxruntime"
RUNTIMES = {"openvino": (), "onnxruntime": ("--onnxruntime-path", LIBRARY)}

# As Paddle's exports have it: one table of shapes, written once and meant twice.
SETTINGS = """\
mode: paddle
draw_threshold: 0.5
Hpi:
  backend_configs:
    paddle_infer:
      trt_dynamic_shapes: &id001
        image:
        - - 1
          - 3
          - 64
          - 64
        im_shape:
        - - 1
          - 2
    tensorrt:
      dynamic_shapes: *id001
Global:
  model_name: PP-DocLayoutV3
Preprocess:
- interp: 2
  keep_ratio: false
  target_size: &id002
  - 64
  - 64
  type: Resize
"""


def bmp(grey: int, width: int = 200, height: int = 200) -> bytes:
    pixels = bytes([grey]) * (width * 3) * height  # a row of 600 bytes needs no padding
    header = b"BM" + struct.pack("<IHHI", 54 + len(pixels), 0, 0, 54)
    return header + struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, len(pixels), 2835, 2835, 0, 0) + pixels


@pytest.fixture
def page(tmp_path):
    def write(grey: int):
        path = tmp_path / f"grey{grey}.bmp"
        path.write_bytes(bmp(grey))
        return path

    return write


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_takes_a_model_whose_number_of_rows_depends_on_the_page(analyze_one, page, runtime):
    options = ("--model-path", SELECTING, "--runtime", runtime, *RUNTIMES[runtime])

    found = analyze_one(page(255), *options)["pages"][0]["regions"]

    assert [(region["label"], region["bbox"]) for region in found] == [
        ("table", [10, 120, 60, 180]),
        ("text", [10, 20, 60, 80]),
    ]
    assert analyze_one(page(0), *options)["pages"][0]["regions"] == []


def folder_with(tmp_path, settings: str):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "inference.onnx").write_bytes(SELECTING.read_bytes())
    (folder / "inference.yml").write_text(settings)
    return folder


def test_reads_settings_in_which_one_value_stands_for_two(analyze_one, page, tmp_path):
    folder = folder_with(tmp_path, SETTINGS)

    assert len(analyze_one(page(255), "--model-path", folder)["pages"][0]["regions"]) == 2


@pytest.mark.parametrize("key", ["draw_threshold: {22: 0.5, text: 0.3}", "layout_merge_bboxes_mode: {text: large, 22: small}"])
def test_refuses_settings_that_name_a_class_twice(run, page, tmp_path, key):
    folder = folder_with(tmp_path, key)

    result = run("analyze", "--model-path", folder, page(255))

    assert result.returncode == 3
    assert "names the class 'text' twice, by its name and its number" in result.stderr
    assert "inference.yml" in result.stderr


def test_says_which_class_of_the_model_has_no_label(run, page, tmp_path):
    folder = folder_with(tmp_path, "label_list: [abstract, text, seal]")

    result = run("analyze", "--model-path", folder, page(255))

    assert result.returncode == 1
    assert "the model reports class 22, and there are labels for 0 to 2 only" in result.stderr


def test_says_so_when_the_model_gives_no_numbers(run, page, tmp_path):
    broken = SELECTING.read_bytes().replace(struct.pack("<f", 0.9), struct.pack("<f", float("nan")), 1)
    assert broken != SELECTING.read_bytes()
    path = tmp_path / "broken.onnx"
    path.write_bytes(broken)

    result = run("analyze", "--model-path", path, page(255))

    assert result.returncode == 1
    assert "the model's boxes hold values that are infinite or no numbers" in result.stderr


def test_a_compiled_model_that_may_not_be_written_is_not_kept(run, page, tmp_path):
    """A limit on the size of files sends a signal, which ends a program that does not expect it."""
    limit = resource.RLIMIT_FSIZE
    cache = tmp_path / "cache"
    cache.mkdir()

    result = run(
        "analyze", "--cache-dir", cache, page(255), preexec_fn=lambda: resource.setrlimit(limit, (100_000, 100_000))
    )

    assert result.returncode == 0
    assert "compiled model not kept" in result.stderr
    assert list(cache.iterdir()) == []
