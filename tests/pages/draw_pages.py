#!/usr/bin/env python3
"""Draws the project's own pages into this folder: what the parity proof, the reading-order tests and the demo run on.

Needs Pillow as pinned in tests/requirements.txt and the Debian packages fonts-liberation, fonts-dejavu-core and
fonts-noto-cjk. The pages are committed, so it is run only to change them:  python3 tests/pages/draw_pages.py [NAME…]
"""

from __future__ import annotations

import math
import pathlib
import sys

from PIL import Image

import texts
from typesetting import A4, Columns, Sheet, bar_chart, block_diagram, landscape, line_chart, table

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


def level(u: float) -> float:
    return 0.15 + 0.5 * u**1.6 + 0.04 * math.sin(u * 37) + 0.03 * math.sin(u * 91)


def neighbour(u: float) -> float:
    return 0.08 + 0.42 * u**1.4 + 0.03 * math.sin(u * 43 + 1)


def land(u: float) -> float:
    return 0.55 - 0.3 * u + 0.015 * math.sin(u * 60)


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


def contract():
    sheet = Sheet(A4, DPI)
    y = sheet.centred(70, "LEASE AGREEMENT", "serif-bold", 18)
    y = sheet.centred(y + 2, "for commercial premises", "serif", 11) + 14
    parties = (
        "This agreement is made between Ms Edith Warner, 3 Church Hill, Saltmouth, called the Landlord, and Mr Jonas "
        "Pell, boat builder, 27 Ropewalk, Saltmouth, called the Tenant. The parties agree on the following."
    )
    y, _ = sheet.paragraph(72, y, 451, parties, "serif", 11, leading=1.3)
    for heading, clause in texts.CONTRACT:
        y += 14
        sheet.text(72, y + 11, heading, "serif-bold", 11.5)
        y, _ = sheet.paragraph(72, y + 17, 451, clause, "serif", 11, leading=1.3)
    for left, who in ((72, "Landlord"), (330, "Tenant")):
        sheet.line(left, 760, left + 180, 760)
        sheet.text(left, 772, f"Saltmouth, date, signature of the {who}", "serif", 8.5)
    page_number(sheet, "Page 1 of 1")
    save(sheet, "contract.png", optimize=True)


def invoice():
    sheet = Sheet(A4, DPI, "RGB")
    navy = "#1f3f6e"
    sheet.box(56, 52, 92, 88, fill=navy, outline=None)
    sheet.text(74, 80, "B", "sans-bold", 26, anchor="ms", fill="white")
    sheet.text(102, 68, "Brook & Daughters", "sans-bold", 15, fill=navy)
    sheet.text(102, 84, "Ship chandlers since 1902", "sans", 9.5, fill="#505050")
    sheet.text(539, 76, "INVOICE", "sans-bold", 22, anchor="rs", fill=navy)
    address = ["Harbour Sailing Club", "Attn. Ms Rahel Anders", "5 Pier Road", "Saltmouth SM2 4QT"]
    facts = ["Invoice number   2024-0417", "Date   18 April 2024", "Customer   10233", "Due   18 May 2024"]
    for number, (left, right) in enumerate(zip(address, facts)):
        sheet.text(56, 140 + number * 14, left, "sans", 10)
        sheet.text(539, 140 + number * 14, right, "sans", 10, anchor="rs")
    note = (
        "Thank you for your order of 9 April. The goods were delivered to the club's slipway on 16 April and signed "
        "for by your boatman. We charge as agreed:"
    )
    sheet.paragraph(56, 212, 483, note, "sans", 10, leading=1.35)
    rows = [["Article", "Quantity", "Unit", "Price", "Amount"]]
    for article, quantity, unit, price in (
        ("Mooring rope, polyester, 16 mm", 120, "m", 3.4),
        ("Fender, white, 22 x 60 cm", 8, "pc", 27.5),
        ("Shackle, stainless, 10 mm", 24, "pc", 6.85),
        ("Varnish, clear, 2.5 l", 6, "tin", 48.9),
        ("Antifouling, blue, 5 l", 3, "tin", 112.0),
        ("Brush, 70 mm", 12, "pc", 4.2),
        ("Life jacket, adult, 150 N", 10, "pc", 79.0),
        ("Flare set, coastal", 2, "set", 54.0),
        ("Tide table, current year", 15, "pc", 7.5),
        ("Delivery to the slipway", 1, "", 35.0),
    ):
        rows.append([article, str(quantity), unit, f"{price:.2f}", f"{quantity * price:,.2f}"])
    bottom = table(
        sheet,
        56,
        262,
        483,
        rows,
        shares=[5, 1.4, 1, 1.5, 1.8],
        size=9.5,
        font="sans",
        bold="sans-bold",
        grid=True,
        head_fill="#d5deeb",
        row_height=21,
    )
    total = 408 + 220 + 164.4 + 293.4 + 336 + 50.4 + 790 + 108 + 112.5 + 35
    for number, (name, value) in enumerate((("Net", total), ("VAT 20 %", total * 0.2), ("Total", total * 1.2))):
        font = "sans-bold" if name == "Total" else "sans"
        sheet.text(430, bottom + 24 + number * 17, name, font, 10, anchor="rs")
        sheet.text(534, bottom + 24 + number * 17, f"{value:,.2f}", font, 10, anchor="rs")
    terms = (
        "Please pay within thirty days to the account below and give the number of the invoice. The goods remain our "
        "property until they are paid in full. Complaints about missing or damaged goods reach us in time "
        "within eight days."
    )
    sheet.paragraph(56, bottom + 100, 483, terms, "sans", 10, leading=1.35)
    sheet.line(56, 778, 539, 778, 0.6, navy)
    sheet.text(
        297,
        792,
        "Brook & Daughters Ltd · 1 Chandlery Yard · Saltmouth SM1 1AA · Savings Bank of Saltmouth 40-22-17 5501928",
        "sans",
        7.5,
        anchor="ms",
        fill="#505050",
    )
    save(sheet, "invoice_table.png", optimize=True)


def paper_two_columns():
    sheet = Sheet(A4, DPI)
    running_head(sheet, "Annals of Archive Science 18 (2023)", "Original article")
    y = title_block(
        sheet,
        68,
        ["Reading the Sea from Old Books:", "Finding Columns in Harbour Records"],
        "Edda Holm, Tomas Brandt and Lydia Osei",
        "Institute for Coastal Archives, Saltmouth",
    )
    sheet.text(297, y + 10, "Abstract", "serif-bold", 10, anchor="ms")
    y, _ = sheet.paragraph(92, y + 16, 411, texts.ABSTRACT, "serif", 9, leading=1.22)
    flow = two_columns(sheet, y + 18)
    flow.heading("1  Introduction")
    for number in (0, 1, 2):
        flow.paragraph(texts.PAPER[number])
    flow.heading("2  Material")
    for number in (3, 4):
        flow.paragraph(texts.PAPER[number])
    flow.float(
        120,
        lambda x, y, w, h: line_chart(sheet, x, y, w, h, series=[level, neighbour, land], labels=("year", "cm")),
        "Figure 1: Mean level of the sea at three harbours.",
    )
    flow.heading("3  Method")
    for number in (5, 6, 7, 13):
        flow.paragraph(texts.PAPER[number])
    page_number(sheet, "117")
    save(sheet, "paper_two_columns.png", optimize=True)


def paper_figure_middle():
    """Two columns, a figure over both, two columns again."""
    sheet = Sheet(A4, DPI)
    running_head(sheet, "E. Holm et al.", "Reading the Sea from Old Books")
    upper = two_columns(sheet, 62, 330)
    upper.heading("4  Corrections")
    for number in (8, 9, 6, 13, 4, 5, 1):
        upper.paragraph(texts.PAPER[number])
    names = ["scan", "cut page", "find columns", "read digits", "check", "mean level"]
    block_diagram(sheet, 56, 352, 483, 62, names)
    line_chart(sheet, 64, 420, 467, 130, series=[level, neighbour, land], labels=("year", "cm"))
    sheet.centred(
        556,
        "Figure 2: The steps from the scanned page to the yearly mean (above) and the means of three harbours (below).",
        "serif",
        9,
    )
    lower = two_columns(sheet, 588)
    lower.heading("5  Results")
    for number in (10, 11, 12, 14, 7, 15):
        lower.paragraph(texts.PAPER[number])
    page_number(sheet, "120")
    save(sheet, "paper_figure_middle.png", optimize=True)


def paper_table_middle():
    """A title over both columns, a table over both in the middle, headings and references in the columns below."""
    sheet = Sheet(A4, DPI)
    running_head(sheet, "Survey Review 21, No. 4", "October 2022")
    y = title_block(
        sheet, 70, ["Four Harbours and One Sea Level"], "Martha Lind and Joao Ferreira", "Town Archive of Oldhaven"
    )
    upper = two_columns(sheet, y + 12, 352)
    upper.heading("1  The books")
    for number in (14, 0, 7, 3, 6):
        upper.paragraph(texts.PAPER[number])
    sheet.centred(372, "Table 1: What was read at each harbour, and what came out of it.", "serif", 9)
    table(sheet, 76, 390, 443, STATIONS, shares=[2, 1.3, 1.1, 1.1, 1.4], size=9.5, row_height=17)
    lower = two_columns(sheet, 512)
    lower.heading("2  Agreement of the stations")
    for number in (9, 10):
        lower.paragraph(texts.PAPER[number])
    lower.equation("h(t) = a + b t + c t² + e(t)", "(1)")
    lower.paragraph(texts.PAPER[8], indent=0)
    lower.heading("References")
    lower.size = 8.2
    for reference in texts.REFERENCES:
        lower.paragraph(reference, indent=0)
    page_number(sheet, "Survey Review 21 (2022) 288")
    save(sheet, "paper_table_middle.jpg", quality=72, optimize=True)


def newspaper():
    sheet = Sheet((660, 940), 96)
    sheet.centred(34, "The Saltmouth Observer", "serif-bold", 40)
    sheet.line(40, 92, 620, 92, 1.4)
    sheet.text(40, 106, "No. 8,214", "serif", 9)
    sheet.text(330, 106, "Saturday, 4 May 2024", "serif", 9, anchor="ms")
    sheet.text(620, 106, "Price 1.20", "serif", 9, anchor="rs")
    sheet.line(40, 112, 620, 112, 0.8)
    sheet.centred(124, "Ferry returns after a winter in dock", "serif-bold", 26)
    columns = Columns(sheet, [40, 240, 440], 180, 172, 900, size=9.6, leading=1.2)
    columns.paragraph(texts.NEWS[0][1], indent=0)
    for paragraph in texts.NEWS_MORE:
        columns.paragraph(paragraph)
    columns.float(120, lambda x, y, w, h: landscape(sheet, x, y, w, h), "The river at the northern landing.")
    for heading, story in texts.NEWS[1:]:
        columns.heading(heading, 13)
        columns.paragraph(story, indent=0)
    columns.heading("Letters: the old books", 13)
    for paragraph in texts.PAPER[11:16]:
        columns.paragraph(paragraph)
    columns.float(
        130,
        lambda x, y, w, h: line_chart(sheet, x, y, w, h, series=[level, neighbour], labels=("year", "cm")),
        "The sea at Saltmouth and Oldhaven.",
    )
    columns.heading("How the watchmen wrote", 13)
    for number in (0, 1, 4, 6):
        columns.paragraph(texts.PAPER[number])
    for x in (230, 430):
        sheet.line(x, 174, x, 900, 0.4)
    save(sheet, "newspaper_three_columns.jpg", quality=60, optimize=True)


def form():
    sheet = Sheet(A4, DPI, "RGB")
    sheet.text(56, 70, "Town of Saltmouth", "sans", 10)
    sheet.text(56, 92, "Application for a mooring", "sans-bold", 18)
    sheet.text(539, 70, "Form M-12", "sans", 10, anchor="rs")
    hint = (
        "Please fill in capital letters and tick what applies. Send the form to the harbour office before 31 January."
    )
    sheet.paragraph(56, 104, 483, hint, "sans", 9.5)
    sections = [
        (
            "A  Applicant",
            [("Family name", "First name"), ("Street and number", "Postcode and town"), ("Telephone", "Date of birth")],
        ),
        (
            "B  Boat",
            [("Name of the boat", "Registration"), ("Length (m)", "Draught (m)"), ("Year built", "Engine (kW)")],
        ),
        ("C  Berth", [("Wished berth", "From"), ("Present berth", "Until")]),
    ]
    y = 138
    for heading, rows in sections:
        sheet.box(56, y, 539, y + 18, fill="#dfe7e2", outline=None)
        sheet.text(62, y + 13, heading, "sans-bold", 10.5)
        y += 18
        for left, right in rows:
            for x, label in ((56, left), (297.5, right)):
                sheet.box(x, y, x + 241.5, y + 34, width=0.6)
                sheet.text(x + 5, y + 10, label, "sans", 7.5, fill="#404040")
            y += 34
        y += 14
    sheet.text(56, y + 10, "D  Declarations", "sans-bold", 10.5)
    ticks = [
        "I own the boat named above.",
        "The boat is insured against claims of others.",
        "I have read the rules of the harbour of 1 January 2023.",
        "I agree that my data are kept for the length of the lease.",
    ]
    for number, label in enumerate(ticks):
        top = y + 22 + number * 18
        sheet.box(58, top, 68, top + 10, width=0.8)
        sheet.text(76, top + 9, label, "sans", 10)
    for x, label in ((56, "Place, date"), (310, "Signature")):
        sheet.line(x, 740, x + 200, 740)
        sheet.text(x, 751, label, "sans", 8)
    sheet.text(297, 806, "Harbour Office, 1 Quay Street, Saltmouth", "sans", 8, anchor="ms")
    save(sheet, "form.png", optimize=True)


def slide():
    sheet = Sheet((960, 540), 96, "RGB")
    sheet.box(0, 0, 960, 10, fill="#0b6e6e", outline=None)
    sheet.text(56, 72, "Sea level: what four harbours tell", "sans-bold", 34, fill="#103b3b")
    line_chart(
        sheet,
        56,
        120,
        370,
        220,
        series=[level, neighbour, land],
        labels=("year", "cm"),
        size=10,
        colours=("#0b6e6e", "#d55e00", "#808080"),
    )
    sheet.text(241, 362, "Figure 1: Yearly means since 1840", "sans", 13, anchor="ms")
    landscape(sheet, 540, 104, 340, 150, colour=True)
    sheet.text(710, 274, "Figure 2: The gauge at Northquay", "sans", 13, anchor="ms")
    bar_chart(
        sheet,
        540,
        318,
        340,
        140,
        values=[0.62, 0.8, 0.75, 0.88],
        names=["Northquay", "Oldhaven", "Saltmouth", "Greywater"],
        colours=["#0b6e6e", "#56b4e9", "#e69f00", "#aa4499"],
        size=12,
    )
    sheet.text(710, 480, "Figure 3: Rise in millimetres a year", "sans", 13, anchor="ms")
    for number, point in enumerate(
        ["1.7 mm a year over 150 years", "faster in the last forty", "land motion limits the error"]
    ):
        sheet.text(70, 420 + number * 26, "•  " + point, "sans", 17)
    sheet.text(904, 522, "7", "sans", 11, anchor="rs", fill="#606060")
    save(sheet, "slide_figures.webp", quality=80, method=6)


def chinese():
    sheet = Sheet(A4, DPI)
    sheet.text(56, 44, "海岸档案研究", "cjk", 8.5)
    sheet.text(539, 44, "第 18 卷  第 3 期", "cjk", 8.5, anchor="rs")
    y = sheet.centred(66, "从旧册子读取海平面", "cjk-bold", 19)
    y = sheet.centred(y + 6, "何安　林达　周海", "cjk", 11)
    y = sheet.centred(y + 2, "（盐口市海岸档案研究所）", "cjk", 9)
    flow = Columns(sheet, [56, 306], 233, y + 18, 790, size=10, font="cjk", heading_font="cjk-bold", leading=1.6)
    flow.heading("1　引言")
    for number in (0, 1, 2):
        flow.paragraph(texts.CHINESE[number], indent=20)
    flow.heading("2　资料")
    flow.paragraph(texts.CHINESE[3], indent=20)
    rows = [
        ["港口", "起始年", "页数", "错误"],
        ["北码头", "1840", "3120", "27"],
        ["老港", "1846", "2874", "31"],
        ["盐口", "1851", "2960", "12"],
        ["灰水", "1867", "2215", "19"],
    ]
    flow.float(
        90,
        lambda x, y, w, h: table(
            sheet, x, y, w, rows, shares=[1.4, 1, 1, 1], size=9, font="cjk", bold="cjk-bold", row_height=18
        ),
        "表 1　四个港口的册子",
        caption_above=True,
    )
    flow.paragraph(texts.CHINESE[4], indent=20)
    flow.float(
        110,
        lambda x, y, w, h: line_chart(sheet, x, y, w, h, series=[level, neighbour, land], labels=("", "cm")),
        "图 1　三个港口的年平均海平面",
    )
    flow.heading("3　结果")
    for number in (5, 6, 1, 4):
        flow.paragraph(texts.CHINESE[number], indent=20)
    flow.heading("4　讨论")
    for number in (2, 3, 0):
        flow.paragraph(texts.CHINESE[number], indent=20)
    page_number(sheet, "· 31 ·")
    save(sheet, "chinese.png", optimize=True)


def blank():
    save(Sheet(A4, 72), "blank.png", optimize=True)


def dense():
    sheet = Sheet(A4, DPI)
    sheet.centred(40, "General Conditions of Carriage", "sans-bold", 13)
    flow = Columns(sheet, [40, 221, 402], 153, 66, 806, size=6.8, font="sans", heading_font="sans-bold", leading=1.15)
    clauses = [clause for _, clause in texts.CONTRACT] + [story for _, story in texts.NEWS] + texts.PAPER
    for number in range(40):
        if number % 3 == 0:
            flow.heading(
                f"§ {number // 3 + 1}  " + ["Scope", "Notices", "Liability", "Records", "Delay"][number // 3 % 5], 7.4
            )
        flow.paragraph(clauses[(number * 5) % len(clauses)], indent=0)
        flow.y += 2
    sheet.centred(816, "3 / 12", "sans", 7)
    save(sheet, "dense_text.tif", compression="tiff_deflate")


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


PAGES = {
    function.__name__: function
    for function in (
        contract,
        invoice,
        paper_two_columns,
        paper_figure_middle,
        paper_table_middle,
        newspaper,
        form,
        slide,
        chinese,
        blank,
        dense,
        rotated,
        tiny,
        huge,
        letter,
        two_pages,
    )
}


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in PAGES]
    if unknown:
        print(f"No page is called {', '.join(unknown)}; there are {', '.join(PAGES)}.", file=sys.stderr)
        return 2
    for name in names or PAGES:
        PAGES[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
