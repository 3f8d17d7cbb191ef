"""What the parity proof runs on: the binary, the pages and the reference."""

import os
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "postprocess"))  # the cases and their replay, which need no reference
PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp"}


def pictures_in(folder: pathlib.Path) -> list[pathlib.Path]:
    return sorted(path for path in folder.iterdir() if path.suffix in PICTURES) if folder.is_dir() else []


def pages() -> list[pathlib.Path]:
    """The project's own pages, and those of the corpus where there is one."""
    own = pictures_in(ROOT / "tests" / "pages")
    assert len(own) >= 12, "tests/pages is incomplete: python3 tests/pages/draw_pages.py draws it"
    corpus = pathlib.Path(os.environ.get("DOCLAYOUT_CORPUS") or ROOT.parent / "shared" / "corpus")
    return own + pictures_in(corpus)


def pytest_generate_tests(metafunc):
    if "page" in metafunc.fixturenames:
        metafunc.parametrize("page", pages(), ids=lambda path: f"{path.parent.name}/{path.name}")


@pytest.fixture(scope="session")
def binary() -> pathlib.Path:
    path = pathlib.Path(os.environ.get("DOCLAYOUT_BIN") or ROOT / "build" / "release" / "doclayout").resolve()
    assert path.is_file(), f"there is no program at {path}: build it, or set DOCLAYOUT_BIN"
    return path


@pytest.fixture(scope="session")
def reference():
    """RapidLayout with its own model and its own defaults: score 0.5, IoU 0.5."""
    from PIL import Image
    from rapid_layout import RapidLayout

    Image.MAX_IMAGE_PIXELS = None  # ours are known; the reference itself sets no limit
    return RapidLayout()
