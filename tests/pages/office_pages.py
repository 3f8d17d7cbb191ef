"""Pages of offices: a contract, an invoice, a form."""

from __future__ import annotations

import texts
from page_parts import DPI, page_number, save
from typesetting import A4, Sheet, table


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
