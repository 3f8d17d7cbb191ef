"""The parity proof: on every page the binary finds what rapid-layout 1.2.1 finds, run here and now on the same file."""

from __future__ import annotations

import json
import pathlib
import subprocess

import pytest
from compare import Found, differences

# Pages on which the two are meant to differ, by file name, with the reason. A page here must really differ: an entry
# that is no longer needed fails. (A page with transparency would belong here: we lay it on white, the reference on
# black or white, whichever is further from the page's mean luminance. There is none among the project's pages.)
DELIBERATE: dict[str, str] = {}


def run_reference(reference, page: pathlib.Path) -> tuple[tuple[int, int], list[Found]]:
    answer = reference(str(page))
    height, width = answer.img.shape[:2]
    regions = zip(answer.class_names, answer.scores, answer.boxes)
    return (width, height), [Found(label, score, tuple(box)) for label, score, box in regions]


def run_binary(binary: pathlib.Path, page: pathlib.Path) -> dict:
    command = [binary, "analyze", str(page), "--format", "json"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, f"exit status {run.returncode}: {run.stderr}"
    return json.loads(run.stdout)


def test_finds_the_same(page, binary, reference):
    size, expected = run_reference(reference, page)

    ours = run_binary(binary, page)["pages"][0]  # of a document with several pages the reference reads the first

    actual = [Found(region["label"], region["score"], tuple(region["bbox"])) for region in ours["regions"]]
    found = list(differences(expected, actual))
    if (ours["width"], ours["height"]) != size:
        found.insert(0, f"size {ours['width']} x {ours['height']}, the reference has {size[0]} x {size[1]}")
    if page.name in DELIBERATE:
        assert found, f"{page.name} no longer differs from the reference; take it out of DELIBERATE"
        return
    assert not found, f"{page.name}: {len(found)} differences from the reference\n  " + "\n  ".join(found)


def test_the_pages_are_worth_comparing(reference):
    """The model finds most of its labels on the project's own pages: a comparison of empty lists proves nothing."""
    folder = pathlib.Path(__file__).resolve().parents[1] / "pages"
    found = {
        name: run_reference(reference, folder / name)[1]
        for name in ("paper_two_columns.png", "paper_table_middle.jpg", "chinese.png", "blank.png")
    }

    assert {region.label for regions in found.values() for region in regions} >= {
        "text",
        "title",
        "figure",
        "figure_caption",
        "table",
        "table_caption",
        "header",
        "footer",
        "reference",
    }
    assert not found["blank.png"]


@pytest.mark.parametrize("threshold", ["0.3", "0.8"])
def test_follows_the_threshold(threshold, binary):
    from rapid_layout import RapidLayout

    page = pathlib.Path(__file__).resolve().parents[1] / "pages" / "form.png"
    _, expected = run_reference(RapidLayout(conf_thresh=float(threshold)), page)
    command = [binary, "analyze", str(page), "--threshold", threshold]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)

    regions = json.loads(run.stdout)["pages"][0]["regions"]

    assert not list(differences(expected, [Found(r["label"], r["score"], tuple(r["bbox"])) for r in regions]))
