"""What many of the pages have in common: their size and folder, heads, columns, titles."""

from __future__ import annotations

import pathlib

from typesetting import Columns, Sheet

FOLDER = pathlib.Path(__file__).parent
DPI = 110

STATIONS = [
    ["Harbour", "First year", "Pages", "Errors", "Rise (mm/a)"],
    ["Northquay", "1840", "3120", "27", "1.4"],
    ["Oldhaven", "1846", "2874", "31", "1.8"],
    ["Saltmouth", "1851", "2960", "12", "1.7"],
    ["Greywater", "1867", "2215", "19", "1.9"],
    ["All", "1840", "11169", "89", "1.7"],
]


def save(sheet: Sheet, name: str, **options):
    image = sheet.image
    if image.mode == "L" and name.endswith((".png", ".tif")):
        # 16 greys look the same and compress to half.
        image = image.point([round(value / 17) * 17 for value in range(256)])
    image.save(FOLDER / name, dpi=(sheet.dpi, sheet.dpi), **options)


def page_number(sheet: Sheet, text: str, y: float = 812):
    sheet.centred(y, text, "serif", 9)


def running_head(sheet: Sheet, left: str, right: str, font: str = "serif-italic"):
    sheet.text(56, 44, left, font, 8.5)
    sheet.text(539, 44, right, font, 8.5, anchor="rs")


def two_columns(sheet: Sheet, top: float, bottom: float = 790) -> Columns:
    return Columns(sheet, [56, 306], 233, top, bottom)


def title_block(sheet: Sheet, y: float, lines: list[str], authors: str, place: str) -> float:
    for line in lines:
        y = sheet.centred(y, line, "serif-bold", 18)
    y = sheet.centred(y + 6, authors, "serif", 11)
    return sheet.centred(y, place, "serif-italic", 9.5) + 8
