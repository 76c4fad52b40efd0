"""Every form of file becomes the same table, as often as it is read; what is none is said by name."""

import bz2
import csv
import gzip
import io
import json
import lzma
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ingest.rows import LONGEST_ROW, BadRow
from ingest.tables import NoTable, Options, Record, TableFile

ROOT = Path(__file__).parent.parent.parent
MIB = 2**20
ROWS = [
    {"product": "P1", "stars": "4.5", "text": "Quick, quiet; and it boils."},
    {"product": "P2", "stars": "1", "text": "The lid sticks.\nI sent it back."},
    {"product": "P2", "stars": "", "text": 'They call it "heavy | duty".'},
]


def written(path: Path, content: bytes | str) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def rows_of(path: Path) -> list[Record | BadRow]:
    table = TableFile(path)
    try:
        return list(table.records())
    finally:
        table.close()


@pytest.fixture
def read(tmp_path: Path) -> Iterator[Callable[..., tuple[TableFile, list[dict[str, str] | BadRow]]]]:
    """Write a file, and read it twice."""
    opened: list[TableFile] = []

    def read(
        content: bytes | str, name: str = "reviews", **options: Any
    ) -> tuple[TableFile, list[dict[str, str] | BadRow]]:
        table = TableFile(written(tmp_path / name, content), Options(**options))
        opened.append(table)
        rows = list(table.records())
        assert table.position == table.size
        assert list(table.records()) == rows
        return table, [dict(row.values) if isinstance(row, Record) else row for row in rows]

    yield read
    for table in opened:
        table.close()


Read = Callable[..., tuple[TableFile, list[Any]]]


def as_csv(rows: list[dict[str, str]], delimiter: str = ",", **form: Any) -> str:
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter, **form)
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


# --- delimiters and quotes


@pytest.mark.parametrize(
    ("delimiter", "kind"),
    [(",", "CSV"), ("\t", "tab-separated text"), (";", "CSV with semicolons"), ("|", "CSV with bars")],
)
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_delimiters(delimiter: str, kind: str, quoting: int, end: str, read: Read) -> None:
    table, rows = read(as_csv(ROWS, delimiter, quoting=quoting, lineterminator=end))
    assert (table.kind, table.columns, rows) == (kind, ("product", "stars", "text"), ROWS)
    assert (table.header_line, table.unit, table.encoding, table.packed) == (1, "line", "utf-8", None)


def test_a_first_line_tells_the_delimiter(read: Read) -> None:
    table, rows = read("sep=;\r\nproduct;text\r\nP1;1,5 l, or less\r\n")
    assert table.header_line == 2 and rows == [{"product": "P1", "text": "1,5 l, or less"}]
    assert next(iter(table.records())).line == 3


def test_semicolons_where_decimals_have_commas(read: Read) -> None:
    table, rows = read("product;rating;text\nP1;4,5;Gut, leise, schnell\nP1;3,5;Laut, schwer\n")
    assert table.kind == "CSV with semicolons" and rows[0]["rating"] == "4,5"


@pytest.mark.parametrize("delimiter", ["\t", "|"])
def test_quotes_may_be_letters(delimiter: str, read: Read) -> None:
    lines = [
        ["id", "title", "text"], ["1", '"Heavy duty"? No', "Bent."], ["2", '"Loud', "My dog hides."],
        ["3", '9" pan', '"Buy it," she said.'], ["4", "Fits", 'I bought the 12"'],
    ]  # fmt: skip
    table, rows = read("".join(delimiter.join(line) + "\n" for line in lines))
    assert table.kind.endswith("without quotes")
    assert [list(row.values()) for row in rows] == lines[1:]


def test_a_quote_that_a_later_row_closes_swallows_nothing(read: Read) -> None:
    text = 'a\tb\tc\n1\t"x\ty\n2\tp\tq\n3\tz\t12"\n'
    _, rows = read(text)
    assert [row["c"] for row in rows] == ["y", "q", '12"']


def test_tab_separated_text_of_a_spreadsheet_is_quoted(read: Read) -> None:
    text = 'a\tb\n1\t"two\nlines"\n2\t"a\ttab"\n3\tplain\n'
    table, rows = read(text)
    assert table.kind == "tab-separated text"
    assert [row["b"] for row in rows] == ["two\nlines", "a\ttab", "plain"]
    _, rows = read('"a"\t"b"\n"1"\t"He said ""no"""\n')
    assert rows == [{"a": "1", "b": 'He said "no"'}]


def test_quotes_behind_backslashes(read: Read) -> None:
    _, rows = read('a,b\n1,"He said \\"no, never\\", and left"\n2,fine\n')
    assert [row["b"] for row in rows] == ['He said "no, never", and left', "fine"]


def test_a_bad_row_costs_only_itself(read: Read) -> None:
    good = "".join(f"{number},Fine\n" for number in range(2_000))
    _, rows = read(f'a,b\n{good}1,"x\n{good}1\n1,2,3\n{good}')
    assert [row.line for row in rows if isinstance(row, BadRow)] == [2_002, 4_003, 4_004]
    assert sum(isinstance(row, dict) for row in rows) == 6_000


def test_empty_lines_and_empty_fields(read: Read) -> None:
    _, rows = read("a,b\n1,2\n,\n\n  \n3,4,,\n5\n6,7,8\n\n\x1a")
    assert rows[:3] == [{"a": "1", "b": "2"}, {"a": "", "b": ""}, {"a": "3", "b": "4"}]
    assert [(row.line, row.found) for row in rows[3:]] == [(7, "1 fields"), (8, "3 fields")]


def test_one_column(read: Read) -> None:
    table, rows = read("review\nGood, quick and quiet\n\nBad; loud\n")
    assert table.kind == "text of one column"
    assert [row["review"] for row in rows] == ["Good, quick and quiet", "Bad; loud"]


def test_columns_without_a_name_and_names_that_come_twice(read: Read) -> None:
    table, rows = read(",text,text,\n0,a,b,c\n")
    assert table.columns == ("column 1", "text", "text", "column 4")
    assert rows == [{"column 1": "0", "text": "b", "column 4": "c"}]


def test_without_a_header(read: Read) -> None:
    table, rows = read("P1,Bright,5\nP2,Late,3\n", header=False)
    assert table.columns == ("1", "2", "3") and len(rows) == 2
    assert rows[0] == {"1": "P1", "2": "Bright", "3": "5"} and table.looks_like_a_row is None


@pytest.mark.parametrize(
    ("header", "why"),
    [
        ('P1,"The screen is bright.",5,2019-08-06 11:55:30', "'5' is a number"),
        ("1,房间很大\uff0c很干净。", "'1' is a number"),
        ("P1;2019-08-06;Works well.", "'2019-08-06' is a date"),
        (f"P1,{'long ' * 30}", "one of its fields has more than 60 characters"),
        ("P1,,,", "fields in it are empty"),
        ("label,review", None),
        (",Clothing ID,Review Text,Rating", None),
        ("0,1,2", None),
        ('game id,"1=recommended, -1=not recommended",date of creation of the review', None),
    ],
)
def test_a_header_that_looks_like_a_row(header: str, why: str | None, read: Read) -> None:
    table, _ = read(header + "\n")
    assert table.looks_like_a_row == why


# --- encodings

CHINESE = "用户ID,评论内容,评分\n1,手机很好用|屏幕清晰,5\n2,誠|信\\経営,4\n"
JAPANESE = "商品,評価,本文\nP1,5,ソ|表示が能く見えて、とても良い\\商品です。\n"
KOREAN = "상품,평점,리뷰\nP1,5,정말 좋은 제품입니다. 배송도 빨라요.\n"
TRADITIONAL = "商品,評分,內容\nP1,5,這個產品很好用\uff0c下次會再買。功能許可\n"
RUSSIAN = 'Товар,Оценка,Отзыв\nA,5,"Хороший чайник, кипятит быстро"\n'
FRENCH = "produit,note,avis\nA,5,Très bon café et déjà reçu\n"


@pytest.mark.parametrize(
    ("text", "written_in", "read_as"),
    [
        (CHINESE, "gb18030", "gb18030"), (JAPANESE, "cp932", "cp932"), (KOREAN, "cp949", "cp949"),
        (TRADITIONAL, "big5", "big5"), (RUSSIAN, "cp1251", "cp1251"), (FRENCH, "cp1252", "cp1252"),
        (FRENCH, "utf-8", "utf-8"), (KOREAN, "utf-8-sig", "utf-8"), (FRENCH, "utf-16", "utf-16"),
        (FRENCH, "utf-16-le", "utf-16-le"), (FRENCH, "utf-16-be", "utf-16-be"),
        (CHINESE, "utf-16-le", "utf-16-le"), (KOREAN, "utf-16-be", "utf-16-be"), (FRENCH, "utf-32", "utf-32"),
    ],
)  # fmt: skip
def test_encodings(text: str, written_in: str, read_as: str, read: Read) -> None:
    table, rows = read(text.encode(written_in))
    expected = list(csv.reader(io.StringIO(text)))
    assert table.encoding == read_as and list(table.columns) == expected[0]
    assert [[table.decoder.mend(value)[0] for value in row.values()] for row in rows] == expected[1:]


def test_a_told_encoding_is_read_as_the_wider_one(read: Read) -> None:
    for told, wider in (("gbk", "gb18030"), ("sjis", "cp932"), ("euc-kr", "cp949"), ("latin-1", "cp1252")):
        assert read("a,b\n1,2\n", encoding=told)[0].encoding == wider
    _, rows = read("a,b\n1,好😀\n".encode("gb18030"), encoding="gb2312")
    assert rows == [{"a": "1", "b": "好😀"}]
    with pytest.raises(LookupError):
        read("a,b\n", encoding="klingon")


def test_a_stray_line_in_utf8(read: Read) -> None:
    table, rows = read("a,b\n1,好\n2,好\n".encode() + b"3,caf\xe9\n")
    assert table.encoding == "utf-8"
    assert [table.decoder.mend(row["b"])[0] for row in rows] == ["好", "好", "café"]


# --- JSON


def test_json_lines(read: Read) -> None:
    lines = ['{"a": {"b": 1, "c": [1, "x"]}, "d": null}', "", '{"d": NaN, "n": 1' + "0" * 30 + "}", "7", "{"]
    table, rows = read("\n".join(lines))
    assert (table.kind, table.columns, table.unit) == ("JSON lines", ("a.b", "a.c", "d", "n"), "line")
    assert rows[:2] == [{"a.b": "1", "a.c": "1,x", "d": ""}, {"d": "", "n": "1" + "0" * 30}]
    assert [row.line for row in rows[2:]] == [4, 5]


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_json_array(indent: int | None, encoding: str, read: Read) -> None:
    table, rows = read(json.dumps([*ROWS, 7, {"stars": float("nan")}], indent=indent).encode(encoding))
    assert (table.kind, table.unit) == ("JSON array", "row")
    assert rows[:3] == ROWS and rows[4] == {"stars": ""}
    assert (rows[3].line, rows[3].found) == (4, "a JSON int")


def test_json_in_a_western_encoding(read: Read) -> None:
    table, rows = read(b'[{"text": "caf\xe9 au lait"}, {"text": "d\xe9j\xe0 vu, et bien"}]')
    assert table.decoder.mend(rows[0]["text"])[0] == "café au lait"


ENTRY = {
    "author": {"name": {"label": "Ann"}}, "im:rating": {"label": "5"}, "title": {"label": "Good"},
    "content": {"label": "It does what it says.", "attributes": {"type": "text"}},
}  # fmt: skip


@pytest.mark.parametrize("entries", [[ENTRY, ENTRY], [ENTRY], ENTRY])
@pytest.mark.parametrize("indent", [None, 2])
def test_a_feed_of_the_app_store(entries: Any, indent: int | None, read: Read) -> None:
    feed = {
        "feed": {"author": {"name": {"label": "iTunes"}}, "entry": entries, "title": {"label": "Reviews"}}
    }
    table, rows = read(json.dumps(feed, indent=indent))
    assert table.kind == "JSON, reviews at .feed.entry"
    assert len(rows) == (2 if isinstance(entries, list) and len(entries) == 2 else 1)
    assert rows[0]["content.label"] == "It does what it says." and rows[0]["title.label"] == "Good"
    assert (rows[0]["author.name.label"], rows[0]["feed.author.name.label"]) == ("Ann", "iTunes")


def test_other_documents(read: Read) -> None:
    bazaarvoice = {
        "Locale": "en_US", "Includes": {"Products": {"P1": {"Id": "P1", "Name": "A kettle of steel"}}},
        "Results": [{"Id": "1", "ProductId": "P1", "ReviewText": "It boils.", "Rating": 5, "Pros": None}],
        "TotalResults": 1,
    }  # fmt: skip
    table, rows = read(json.dumps(bazaarvoice))
    assert table.kind == "JSON, reviews at .Results"
    assert rows[0]["ReviewText"] == "It boils." and rows[0]["Locale"] == "en_US"
    steam = {"success": 1, "reviews": [{"recommendationid": "1", "review": "Good fun.", "voted_up": True}]}
    table, rows = read(json.dumps(steam))
    assert rows == [{"success": "1", "recommendationid": "1", "review": "Good fun.", "voted_up": "True"}]
    table, rows = read(json.dumps({"reviews": ["Good fun with friends.", "Crashes."], "cursor": "x"}))
    assert rows == [{"text": "Good fun with friends."}, {"text": "Crashes."}]


def test_keys_that_are_data_become_columns(read: Read) -> None:
    review = {"review_id": "1", "rating": 5, "text": "It works well."}
    days = {"2026-07-01": [review, review], "2026-07-02": [review]}
    document = {app: {"app_id": app[0], "per_date_reviews": days} for app in ("Chat.AI", "Other")}
    table, rows = read(json.dumps(document))
    assert table.kind == "JSON, reviews at .*.per_date_reviews.*" and len(rows) == 6
    assert rows[2] == {"key 1": "Chat.AI", "app_id": "C", "key 2": "2026-07-02", **review, "rating": "5"}
    _, rows = read(json.dumps({"Chat.AI": document["Chat.AI"]}))
    assert len(rows) == 3 and rows[0]["key 1"] == "Chat.AI"
    _, rows = read(json.dumps({"r1": review, "r2": review}))
    assert [row["key 1"] for row in rows] == ["r1", "r2"]


@pytest.mark.parametrize("as_lines", [True, False])
def test_reviews_of_several_products(as_lines: bool, read: Read) -> None:
    products = [
        {"id": f"P{n}", "product": {"name": "Kettle"}, "images": ["http://x/y"],
         "reviews": [{"id": str(k), "text": "It boils water well."} for k in range(2)]} for n in range(3)
    ]  # fmt: skip
    text = "\n".join(map(json.dumps, products)) if as_lines else json.dumps(products)
    table, rows = read(text)
    assert table.kind == f"JSON{' lines' if as_lines else ''}, reviews at .reviews"
    assert len(rows) == 6
    assert rows[5] == {"outer.id": "P2", "product.name": "Kettle", "id": "1", "text": "It boils water well."}


def test_replies_to_reviews_are_no_reviews(read: Read) -> None:
    row = {"text": "It boils water well.", "stars": 5, "replies": [{"text": "Thank you."}, {"text": "Yes."}]}
    assert read(json.dumps([row, row]))[0].kind == "JSON array"
    assert read(json.dumps(row) + "\n")[0].kind == "JSON lines"


def test_the_place_can_be_told(read: Read) -> None:
    document = {
        "data": {"old": [{"text": "Long ago it was good."}], "new": [{"text": "Now."}]},
        "x": [{"y": 1}],
    }
    _, rows = read(json.dumps(document), path=".data.new")
    assert rows == [{"text": "Now."}]
    with pytest.raises(NoTable) as caught:
        read(json.dumps(document), path=".data.reviews")
    assert caught.value.found == "no reviews at '.data.reviews'"
    assert caught.value.expected == "one of these places: ., .data.*, .x"


def test_json_that_is_cut_off_gives_what_is_before(tmp_path: Path) -> None:
    rows = [{"text": f"Text number {number}, which is not short"} for number in range(50_000)]
    path = written(tmp_path / "reviews.json", json.dumps(rows)[:-1000])
    table = TableFile(path)
    read = []
    with pytest.raises(NoTable, match="damaged JSON"):
        for row in table.records():
            read.append(row)
    table.close()
    assert len(read) > 49_000


def test_a_long_or_deep_object_costs_only_itself(read: Read) -> None:
    deep = '{"a":' * 100_000 + "1" + "}" * 100_000
    good = '{"text": "Fine as it is."}'
    number = '{"a": 1%s}' % ("0" * 5_000)
    long = '{"text": "%s"}' % ("x\\n" * LONGEST_ROW)
    _, rows = read(f"[{good},\n" * 1 + f"{good},{deep},{number},{long},{good}]")
    assert [isinstance(row, dict) for row in rows] == [True, True, False, False, False, True]


def test_names_around_the_reviews_are_limited(tmp_path: Path) -> None:
    products = [
        {**{f"c{n}_{k}": "x" for k in range(90)}, "reviews": [{"text": "It boils water."}]}
        for n in range(300)
    ]
    with pytest.raises(NoTable, match="27,001 columns"):
        TableFile(written(tmp_path / "names", json.dumps(products)))


def test_columns_of_pandas_are_said_so(read: Read) -> None:
    for document in ({"a": {"0": "x y", "1": "z"}, "b": {"0": 1, "1": 2}}, {"a": ["x y", "z"], "b": [1, 2]}):
        with pytest.raises(NoTable, match="one object per column"):
            read(json.dumps(document))


# --- workbooks


def as_xlsx(sheets: dict[str, list[list[Any]]], first_row: int = 1, more: bytes = b"") -> bytes:
    """A workbook, by hand."""
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    package = "http://schemas.openxmlformats.org/package/2006/"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"

    def cell(column: int, row: int, value: Any) -> str:
        place = f'r="{chr(65 + column)}{row}"'
        if isinstance(value, bool):
            return f'<c {place} t="b"><v>{int(value)}</v></c>'
        if isinstance(value, float | int):
            return f"<c {place}><v>{value}</v></c>"
        if value.startswith("date:"):
            return f'<c {place} s="1"><v>{value[5:]}</v></c>'
        return f'<c {place} t="inlineStr"><is><t>{value}</t></is></c>' if value else ""

    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'{head}<Types xmlns="{package}content-types">'
            '<Default Extension="xml" ContentType="application/xml"/>'
            '<Default Extension="rels" ContentType="application/xml"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            f'{head}<Relationships xmlns="{package}relationships"><Relationship Id="rId1" '
            f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        names = "".join(
            f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>' for n, name in enumerate(sheets, 1)
        )
        archive.writestr(
            "xl/workbook.xml",
            f'{head}<workbook xmlns="{main}" xmlns:r="{office}"><sheets>{names}</sheets></workbook>',
        )
        links = "".join(
            f'<Relationship Id="rId{n}" Type="{office}/worksheet" Target="worksheets/sheet{n}.xml"/>'
            for n, _ in enumerate(sheets, 1)
        )
        links += f'<Relationship Id="rId99" Type="{office}/styles" Target="styles.xml"/>'
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'{head}<Relationships xmlns="{package}relationships">{links}</Relationships>',
        )
        archive.writestr(
            "xl/styles.xml",
            f'{head}<styleSheet xmlns="{main}"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>'
            "</styleSheet>",
        )
        for n, rows in enumerate(sheets.values(), 1):
            cells = "".join(
                f'<row r="{r}">{"".join(cell(c, r, value) for c, value in enumerate(row))}</row>'
                for r, row in enumerate(rows, first_row)
            )
            archive.writestr(
                f"xl/worksheets/sheet{n}.xml",
                f'{head}<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>',
            )
        archive.writestr("xl/more.xml", more)
    return file.getvalue()


SHEET: list[list[Any]] = [
    ["Reviews of May", "", "", ""],
    [],
    ["Product", "Stars", "Text", "Day", ""],
    ["P1", 5.0, "It boils.", "date:45413", "a note"],
    ["P1", 4.5, "Fine.", "date:45414"],
    [],
    ["P2", 1, "", True],
]


def test_a_workbook(read: Read) -> None:
    book = as_xlsx({"Contents": [["Reviews", ""]], "Reviews": SHEET})
    table, rows = read(book)
    assert (table.kind, table.header_line, table.unit) == ("XLSX, sheet 'Reviews'", 3, "row")
    assert table.columns == ("Product", "Stars", "Text", "Day") and table.encoding is table.packed is None
    assert rows == [
        {"Product": "P1", "Stars": "5", "Text": "It boils.", "Day": "2024-05-01"},
        {"Product": "P1", "Stars": "4.5", "Text": "Fine.", "Day": "2024-05-02"},
        {"Product": "P2", "Stars": "1", "Text": "", "Day": "true"},
    ]
    assert [row.line for row in table.records()] == [4, 5, 7]
    assert read(as_xlsx({"S": SHEET[2:5]}, first_row=7))[0].header_line == 7


def test_a_sheet_can_be_told(read: Read) -> None:
    book = as_xlsx({"One": SHEET[2:], "Two": [["a", "b"], ["1", "x"]]})
    assert read(book)[0].kind == "XLSX, sheet 'One'"
    table, rows = read(book, path="Two")
    assert table.columns == ("a", "b") and rows == [{"a": "1", "b": "x"}]
    table, rows = read(book, path="Two", header=False)
    assert rows == [{"1": "a", "2": "b"}, {"1": "1", "2": "x"}]
    with pytest.raises(NoTable) as caught:
        read(book, path="Three")
    assert (caught.value.found, caught.value.expected) == ("no sheet 'Three'", "one of 'One', 'Two'")


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_packed_workbook(pack: Callable[[bytes], bytes], read: Read) -> None:
    assert len(read(pack(as_xlsx({"S": SHEET})))[1]) == 3


def test_a_workbook_in_a_zip(read: Read) -> None:
    table, rows = read(as_zip({"reviews.xlsx": as_xlsx({"S": SHEET})}))
    assert (table.packed, len(rows)) == ("zip (reviews.xlsx)", 3)


def test_a_workbook_of_libreoffice(read: Read) -> None:
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    rows = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>'
            for cell in row
        )
        + "</table:table-row>"
        for row in (["id", "text"], ["1", "It boils."])
    )
    content = (
        f"<office:document-content {spaces}><office:body><office:spreadsheet>"
        f'<table:table table:name="May">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    book = {
        "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
        "META-INF/manifest.xml": manifest.encode(), "content.xml": content.encode(),
    }  # fmt: skip
    table, read_rows = read(as_zip(book))
    assert (table.kind, read_rows) == ("ODS, sheet 'May'", [{"id": "1", "text": "It boils."}])


def test_workbooks_made_to_do_harm(tmp_path: Path) -> None:
    far = as_xlsx({"S": SHEET})
    far = _with_part(
        far, "xl/worksheets/sheet1.xml", lambda sheet: sheet.replace(b'"A1"', b'"XFD1048576"', 1)
    )
    large = as_xlsx({"S": SHEET}, more=bytes(40 * MIB))
    damaged = _with_part(as_xlsx({"S": SHEET}), "xl/workbook.xml", lambda text: text[: len(text) // 2])
    for number, content in enumerate(
        (far, large, damaged, far[:-40], b"PK\3\4", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    ):
        with pytest.raises((NoTable, OSError)) as caught:
            rows_of(written(tmp_path / str(number), content))
        assert str(caught.value)
    with pytest.raises(NoTable, match="more memory"):
        rows_of(tmp_path / "0")


def _with_part(book: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, change(old.read(part)) if part == name else old.read(part))
    return file.getvalue()


# --- packed files


def as_zip(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress, "zstd": zstandard.compress, "bz2": bz2.compress, "xz": lzma.compress,
    "zip (reviews.csv)": lambda data: as_zip({"data/reviews.csv": data}),
}  # fmt: skip


@pytest.mark.parametrize("packed", PACKERS)
def test_packed_files(packed: str, read: Read) -> None:
    table, rows = read(PACKERS[packed](as_csv(ROWS).encode()))
    assert (table.packed, table.kind, rows) == (packed, "CSV", ROWS)


@pytest.mark.parametrize("packed", [name for name in PACKERS if not name.startswith("zip")])
def test_joined_packed_files(packed: str, read: Read) -> None:
    pack = PACKERS[packed]
    assert len(read(pack(b"a,b\n1,2\n") + pack(b"3,4\n") + pack(b""))[1]) == 2


@pytest.mark.parametrize("packed", ["bz2", "xz"])
def test_many_empty_streams(packed: str, tmp_path: Path) -> None:
    with pytest.raises(NoTable, match="nothing"):
        TableFile(written(tmp_path / "empty", PACKERS[packed](b"") * 50_000))


@pytest.mark.parametrize("packed", PACKERS)
def test_packed_files_that_are_cut_off(packed: str, tmp_path: Path) -> None:
    content = PACKERS[packed](b"a,b\n" + b"".join(b"%d,Text %d\n" % (n, n**3) for n in range(60_000)))
    for end in (len(content) - 1, len(content) // 2, 30):
        with pytest.raises((OSError, NoTable)):
            rows_of(written(tmp_path / "cut", content[:end]))


@pytest.mark.parametrize("packed", PACKERS)
def test_damage_in_packed_files(packed: str, tmp_path: Path) -> None:
    content = bytearray(
        PACKERS[packed](b"a,b\n" + b"".join(b"%d,Text %d\n" % (n, n**3) for n in range(9_000)))
    )
    content[len(content) // 2] ^= 255
    with pytest.raises((OSError, NoTable)):
        rows_of(written(tmp_path / "damaged", bytes(content)))


@pytest.mark.parametrize("packed", PACKERS)
def test_what_unpacks_to_too_much(packed: str, tmp_path: Path) -> None:
    zeros = b"a,b\n" + bytes(64 * MIB)
    with pytest.raises(OSError, match="unpacks to more than 100 times its size"):
        rows_of(written(tmp_path / "bomb", PACKERS[packed](zeros)))


def test_what_else_lies_in_a_zip(read: Read) -> None:
    around = {"__MACOSX/._reviews.csv": b"x", ".DS_Store": b"x", "README.txt": b"Read me.", "LICENSE": b"MIT"}
    table, rows = read(as_zip(around | {"reviews.csv": b"a,b\n1,2\n"}))
    assert table.packed == "zip (reviews.csv)" and len(rows) == 1
    with pytest.raises(NoTable) as caught:
        read(as_zip({"a.csv": b"a,b\n", "b.csv": b"a,b\n"}))
    assert "'a.csv', 'b.csv'" in caught.value.found and "name the files" in caught.value.expected
    with pytest.raises(NoTable, match="a zip without a file"):
        read(as_zip({}))
    with pytest.raises(NoTable, match="a packed file in a packed one"):
        read(as_zip({"a.csv.gz": gzip.compress(b"a,b\n")}))
    locked = bytearray(as_zip({"a.csv": b"a,b\n1,2\n"}))
    for magic, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        locked[locked.index(magic) + offset] |= 1
    with pytest.raises(NoTable, match="a zip with a password"):
        read(bytes(locked))


def test_a_zip_of_a_million_names(tmp_path: Path) -> None:
    path = written(tmp_path / "z", as_zip({f"{n:0100}": b"" for n in range(9_000)}, zipfile.ZIP_STORED))
    with pytest.raises(OSError, match="read at once"):
        TableFile(path)


def test_xz_that_asks_for_memory(tmp_path: Path) -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 2**28}]
    path = written(tmp_path / "x", lzma.compress(b"a,b\n", filters=filters))
    with pytest.raises(OSError, match="damaged packed file"):
        TableFile(path)


def test_standard_input_is_read_twice() -> None:
    program = (
        "from ingest.tables import TableFile; from pathlib import Path; t = TableFile(Path('-'));"
        "print(len(list(t.records())), len(list(t.records())), t.size)"
    )
    parquet = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(ROWS), parquet)
    for content in (
        as_csv(ROWS).encode(), gzip.compress(as_csv(ROWS).encode()), parquet.getvalue(),
        as_zip({"a.csv": as_csv(ROWS).encode()}), as_xlsx({"S": SHEET}),
    ):  # fmt: skip
        done = subprocess.run([sys.executable, "-c", program], input=content, capture_output=True, cwd=ROOT)
        assert done.stdout.split() == [b"3", b"3", b"None"], done.stderr


def test_parquet_is_read_twice(read: Read) -> None:
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(ROWS), file)
    table, rows = read(file.getvalue())
    assert (table.kind, table.unit, rows) == ("Parquet", "row", ROWS)
    assert read(gzip.compress(file.getvalue()))[1] == ROWS


# --- blocks, and what is no table


def test_blocks(read: Read) -> None:
    text = "product/productId: P1\nreview/score: 5.0\nreview/text: Quiet: and quick.\n\n\n"
    table, rows = read(text + "product/productId: P2\nno colon here\n\n" + text)
    assert table.columns == ("product/productId", "review/score", "review/text")
    assert rows[0] == rows[2] == {
        "product/productId": "P1", "review/score": "5.0", "review/text": "Quiet: and quick."
    }  # fmt: skip
    assert rows[1].line == 6


@pytest.mark.parametrize(
    ("content", "found", "expected"),
    [
        (b"", "nothing", "a header"),
        (b"\n \n", "nothing but blanks", "a header"),
        (b"%PDF-1.7\n", "a PDF", "ask for the file"),
        (b"Rar!\x1a\x07\x01\0", "a RAR archive", "unrar"),
        (b"7z\xbc\xaf\x27\x1c\0\4", "a 7z archive", "7z x"),
        (b"SQLite format 3\0" + bytes(99), "an SQLite database", "sqlite3 -header -csv"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "a Git LFS pointer", "git lfs pull"),
        (b"<!DOCTYPE html>\n<html><body>a,b</body></html>", "a web page", "download it again"),
        (b'<?xml version="1.0"?>\n<reviews/>', "XML", "spreadsheet"),
        (b"-- dump\n/* x */ SET NAMES utf8;\nINSERT INTO r VALUES (1,'a');", "an SQL script", "export"),
        (b"{'a': u'b', 'c': 1}\n{'a': u'd'}\n", "objects as Python writes them", "ast.literal_eval"),
        (b"\x80\x04\x95\x10\0\0\0\0\0\0\0]q\0.", "a pickle of Python", "CSV"),
        (b"\x89PNG\r\n\x1a\n\0\0", "an image", "text"),
        (b"a\0b,text\n", "bytes that are no text", "CSV"),
        (
            b"It was a dark night, and it rained. We left.\nNobody came.\n\nThe end.\n",
            "text that is",
            "header",
        ),
        (b"{\n", "damaged JSON", "whole"),
        (b"[]", "JSON without objects", "one JSON object"),
        (b'{"a": [1, 2]}{', "damaged JSON", "whole"),
    ],
)
def test_what_is_no_table(content: bytes, found: str, expected: str, read: Read) -> None:
    with pytest.raises(NoTable) as caught:
        read(content)
    assert found in caught.value.found and expected in caught.value.expected


def test_lock_files(read: Read) -> None:
    with pytest.raises(NoTable, match="lock file"):
        read(b"\x05Annie" + bytes(150), name="~$reviews.xlsx")


def test_a_tar(read: Read) -> None:
    with pytest.raises(NoTable, match="a tar archive"):
        read(gzip.compress(b"reviews.csv".ljust(257, b"\0") + b"ustar" + bytes(250)))


# --- any table


def _cell(alphabet: str) -> st.SearchStrategy[str]:
    return st.text(st.sampled_from(alphabet), max_size=8)


ALPHABETS = {
    "utf-8": "ab\",;\t|\n\r é🔋'\\", "utf-16": "ab\",;\t|\n é🔋'", "utf-16-le": "ab\",;|\n 好é",
    "gb18030": "a\",;|\n 好评很😀", "cp932": "a\",;|\n ソ表能です",
}  # fmt: skip
HEADERS = {"gb18030": ["评论", "评分", "商品", "昵称"], "cp932": ["レビュー", "評価", "商品", "本文"]}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_table_is_read_exactly(data: st.DataObject, tmp_path: Path) -> None:
    encoding = data.draw(st.sampled_from(sorted(ALPHABETS)))
    width = data.draw(st.integers(2, 4))
    cell = _cell(ALPHABETS[encoding])
    drawn = data.draw(st.lists(st.lists(cell, min_size=width, max_size=width), min_size=1, max_size=6))
    header = HEADERS.get(encoding, ["product", "rating", "text", "date"])[:width]
    delimiter = data.draw(st.sampled_from(",;\t|"))
    quoted = data.draw(st.booleans())
    if not quoted:
        drawn = [[_without(value, delimiter) for value in row] for row in drawn]
    # A field with a tab and a line break can be two rows without quoting as well.
    both = any(delimiter in value and set(value) & {"\r", "\n"} for row in drawn for value in row)
    assume(delimiter not in "\t|" or not both)
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL).writerows(
        [header, *drawn]
    )
    path = written(tmp_path / "any", file.getvalue().encode(encoding))
    with closing(TableFile(path)) as table:
        for _ in range(2):
            read = [list(row.values.values()) for row in table.records() if isinstance(row, Record)]
            assert read == drawn
        assert table.columns == tuple(header) and table.position == table.size


def _without(value: str, delimiter: str) -> str:
    """A value that needs no quotes."""
    return "".join(sign for sign in value if sign not in f'"\n\r{delimiter}')


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_damage_gives_rows_or_a_sentence(data: st.DataObject, tmp_path: Path) -> None:
    seeds = [
        as_csv(ROWS).encode(), json.dumps(ROWS).encode(), json.dumps({"a": {"b": ROWS}}, indent=1).encode(),
        as_zip({"a.csv": as_csv(ROWS).encode()}), lzma.compress(as_csv(ROWS).encode()),
        b"a/b: 1\na/c: 2\n\na/b: 3\n", as_csv(ROWS, "\t").encode("utf-16"),
    ]  # fmt: skip
    content = bytearray(data.draw(st.sampled_from(seeds)))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 5))] = data.draw(st.binary(max_size=5))
        if not content:
            break
    try:
        table = TableFile(written(tmp_path / "damaged", bytes(content)))
    except (NoTable, OSError):
        return
    try:
        list(table.records())
    except (NoTable, OSError):
        pass
    finally:
        table.close()
