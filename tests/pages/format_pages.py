"""Pages for the formats of files: turned, tiny, huge, of one bit a pixel, several in one file."""

from __future__ import annotations

import random

from PIL import Image

import texts
from figures import level, line_chart, neighbour
from page_parts import FOLDER, STATIONS, page_number, running_head, save
from typesetting import A4, Sheet, table


def blank():
    save(Sheet(A4, 72), "blank.png", optimize=True)


def report_sheet(dpi: float, mode: str = "L", bilevel: bool = False) -> Sheet:
    """One column with everything in it: a page for the formats."""
    sheet = Sheet(A4, dpi, mode, bilevel)
    running_head(sheet, "Harbour Office of Saltmouth", "Yearly report 2023", "sans")
    y = 70.0
    sheet.text(72, y + 16, "3  The gauge in 2023", "sans-bold", 16)
    y += 32
    for number in (14, 9):
        y, _ = sheet.paragraph(72, y, 451, texts.PAPER[number], "serif", 11, leading=1.3)
        y += 8
    line_chart(sheet, 110, y + 6, 375, 150, series=[level, neighbour], labels=("year", "cm"), size=8)
    y = sheet.centred(y + 162, "Figure 4: Yearly means at Saltmouth and Oldhaven.", "serif", 9.5) + 10
    y, _ = sheet.paragraph(72, y, 451, texts.PAPER[8], "serif", 11, leading=1.3)
    y = sheet.centred(y + 10, "Table 2: Readings of the four harbours.", "serif", 9.5) + 4
    y = table(sheet, 92, y, 411, STATIONS, shares=[2, 1.3, 1.1, 1.1, 1.4], size=10, row_height=18) + 14
    sheet.paragraph(72, y, 451, texts.PAPER[11], "serif", 11, leading=1.3)
    page_number(sheet, "14")
    return sheet


def rotated():
    """Stored lying on its side, as a telephone stores it: EXIF orientation 6 says to turn it clockwise."""
    upright = report_sheet(96).image
    exif = Image.Exif()
    exif[0x0112] = 6
    upright.transpose(Image.Transpose.ROTATE_90).save(
        FOLDER / "rotated_exif6.jpg", quality=70, optimize=True, exif=exif, dpi=(96, 96)
    )


def tiny():
    sheet = Sheet((64, 48), 72)
    sheet.text(32, 12, "Tide", "sans-bold", 9, anchor="ms")
    for y in range(18, 44, 4):
        sheet.line(6, y, 58 if y < 42 else 30, y, 1, "#505050")
    save(sheet, "tiny.png", optimize=True)


def huge():
    save(report_sheet(600, "1", bilevel=True), "huge_600dpi.png", optimize=True)


def scan():
    """As a scanner gives an A4 page at 200 dpi: far more pixels than a model looks at, and grain on its paper."""
    clean = report_sheet(200, "RGB").image
    grain = Image.frombytes("L", clean.size, random.Random(200).randbytes(clean.width * clean.height))
    noisy = Image.blend(clean, grain.convert("RGB"), 0.04)
    noisy.save(FOLDER / "scan_200dpi.jpg", quality=80, optimize=True, dpi=(200, 200))


def letter():
    sheet = Sheet(A4, 100, "1", bilevel=True)
    for number, line in enumerate(["Harbour Office", "1 Quay Street", "Saltmouth SM1 1AB"]):
        sheet.text(539, 70 + number * 14, line, "serif", 11, anchor="rs")
    for number, line in enumerate(["Mr Jonas Pell", "27 Ropewalk", "Saltmouth SM1 3RW"]):
        sheet.text(72, 140 + number * 14, line, "serif", 11)
    sheet.text(72, 220, "Your mooring for the coming year", "serif-bold", 13)
    y = 240.0
    for paragraph in (
        "Dear Mr Pell,",
        texts.CONTRACT[2][1],
        texts.CONTRACT[5][1],
        texts.NEWS[4][1],
        "Yours sincerely,",
    ):
        y, _ = sheet.paragraph(72, y, 451, paragraph, "serif", 12, leading=1.35)
        y += 14
    sheet.text(72, y + 50, "Ada Merrow, Harbour Master", "serif", 12)
    save(sheet, "letter.bmp")


def two_pages():
    """Two pages in one file, of different sizes."""
    first = report_sheet(72).image
    second = Sheet((420, 595), 72)
    second.text(40, 60, "Appendix", "serif-bold", 16)
    second.paragraph(40, 80, 340, " ".join(texts.PAPER[4:7]), "serif", 11)
    pages = [page.point([round(value / 17) * 17 for value in range(256)]) for page in (first, second.image)]
    pages[0].save(
        FOLDER / "two_pages.tif", save_all=True, append_images=pages[1:], compression="tiff_deflate", dpi=(72, 72)
    )
