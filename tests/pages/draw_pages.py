#!/usr/bin/env python3
"""Draws the project's own pages into this folder: what the parity proof, the reading-order tests and the demo run on.

Needs Pillow as pinned in tests/requirements.txt and the Debian packages fonts-liberation, fonts-dejavu-core and
fonts-noto-cjk. The pages are committed, so it is run only to change them:  python3 tests/pages/draw_pages.py [NAME…]
"""

from __future__ import annotations

import sys

from format_pages import blank, huge, letter, rotated, scan, tiny, two_pages
from office_pages import contract, form, invoice
from printed_pages import (
    chinese,
    dense,
    newspaper,
    paper_figure_middle,
    paper_table_middle,
    paper_two_columns,
    slide,
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
        scan,
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
