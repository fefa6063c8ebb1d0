"""The register's entry as an OpenDocument sheet: one row per field, the digest in each. Heavy: odfdo."""

import io
from collections.abc import Mapping
from typing import Any, Final

HEADINGS: Final = ("Rubrique", "Champ", "Valeur", "Empreinte de la politique")
WIDTHS: Final = ("4cm", "6cm", "16cm", "5cm")
SHEET: Final = "Fiche de registre"


def register_ods(payload: Mapping[str, Any]) -> bytes:
    """Return the sheet of a sealed `register` document."""
    from odfdo import Cell, Document, Element, Row, Table

    document = Document("spreadsheet")
    body = document.body
    body.clear()
    table = Table(SHEET)
    for place, width in enumerate(WIDTHS):
        name = document.insert_style(
            Element.from_tag(
                f'<style:style style:name="jauge{place}" style:family="table-column">'
                f'<style:table-column-properties style:column-width="{width}"/></style:style>'
            ),
            automatic=True,
        )
        table.append(Element.from_tag(f'<table:table-column table:style-name="{name}"/>'))
    wrapped = document.insert_style(
        Element.from_tag(
            '<style:style style:name="jauge-text" style:family="table-cell">'
            '<style:table-cell-properties fo:wrap-option="wrap" style:vertical-align="top"/>'
            "</style:style>"
        ),
        automatic=True,
    )
    rows = [HEADINGS, *_rows(payload)]
    for values in rows:
        row = Row()
        for value in values:
            row.append_cell(Cell(text=value, value=value, cell_type="string", style=wrapped))
        table.append_row(row)
    body.append(table)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _rows(payload: Mapping[str, Any]) -> list[tuple[str, ...]]:
    return [
        (field["group"], field["label"], field["value"], field["policy"][:16])
        for field in payload["content"]["fields"]
    ]
