"""Figures for the pages: charts and the curves that they show, a diagram, and what stands for a photograph."""

from __future__ import annotations

import math

from PIL import Image

from typesetting import Sheet


def level(u: float) -> float:
    return 0.15 + 0.5 * u**1.6 + 0.04 * math.sin(u * 37) + 0.03 * math.sin(u * 91)


def neighbour(u: float) -> float:
    return 0.08 + 0.42 * u**1.4 + 0.03 * math.sin(u * 43 + 1)


def land(u: float) -> float:
    return 0.55 - 0.3 * u + 0.015 * math.sin(u * 60)


def line_chart(
    sheet: Sheet,
    x: float,
    y: float,
    width: float,
    height: float,
    *,
    series,
    labels: tuple[str, str],
    colours=("black", "#707070", "#a0a0a0"),
    size: float = 7,
):
    """Curves over axes; `series` are functions of 0..1 that answer 0..1."""
    left, bottom = x + size * 3.4, y + height - size * 3
    sheet.box(left, y, x + width, bottom, fill="white")
    for step in range(5):
        level = bottom - (bottom - y) * step / 4
        sheet.line(left, level, x + width, level, 0.3, "#c8c8c8")
        sheet.text(left - size * 0.4, level + size * 0.35, str(step * 5), "sans", size, anchor="rs")
        place = left + (x + width - left) * step / 4
        sheet.line(place, bottom, place, bottom + size * 0.4, 0.5)
        sheet.text(place, bottom + size * 1.4, str(1840 + step * 40), "sans", size, anchor="ms")
    sheet.text((left + x + width) / 2, bottom + size * 2.7, labels[0], "sans", size, anchor="ms")
    sheet.text(x, y + size, labels[1], "sans", size)
    for function, colour in zip(series, colours):
        points = [(left + (x + width - left) * i / 120, bottom - (bottom - y) * function(i / 120)) for i in range(121)]
        sheet.curve(points, 1.2, colour)
    sheet.line(left, y, left, bottom, 0.8)
    sheet.line(left, bottom, x + width, bottom, 0.8)


def bar_chart(
    sheet: Sheet,
    x: float,
    y: float,
    width: float,
    height: float,
    *,
    values: list[float],
    names: list[str],
    colours: list[str],
    size: float = 8,
):
    bottom = y + height - size * 1.8
    step = width / len(values)
    for number, value in enumerate(values):
        left = x + step * (number + 0.18)
        sheet.box(
            left,
            bottom - (bottom - y) * value,
            left + step * 0.64,
            bottom,
            fill=colours[number % len(colours)],
            outline=None,
        )
        sheet.text(left + step * 0.32, bottom + size * 1.3, names[number], "sans", size, anchor="ms")
    sheet.line(x, bottom, x + width, bottom, 0.8)


def block_diagram(
    sheet: Sheet, x: float, y: float, width: float, height: float, names: list[str], *, size: float = 8, fill="#e4e4e4"
):
    """Boxes in a row with arrows between them."""
    step = width / len(names)
    middle = y + height / 2
    for number, name in enumerate(names):
        left = x + step * number + step * 0.08
        right = x + step * (number + 1) - step * 0.16
        sheet.box(left, y + height * 0.15, right, y + height * 0.85, fill=fill, width=0.9)
        sheet.text((left + right) / 2, middle + size * 0.35, name, "sans", size, anchor="ms")
        if number + 1 < len(names):
            end = right + step * 0.24
            sheet.line(right, middle, end, middle, 0.9)
            tip = [
                (sheet.px(end), sheet.px(middle)),
                (sheet.px(end - 4), sheet.px(middle - 2.5)),
                (sheet.px(end - 4), sheet.px(middle + 2.5)),
            ]
            sheet.draw.polygon(tip, fill="black")


def landscape(sheet: Sheet, x: float, y: float, width: float, height: float, *, colour: bool = False):
    """What stands for a photograph: sky, sun, three ranges of hills, water."""
    columns, rows = sheet.px(width), sheet.px(height)
    picture = Image.new("RGB", (columns, rows))
    pixels = picture.load()
    ridges = [(0.42, 0.10, 2.3, 0.3), (0.55, 0.08, 3.7, 1.4), (0.68, 0.05, 6.1, 2.2)]
    tones = [(150, 165, 185), (105, 125, 130), (62, 80, 72)]
    for i in range(columns):
        u = i / columns
        tops = [
            level - depth * (math.sin(u * waves + phase) + 0.35 * math.sin(u * waves * 3.1 + phase))
            for level, depth, waves, phase in ridges
        ]
        for j in range(rows):
            v = j / rows
            tone = (int(205 + 45 * v), int(215 + 25 * v), int(235 - 15 * v))
            if (u - 0.72) ** 2 * (width / height) ** 2 + (v - 0.2) ** 2 < 0.006:
                tone = (255, 244, 214)
            for top, hill in zip(tops, tones):
                if v > top:
                    tone = tuple(int(c * (1.1 - 0.35 * (v - top))) for c in hill)
            if v > 0.8:
                ripple = int(14 * math.sin(v * 180 + 3 * math.sin(u * 22)))
                tone = (92 + ripple, 120 + ripple, 142 + ripple)
            pixels[i, j] = tone
    if not colour:
        picture = picture.convert("L")
    sheet.image.paste(picture, (sheet.px(x), sheet.px(y)))
    sheet.box(x, y, x + width, y + height, width=0.4)
