"""Minimal true files of Word, Excel and PowerPoint (ECMA-376), for exports."""

from __future__ import annotations

from xml.sax.saxutils import escape

from eccs_backup.rehearsal.documents.archive import pack

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_SLIDE = "http://schemas.openxmlformats.org/presentationml/2006/main"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
_KIND = "application/vnd.openxmlformats-officedocument."


def docx(title: str, line: str) -> bytes:
    """A Word document of two paragraphs."""
    paragraphs = "".join(f"<w:p><w:r><w:t>{escape(text)}</w:t></w:r></w:p>" for text in (title, line))
    return pack(
        {
            "[Content_Types].xml": _types({"/word/document.xml": "wordprocessingml.document.main+xml"}),
            "_rels/.rels": _links({"rId1": ("officeDocument", "word/document.xml")}),
            "word/document.xml": f'{_XML}<w:document xmlns:w="{_WORD}"><w:body>{paragraphs}</w:body></w:document>',
        }
    )


def xlsx(title: str, line: str) -> bytes:
    """A workbook of one sheet with two cells."""
    cells = "".join(
        f'<row r="{row}"><c r="A{row}" t="inlineStr"><is><t>{escape(text)}</t></is></c></row>'
        for row, text in enumerate((title, line), start=1)
    )
    book = '<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets>'
    parts = {
        "/xl/workbook.xml": "spreadsheetml.sheet.main+xml",
        "/xl/worksheets/sheet1.xml": "spreadsheetml.worksheet+xml",
    }
    return pack(
        {
            "[Content_Types].xml": _types(parts),
            "_rels/.rels": _links({"rId1": ("officeDocument", "xl/workbook.xml")}),
            "xl/workbook.xml": f'{_XML}<workbook xmlns="{_SHEET}" xmlns:r="{_OFFICE}">{book}</workbook>',
            "xl/_rels/workbook.xml.rels": _links({"rId1": ("worksheet", "worksheets/sheet1.xml")}),
            "xl/worksheets/sheet1.xml": (
                f'{_XML}<worksheet xmlns="{_SHEET}"><sheetData>{cells}</sheetData></worksheet>'
            ),
        }
    )


def pptx(title: str, line: str) -> bytes:
    """A presentation of one slide."""
    spaces = f'xmlns:p="{_SLIDE}" xmlns:a="{_DRAWING}" xmlns:r="{_OFFICE}"'
    parts = {
        "/ppt/presentation.xml": "presentationml.presentation.main+xml",
        "/ppt/slides/slide1.xml": "presentationml.slide+xml",
    }
    return pack(
        {
            "[Content_Types].xml": _types(parts),
            "_rels/.rels": _links({"rId1": ("officeDocument", "ppt/presentation.xml")}),
            "ppt/presentation.xml": (
                f'{_XML}<p:presentation {spaces}><p:sldIdLst><p:sldId id="256" r:id="rId1"/></p:sldIdLst>'
                '<p:notesSz cx="6858000" cy="9144000"/></p:presentation>'
            ),
            "ppt/_rels/presentation.xml.rels": _links({"rId1": ("slide", "slides/slide1.xml")}),
            "ppt/slides/slide1.xml": f"{_XML}<p:sld {spaces}><p:cSld>{_tree(title, line)}</p:cSld></p:sld>",
        }
    )


def _tree(title: str, line: str) -> str:
    text = "".join(f"<a:p><a:r><a:t>{escape(part)}</a:t></a:r></a:p>" for part in (title, line))
    group = '<p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>'
    shape = '<p:nvSpPr><p:cNvPr id="2" name="Text"/><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr/>'
    return f"<p:spTree>{group}<p:sp>{shape}<p:txBody><a:bodyPr/>{text}</p:txBody></p:sp></p:spTree>"


def _types(parts: dict[str, str]) -> str:
    overrides = "".join(f'<Override PartName="{name}" ContentType="{_KIND}{kind}"/>' for name, kind in parts.items())
    return (
        f'{_XML}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
    )


def _links(links: dict[str, tuple[str, str]]) -> str:
    rows = "".join(
        f'<Relationship Id="{id}" Type="{_OFFICE}/{kind}" Target="{target}"/>' for id, (kind, target) in links.items()
    )
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'{_XML}<Relationships xmlns="{space}">{rows}</Relationships>'
