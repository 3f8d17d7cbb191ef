"""The order of regions on pages of several columns, against what a person wrote down (tests/golden/reading_order)."""

from __future__ import annotations

import json
import os
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = {
    "pages": ROOT / "tests" / "pages",
    "corpus": pathlib.Path(os.environ.get("DOCLAYOUT_CORPUS") or ROOT.parent / "shared" / "corpus"),
}


def golden_pages() -> list[pathlib.Path]:
    """The files whose page is there: the corpus need not be."""
    files = sorted((ROOT / "tests" / "golden" / "reading_order").glob("*.json"))
    return [file for file in files if page_of(json.loads(file.read_text())).exists()]


def page_of(golden: dict) -> pathlib.Path:
    return FOLDERS[golden["folder"]] / golden["page"]


def shared_area(a: list[float], b: list[float]) -> float:
    return max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))


def area(box: list[float]) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def block_of(region: dict, blocks: list[dict]) -> int | None:
    """The block that holds most of the region; none when no block holds half of it."""
    shares = [shared_area(region["bbox"], block["box"]) / max(area(region["bbox"]), 1e-6) for block in blocks]
    best = max(range(len(blocks)), key=lambda i: (shares[i], -area(blocks[i]["box"])))
    return best if shares[best] >= 0.5 else None


def describe(index: int, blocks: list[dict]) -> str:
    return f"block {index + 1} ({blocks[index]['label']} at {blocks[index]['box']})"


@pytest.mark.parametrize("file", golden_pages(), ids=lambda file: file.stem)
def test_reads_as_a_person(file, analyze_one):
    golden = json.loads(file.read_text())
    blocks = golden["blocks"]

    page = analyze_one(page_of(golden))["pages"][0]

    assert [page["width"], page["height"]] == golden["size"], "the golden file belongs to another drawing of this page"
    assert page["order_source"] == "xy_cut"
    regions = [region for region in page["regions"] if region["order"] is not None]
    assert [region["order"] for region in regions] == list(range(1, len(regions) + 1)), "regions come in reading order"

    assigned = [(region, block_of(region, blocks)) for region in regions]
    unknown = [f"{region['label']} at {region['bbox']}" for region, block in assigned if block is None]
    assert not unknown, f"regions that are no block of the page: {unknown}"
    slips = [
        f"{describe(later, blocks)} is read before {describe(earlier, blocks)}"
        for (_, later), (_, earlier) in zip(assigned, assigned[1:])
        if later > earlier
    ]
    assert not slips, "\n".join(slips)
    found = {block for _, block in assigned}
    missed = [describe(i, blocks) for i in range(len(blocks)) if i not in found]
    assert len(missed) <= len(blocks) * 0.15, f"too little was found to judge the order: {missed}"


def test_there_are_golden_pages():
    """At least five of the project's own, so that an empty folder does not pass for proof."""
    own = [file for file in golden_pages() if json.loads(file.read_text())["folder"] == "pages"]

    assert len(own) >= 5
