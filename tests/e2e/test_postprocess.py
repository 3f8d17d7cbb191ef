"""`doclayout postprocess`: recorded outputs that are not as they should be are one clear complaint, and never a crash.

That good ones become what the references make of them is shown by tests/postprocess.
"""

from __future__ import annotations

import json
import os
import struct

import numpy as np
import pytest

TEXT = 22
V3 = ("--family", "pp-doclayoutv3", "--width", "100", "--height", "100")
TRANSFORMERS = ("--family", "pp-doclayoutv3-transformers", "--width", "100", "--height", "100")
PICODET = ("--family", "picodet", "--width", "100", "--height", "100")
CELLS = (7600, 1900, 475, 130)  # of PicoDet's levels


def rows(*more: list[float]) -> np.ndarray:
    return np.array([[TEXT, 0.9, 10, 20, 60, 80, 1], *more], dtype=np.float32)


def save(folder, **arrays) -> None:
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)


def queries(count: int = 4, classes: int = 25) -> dict[str, np.ndarray]:
    logits = np.full((count, classes), -9, dtype=np.float32)
    logits[0, min(TEXT, classes - 1)] = 3
    return {
        "logits": logits,
        "pred_boxes": np.full((count, 4), 0.25, dtype=np.float32),
        "order_logits": np.zeros((count, count), dtype=np.float32),
        "out_masks": np.ones((count, 200, 200), dtype=np.float32),
    }


def levels() -> dict[str, np.ndarray]:
    scores = {f"scores_{i}": np.zeros((cells, 10), dtype=np.float32) for i, cells in enumerate(CELLS)}
    return scores | {f"distances_{i}": np.ones((cells, 32), dtype=np.float32) for i, cells in enumerate(CELLS)}


@pytest.fixture
def answer(run, tmp_path):
    """The regions for what lies in `tmp_path`."""

    def replay(*arguments) -> list[dict]:
        result = run("postprocess", *arguments, tmp_path)
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)["pages"][0]["regions"]

    return replay


@pytest.fixture
def complaint(run, tmp_path):
    """The one line that is said about what lies in `tmp_path`, but for the line that tells a wrong command line where help is.
    The exit status must not be that of a signal.
    """

    def replay(*arguments) -> str:
        result = run("postprocess", *arguments, tmp_path)
        assert result.returncode in (1, 2), (result.returncode, result.stdout, result.stderr)
        assert result.stdout == ""
        said, *help_is = result.stderr.splitlines()
        assert help_is in ([], ["Run 'doclayout --help' or 'doclayout COMMAND --help'."]), result.stderr
        return said

    return replay


def test_answers_in_the_shape_of_analyze(run, tmp_path):
    save(tmp_path, boxes=rows(), masks=np.ones((1, 200, 200), dtype=np.uint8))

    result = run("postprocess", *V3, tmp_path)

    assert result.returncode == 0, result.stderr
    document = json.loads(result.stdout)
    assert document["model"]["family"] == "pp-doclayoutv3"
    (page,) = document["pages"]
    assert (page["width"], page["height"], page["order_source"]) == (100, 100, "model")
    (region,) = page["regions"]
    assert region == {
        "id": 0,
        "label": "text",
        "label_id": TEXT,
        "score": 0.9,
        "bbox": [10, 20, 60, 80],
        "polygon": [[10, 20], [60, 20], [60, 80], [10, 80]],
        "order": 1,
    }


@pytest.mark.parametrize("mask_type", [np.uint8, np.int32, np.bool_])
def test_takes_masks_of_each_type(mask_type, answer, tmp_path):
    save(tmp_path, boxes=rows(), masks=np.ones((1, 200, 200), dtype=mask_type))

    assert len(answer(*V3)) == 1


@pytest.mark.parametrize("names", [("logits", "pred_boxes"), ("order_logits",), ("out_masks",)])
def test_a_missing_file_is_named(names, complaint, tmp_path):
    save(tmp_path, **{name: array for name, array in queries().items() if name not in names})

    assert f"{names[0]}.npy" in complaint(*TRANSFORMERS)


def test_a_pipe_is_not_waited_for(complaint, tmp_path):
    os.mkfifo(tmp_path / "boxes.npy")

    assert "boxes.npy: it is not a regular file" in complaint(*V3)


def test_says_what_is_wrong_with_a_file(complaint, tmp_path):
    assert "boxes.npy: it is not there" in complaint(*V3)
    (tmp_path / "boxes.npy").write_bytes(b"")
    assert "boxes.npy: it is empty" in complaint(*V3)


@pytest.mark.parametrize("cells", [0, 50, 100, 400])
def test_masks_of_another_resolution_are_refused(complaint, tmp_path, cells):
    save(tmp_path, boxes=rows(), masks=np.ones((1, cells, cells), dtype=np.uint8))

    assert f"masks have {cells}x{cells} cells and not 200x200" in complaint(*V3)


@pytest.mark.parametrize("family", [V3, PICODET])
def test_an_empty_folder_is_an_error(family, complaint):
    assert ".npy" in complaint(*family)


def test_a_folder_that_is_not_there_is_an_error(run, tmp_path):
    result = run("postprocess", *V3, tmp_path / "nowhere")

    assert result.returncode in (1, 2)
    assert f"'{tmp_path}/nowhere' is not a folder with recorded outputs" in result.stderr


@pytest.mark.parametrize("kind", ["<f8", "<f2", ">f4", "<i8", "<i4", "<c8", "<U3", "<M8[s]"])
def test_boxes_of_another_type_are_refused(kind, complaint, tmp_path):
    np.save(tmp_path / "boxes.npy", np.zeros((1, 7), dtype=kind))

    assert "boxes" in complaint(*V3)


def test_objects_and_records_are_refused(complaint, tmp_path):
    for array in (np.array([[None] * 7]), np.zeros(3, dtype=[("x", "<f4"), ("y", "<f4")])):
        np.save(tmp_path / "boxes.npy", array)
        assert "boxes.npy" in complaint(*V3)


@pytest.mark.parametrize("kind", [np.float32, np.int64, np.uint16])
def test_masks_of_another_type_are_refused(kind, complaint, tmp_path):
    save(tmp_path, boxes=rows(), masks=np.ones((1, 200, 200), dtype=kind))

    assert "masks" in complaint(*V3)


def test_fortran_order_is_refused(complaint, tmp_path):
    save(tmp_path, boxes=np.asfortranarray(rows([TEXT, 0.8, 1, 2, 30, 40, 2])))

    assert "Fortran" in complaint(*V3)


@pytest.mark.parametrize("shape", [(7,), (1, 1, 7), (), (2, 5), (2, 9), (0, 0)])
def test_boxes_of_another_shape_are_refused(shape, complaint, tmp_path):
    save(tmp_path, boxes=np.zeros(shape, dtype=np.float32))

    assert "boxes.npy" in complaint(*V3)


def header(shape: str, kind: str = "<f4", order: str = "False") -> bytes:
    text = f"{{'descr': '{kind}', 'fortran_order': {order}, 'shape': {shape}, }}".encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x93NUM",
        b"\x93NUMPY\x01\x00\xff\xff{",
        b"\x93NUMPY\x09\x00" + header("(1, 7)")[8:],
        b"\x93NUMPY\x02\x00\xff\xff\xff\xff{",
        b"PK\x03\x04" + bytes(200),
        header("(1, 7)"),
        header("(1, 7)") + bytes(27),
        header("(1, 7)") + bytes(29),
        header("(4611686018427387904, 7)") + bytes(28),
        header("(18446744073709551616, 7)") + bytes(28),
        header("(4294967296, 4294967296)") + bytes(28),
        header("(2305843009213693952, 8)"),
        header("(-1, 7)") + bytes(28),
        header("(1, 7") + bytes(28),
        header("(1, 7)", order="Maybe") + bytes(28),
        header("(" + "1, " * 40 + "7)") + bytes(28),
    ],
)
def test_broken_files_are_refused(content, complaint, tmp_path):
    (tmp_path / "boxes.npy").write_bytes(content)

    assert "boxes.npy" in complaint(*V3)


def test_a_huge_shape_without_elements_is_nothing(answer, tmp_path):
    (tmp_path / "boxes.npy").write_bytes(header("(0, 7)"))

    assert answer(*V3) == []


@pytest.mark.parametrize("count", [0, 1, 3])
def test_masks_must_be_as_many_as_boxes(count, complaint, tmp_path):
    save(tmp_path, boxes=rows([TEXT, 0.8, 1, 2, 30, 40, 2]), masks=np.ones((count, 200, 200), dtype=np.uint8))

    assert "masks" in complaint(*V3)


@pytest.mark.parametrize("shape", [(1, 200), (1, 200, 200, 1), (200, 200)])
def test_masks_of_another_rank_are_refused(shape, complaint, tmp_path):
    save(tmp_path, boxes=rows(), masks=np.ones(shape, dtype=np.uint8))

    assert "masks" in complaint(*V3)


@pytest.mark.parametrize("size", [(1, 1), (13, 7), (400, 400), (0, 200)])
def test_masks_of_another_resolution_are_no_crash(size, run, tmp_path):
    save(tmp_path, boxes=rows(), masks=np.ones((1, *size), dtype=np.uint8))

    assert run("postprocess", *V3, tmp_path).returncode in (0, 1, 2)


@pytest.mark.parametrize(
    "name, shape",
    [
        *(("pred_boxes", (4, 5)), ("pred_boxes", (3, 4)), ("order_logits", (4, 3)), ("order_logits", (5, 5))),
        *(("out_masks", (3, 200, 200)), ("out_masks", (4, 200)), ("logits", (4,)), ("logits", (4, 7))),
    ],
)
def test_queries_that_do_not_fit_are_refused(name, shape, complaint, tmp_path):
    save(tmp_path, **queries() | {name: np.zeros(shape, dtype=np.float32)})

    assert complaint(*TRANSFORMERS)


@pytest.mark.parametrize("name, shape", [("scores_1", (1899, 10)), ("scores_2", (475, 9)), ("distances_3", (130, 31))])
def test_cells_that_do_not_fit_are_refused(name, shape, complaint, tmp_path):
    save(tmp_path, **levels() | {name: np.zeros(shape, dtype=np.float32)})

    assert complaint(*PICODET)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("column", range(6))
def test_rows_that_are_not_finite_are_an_error(column, odd, complaint, tmp_path):
    bad = [TEXT, 0.8, 1, 2, 30, 40, 2]
    bad[column] = odd
    save(tmp_path, boxes=rows(bad), masks=np.ones((2, 200, 200), dtype=np.uint8))

    assert "the model's boxes hold values that are infinite or no numbers" in complaint(*V3)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf, 1e30, -1e30])
def test_an_order_may_be_anything(odd, answer, tmp_path):
    save(tmp_path, boxes=rows([TEXT, 0.8, 1, 2, 30, 40, odd]))

    assert len(answer(*V3)) == 2


@pytest.mark.parametrize("column", range(1, 6))
@pytest.mark.parametrize("odd", [1e30, -1e30])
def test_rows_of_absurd_numbers_are_no_crash(column, odd, answer, tmp_path):
    bad = [TEXT, 0.8, 1, 2, 30, 40, 2]
    bad[column] = odd
    save(tmp_path, boxes=rows(bad), masks=np.ones((2, 200, 200), dtype=np.uint8))

    regions = answer(*V3)

    assert [10, 20, 60, 80] in [region["bbox"] for region in regions]
    assert all(
        np.isfinite([*region["bbox"], region["score"], *np.ravel(region["polygon"])]).all() for region in regions
    )


@pytest.mark.parametrize("label", [-1, -5, -1e30])
def test_rows_that_stand_for_nothing_are_left_out(label, answer, tmp_path):
    save(tmp_path, boxes=rows([label, 0.8, 1, 2, 30, 40, 2]))

    assert len(answer(*V3)) == 1


@pytest.mark.parametrize("label", [25, 1e6, 3e9, 1e30])
def test_rows_of_no_class_are_an_error(label, complaint, tmp_path):
    save(tmp_path, boxes=rows([label, 0.8, 1, 2, 30, 40, 2]))

    said = complaint(*V3)

    assert "the model reports class " in said
    assert "there are labels for 0 to 24 only" in said


@pytest.mark.parametrize("label", [25, 3e9])
def test_rows_of_no_class_below_the_threshold_are_left_out(label, answer, tmp_path):
    save(tmp_path, boxes=rows([label, 0.1, 1, 2, 30, 40, 2]))

    assert len(answer(*V3)) == 1


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["logits", "pred_boxes", "order_logits"])
def test_queries_that_are_not_finite_are_an_error(name, odd, complaint, tmp_path):
    arrays = queries()
    arrays[name].flat[:2] = odd
    save(tmp_path, **arrays)

    assert "hold values that are infinite or no numbers" in complaint(*TRANSFORMERS)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_masks_that_are_not_finite_are_no_crash(odd, answer, tmp_path):
    arrays = queries()
    arrays["out_masks"].flat[:2] = odd
    save(tmp_path, **arrays)

    assert len(answer(*TRANSFORMERS)) <= 4


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["scores_3", "distances_2"])
def test_cells_that_are_not_finite_are_an_error(name, odd, complaint, tmp_path):
    arrays = levels()
    arrays["scores_2"][50, 2] = 0.8
    arrays[name][50] = odd
    save(tmp_path, **arrays)

    assert "hold values that are infinite or no numbers" in complaint(*PICODET)


@pytest.mark.parametrize(
    "arguments, named",
    [
        (["--family", "yolo", "--width", "9", "--height", "9"], "family"),
        (["--width", "9", "--height", "9"], "--family"),
        (["--family", "pp-doclayoutv3", "--height", "9"], "--width"),
        (["--family", "pp-doclayoutv3", "--width", "0", "--height", "9"], "--width"),
        (["--family", "pp-doclayoutv3", "--width", "-4", "--height", "9"], "--width"),
        (["--family", "pp-doclayoutv3", "--width", "9", "--height", "99999999999999"], "--height"),
        ([*V3, "--class-threshold", "nothing:0.5"], "nothing"),
        ([*V3, "--class-threshold", "25:0.5"], "25"),
        ([*V3, "--class-threshold", "-1:0.5"], "-1"),
        ([*V3, "--class-threshold", "22"], "22"),
        ([*V3, "--class-threshold", "22:2"], "2"),
        ([*V3, "--class-threshold", "22:nan"], "nan"),
        ([*V3, "--class-merge", "99:large"], "99"),
        ([*V3, "--class-merge", "22:huge"], "huge"),
        ([*V3, "--class-unclip", "caption:1.1x1.1"], "caption"),
        ([*V3, "--class-unclip", "22:1.1x"], "22"),
        ([*V3, "--unclip", "inf"], "inf"),
        ([*V3, "--unclip", "1,2,3"], "1,2,3"),
        ([*V3, "--threshold", "1.5"], "threshold"),
        ([*V3, "--shape", "circle"], "circle"),
        ([*V3, "--merge", "most"], "most"),
        ([*TRANSFORMERS, "--labels", "a,b"], "2 labels"),
        ([*PICODET, "--labels", "a,b"], "2 labels"),
        ([*PICODET, "--merge", "large"], "merge"),
    ],
)
def test_what_cannot_be_asked_for_is_named(arguments, named, complaint, tmp_path):
    save(tmp_path, boxes=rows(), **queries(), **levels())

    assert named in complaint(*arguments)


def test_takes_the_labels_that_are_given(answer, tmp_path):
    save(tmp_path, boxes=np.array([[1, 0.8, 1, 2, 30, 40, 2]], dtype=np.float32))

    assert [region["label"] for region in answer(*V3, "--labels", "a,b")] == ["b"]
