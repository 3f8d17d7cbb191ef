"""Pages of print and screen whose reading order is what they are for: papers, a newspaper, a slide, small print."""

from __future__ import annotations

import texts
from figures import bar_chart, block_diagram, land, landscape, level, line_chart, neighbour
from page_parts import DPI, STATIONS, page_number, running_head, save, title_block, two_columns
from typesetting import A4, Columns, Sheet, table


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
