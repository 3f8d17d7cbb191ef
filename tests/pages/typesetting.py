"""A small typesetter: places text and tables on a page in points (1/72 inch) at any resolution."""

from __future__ import annotations

import functools
import math

from PIL import Image, ImageDraw, ImageFont

FONTS = {
    "serif": "/usr/share/fonts/truetype/liberation/LiberationSerif-Regular.ttf",
    "serif-bold": "/usr/share/fonts/truetype/liberation/LiberationSerif-Bold.ttf",
    "serif-italic": "/usr/share/fonts/truetype/liberation/LiberationSerif-Italic.ttf",
    "sans": "/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf",
    "sans-bold": "/usr/share/fonts/truetype/liberation/LiberationSans-Bold.ttf",
    "mono": "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf",
    "cjk": "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc",
    "cjk-bold": "/usr/share/fonts/opentype/noto/NotoSerifCJK-Bold.ttc",
}
CJK_SIMPLIFIED = 2  # index of the face in the font collections above
CJK_NO_LINE_START = "，。、；：？！）"

A4 = (595, 842)


@functools.cache
def load_font(name: str, pixels: int) -> ImageFont.FreeTypeFont:
    index = CJK_SIMPLIFIED if name.startswith("cjk") else 0
    return ImageFont.truetype(FONTS[name], pixels, index=index, layout_engine=ImageFont.Layout.BASIC)


class Sheet:
    """One page. Positions and sizes are in points from the left top corner; fonts are named as in `FONTS`."""

    def __init__(self, size: tuple[float, float], dpi: float, mode: str = "L", bilevel: bool = False):
        self.scale = dpi / 72
        self.dpi = dpi
        self.image = Image.new(mode, (round(size[0] * self.scale), round(size[1] * self.scale)), "white")
        self.draw = ImageDraw.Draw(self.image)
        if bilevel:
            self.draw.fontmode = "1"

    def px(self, points: float) -> int:
        return round(points * self.scale)

    def font(self, name: str, size: float) -> ImageFont.FreeTypeFont:
        return load_font(name, max(4, self.px(size)))

    def width_of(self, text: str, name: str, size: float) -> float:
        return self.font(name, size).getlength(text) / self.scale

    def text(
        self, x: float, y: float, text: str, name: str = "serif", size: float = 10, *, anchor: str = "ls", fill="black"
    ):
        """One line; `anchor` as Pillow has it: "ls" puts the left end of the base line at x, y."""
        self.draw.text((self.px(x), self.px(y)), text, font=self.font(name, size), anchor=anchor, fill=fill)

    def line(self, x1: float, y1: float, x2: float, y2: float, width: float = 0.6, fill="black"):
        points = [self.px(v) for v in (x1, y1, x2, y2)]
        self.draw.line(points, fill=fill, width=max(1, self.px(width)))

    def box(self, x1: float, y1: float, x2: float, y2: float, *, fill=None, outline="black", width: float = 0.6):
        box = [self.px(v) for v in (x1, y1, x2, y2)]
        self.draw.rectangle(box, fill=fill, outline=outline, width=max(1, self.px(width)) if outline else 0)

    def curve(self, points: list[tuple[float, float]], width: float = 1.0, fill="black"):
        self.draw.line(
            [(self.px(x), self.px(y)) for x, y in points], fill=fill, width=max(1, self.px(width)), joint="curve"
        )

    def break_lines(self, text: str, width: float, name: str, size: float, indent: float = 0) -> list[str]:
        """Greedy line breaking: between words, or between characters for Chinese."""
        chinese = name.startswith("cjk")
        units = list(text) if chinese else text.split(" ")
        joint = "" if chinese else " "
        lines, current, room = [], "", width - indent
        for unit in units:
            candidate = current + joint + unit if current else unit
            if current and self.width_of(candidate, name, size) > room and unit not in CJK_NO_LINE_START:
                lines.append(current)
                current, room = unit, width
            else:
                current = candidate
        return lines + [current]

    def set_line(self, x: float, y: float, text: str, width: float, name: str, size: float, justify: bool):
        """A line of a paragraph; justified ones are stretched between words (or characters)."""
        chinese = name.startswith("cjk")
        units = list(text) if chinese else text.split(" ")
        gaps = len(units) - 1
        if not justify or gaps < 1:
            self.text(x, y, text, name, size)
            return
        extra = (width - sum(self.width_of(unit, name, size) for unit in units)) / gaps
        for unit in units:
            self.text(x, y, unit, name, size)
            x += self.width_of(unit, name, size) + extra

    def paragraph(
        self,
        x: float,
        y: float,
        width: float,
        text: str,
        name: str = "serif",
        size: float = 10,
        *,
        leading: float = 1.25,
        indent: float = 0,
        justify: bool = True,
        bottom: float = math.inf,
    ) -> tuple[float, str]:
        """Sets a paragraph from `y`, its top, to `bottom` at most; answers where it ended and what found no room."""
        lines = self.break_lines(text, width, name, size, indent)
        step = size * leading
        joint = "" if name.startswith("cjk") else " "
        for number, line in enumerate(lines):
            if y + step > bottom + 0.01:
                return y, joint.join(lines[number:])
            shift = indent if number == 0 else 0
            last = number == len(lines) - 1
            self.set_line(x + shift, y + size * 0.95, line, width - shift, name, size, justify and not last)
            y += step
        return y, ""

    def centred(
        self, y: float, text: str, name: str, size: float, *, left: float = 0, right: float | None = None
    ) -> float:
        right = self.image.width / self.scale if right is None else right
        self.text((left + right) / 2, y + size, text, name, size, anchor="ms")
        return y + size * 1.3


class Columns:
    """Columns of one height that are filled one after the other. A block that does not fit goes to the next column."""

    def __init__(
        self,
        sheet: Sheet,
        lefts: list[float],
        width: float,
        top: float,
        bottom: float,
        *,
        size: float = 9.5,
        font: str = "serif",
        heading_font: str = "serif-bold",
        leading: float = 1.22,
    ):
        self.sheet, self.lefts, self.width, self.top, self.bottom = sheet, lefts, width, top, bottom
        self.size, self.font, self.heading_font, self.leading = size, font, heading_font, leading
        self.column, self.y = 0, top

    @property
    def full(self) -> bool:
        return self.column >= len(self.lefts)

    @property
    def x(self) -> float:
        return self.lefts[self.column]

    def next_column(self):
        self.column += 1
        self.y = self.top

    def reserve(self, height: float) -> bool:
        if not self.full and self.y + height > self.bottom:
            self.next_column()
        return not self.full

    def heading(self, text: str, size: float | None = None):
        size = size or self.size * 1.15
        if not self.reserve(size * 4):
            return
        if self.y > self.top:
            self.y += size * 0.7
        for line in self.sheet.break_lines(text, self.width, self.heading_font, size):
            self.sheet.text(self.x, self.y + size, line, self.heading_font, size)
            self.y += size * 1.25
        self.y += size * 0.3

    def paragraph(self, text: str, indent: float | None = None):
        indent = self.size * 1.2 if indent is None else indent
        while text and not self.full:
            self.y, text = self.sheet.paragraph(
                self.x,
                self.y,
                self.width,
                text,
                self.font,
                self.size,
                leading=self.leading,
                indent=indent,
                bottom=self.bottom,
            )
            indent = 0
            if text:
                self.next_column()

    def float(self, height: float, paint, caption: str | None = None, caption_above: bool = False):
        """A figure or table: `paint(x, y, width, height)` draws it."""
        size = self.size * 0.9
        lines = self.sheet.break_lines(caption, self.width, self.font, size) if caption else []
        caption_height = len(lines) * size * 1.2 + size * 0.6
        if not self.reserve(height + caption_height + size * 2):
            return
        self.y += size * 0.9
        if caption_above:
            self._caption(lines, size)
        paint(self.x, self.y, self.width, height)
        self.y += height + size * 0.6
        if not caption_above:
            self._caption(lines, size)
        self.y += size * 1.1

    def equation(self, text: str, number: str):
        if not self.reserve(self.size * 3.2):
            return
        self.y += self.size * 0.7
        self.sheet.text(self.x + self.width / 2, self.y + self.size, text, "serif-italic", self.size * 1.1, anchor="ms")
        self.sheet.text(self.x + self.width, self.y + self.size, number, self.font, self.size, anchor="rs")
        self.y += self.size * 2.2

    def _caption(self, lines: list[str], size: float):
        for line in lines:
            self.sheet.text(self.x + self.width / 2, self.y + size, line, self.font, size, anchor="ms")
            self.y += size * 1.2
        self.y += size * 0.4


def table(
    sheet: Sheet,
    x: float,
    y: float,
    width: float,
    rows: list[list[str]],
    *,
    shares: list[float],
    size: float = 9,
    font: str = "serif",
    bold: str = "serif-bold",
    grid: bool = False,
    head_fill=None,
    row_height: float | None = None,
) -> float:
    """A table with its first row as head; numbers are set to the right. Answers where it ends."""
    row_height = row_height or size * 1.55
    total = sum(shares)
    edges = [x]
    for share in shares:
        edges.append(edges[-1] + width * share / total)
    bottom = y + row_height * len(rows)
    if head_fill:
        sheet.box(x, y, x + width, y + row_height, fill=head_fill, outline=None)
    for number, row in enumerate(rows):
        base = y + row_height * (number + 0.5) + size * 0.35
        for column, cell in enumerate(row):
            name = bold if number == 0 else font
            if column and cell[:1].isdigit() or column and number == 0:
                sheet.text(edges[column + 1] - size * 0.5, base, cell, name, size, anchor="rs")
            else:
                sheet.text(edges[column] + size * 0.5, base, cell, name, size)
    if grid:
        for number in range(len(rows) + 1):
            sheet.line(x, y + number * row_height, x + width, y + number * row_height, 0.5)
        for edge in edges:
            sheet.line(edge, y, edge, bottom, 0.5)
    else:
        for level, weight in ((y, 1.0), (y + row_height, 0.6), (bottom, 1.0)):
            sheet.line(x, level, x + width, level, weight)
    return bottom
