"""`decode=fast`: large JPEG pages decoded to as many pixels as the model looks at, by query, option and flag."""

from __future__ import annotations

import io
import json

import pytest
from conftest import PAGES
from PIL import Image
from regions import share_found_again

PAGE = PAGES / "scan_200dpi.jpg"
SIZE = (1653, 2339)
# Further apart than docs/performance.md says that they are.
LEAST_SCORE, LEAST_OVERLAP = 0.8, 0.8


@pytest.fixture(scope="module")
def page() -> bytes:
    return PAGE.read_bytes()


@pytest.fixture(scope="module")
def exact(analyze_one) -> dict:
    return analyze_one(PAGE)["pages"][0]


@pytest.fixture(scope="module")
def fast(analyze_one) -> dict:
    return analyze_one(PAGE, "--decode", "fast")["pages"][0]


def confident(page: dict) -> list[dict]:
    return [region for region in page["regions"] if region["score"] >= LEAST_SCORE]


def test_finds_what_exact_decoding_finds(exact, fast):
    assert len(confident(exact)) >= 9
    assert share_found_again(confident(exact), fast["regions"], LEAST_OVERLAP) == 1
    assert share_found_again(confident(fast), exact["regions"], LEAST_OVERLAP) == 1


def test_measures_in_pixels_of_the_page(exact, fast):
    for page in (exact, fast):
        assert (page["width"], page["height"], page["dpi"]) == (*SIZE, 200)
    assert fast["regions"] != exact["regions"], "nothing was decoded in another way"
    assert max(region["bbox"][3] for region in fast["regions"]) > SIZE[1] / 2


def test_draws_on_the_whole_page(serve, run, page, tmp_path):
    drawn = tmp_path / "drawn.png"
    assert run("analyze", PAGE, "--decode", "fast", "--format", "png", "-o", drawn).returncode == 0
    answer = serve.analyze(page, query="?decode=fast&format=png")

    assert Image.open(drawn).size == SIZE
    assert answer.status == 200
    assert Image.open(io.BytesIO(answer.body)).size == SIZE


def test_is_exact_unless_asked(serve, page, exact, fast):
    assert serve.analyze(page).json()["pages"] == [exact]
    assert serve.analyze(page, query="?decode=exact").json()["pages"] == [exact]
    assert serve.analyze(page, query="?decode=fast").json()["pages"] == [fast]


def test_can_be_the_default_of_a_service(serve_with, page, exact, fast):
    service = serve_with("--decode", "fast", "--answer-cache-bytes", 1 << 20)

    answers = [service.analyze(page, query=query) for query in ("", "?decode=exact", "?decode=fast", "")]

    assert [answer.json()["pages"][0] for answer in answers] == [fast, exact, fast, fast]
    # Never the answer of the other way.
    assert [answer.headers["x-cache"] for answer in answers] == ["miss", "miss", "miss", "hit"]


@pytest.mark.parametrize("name", ["huge_600dpi.png", "newspaper_three_columns.jpg", "two_pages.tif", "slide_figures.webp"])
def test_changes_nothing_where_it_cannot_help(analyze_one, pages, name):
    """Other formats, and a JPEG whose half is less than the model looks at."""
    assert analyze_one(pages / name, "--decode", "fast")["pages"] == analyze_one(pages / name)["pages"]


def test_a_page_that_lies_on_its_side_is_turned_and_reduced(analyze_one, tmp_path, fast):
    lying = tmp_path / "lying.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.open(PAGE).transpose(Image.Transpose.ROTATE_90).save(lying, quality=95, exif=exif)

    page = analyze_one(lying, "--decode", "fast")["pages"][0]

    assert (page["width"], page["height"], page["rotation"]) == (*SIZE, 90)
    assert share_found_again(confident(fast), page["regions"], LEAST_OVERLAP) == 1


def test_another_word_is_refused(serve, page, run):
    answer = serve.analyze(page, query="?decode=quick")
    refused = run("analyze", PAGE, "--decode", "quick")

    assert answer.status == 400
    assert json.loads(answer.body)["code"] == "bad_parameter"
    assert "'quick'; allowed is exact or fast" in answer.json()["detail"]
    assert refused.returncode == 2
    assert "quick" in refused.stderr and "exact" in refused.stderr
