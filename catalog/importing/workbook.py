"""Cells of a worksheet as openpyxl parses them, but for texts that stand in their cells. Apart, so that openpyxl is loaded when a workbook comes."""

from typing import Any
from xml.etree.ElementTree import Element, SubElement

from openpyxl.worksheet._reader import INLINE_STRING, VALUE_TAG, WorkSheetParser  # type: ignore[import-untyped]
from openpyxl.xml.constants import SHEET_MAIN_NS  # type: ignore[import-untyped]

TEXT = f"{{{SHEET_MAIN_NS}}}t"
RUN_TEXT = f"{{{SHEET_MAIN_NS}}}r/{TEXT}"


class Cells(WorkSheetParser):  # type: ignore[misc]
    """`book` is openpyxl's workbook, its stylesheet applied."""

    def __init__(self, source: Any, shared_strings: list[str], book: Any) -> None:
        formats = {"date_formats": book._date_formats, "timedelta_formats": book._timedelta_formats}
        super().__init__(source, shared_strings, data_only=True, epoch=book.epoch, **formats)

    def parse_cell(self, element: Element) -> dict[str, Any]:
        """Text in the cell itself, in one piece or in runs. An object of openpyxl's for each costs as much as all the parsing."""
        if element.get("t") == "inlineStr":
            element.set("t", "str")
            inside = element.find(INLINE_STRING)
            if inside is not None:
                SubElement(element, VALUE_TAG).text = inside.findtext(TEXT) or "".join(run.text or "" for run in inside.iterfind(RUN_TEXT))
        return super().parse_cell(element)  # type: ignore[no-any-return]
