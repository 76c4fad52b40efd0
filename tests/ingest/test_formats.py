"""Every format and every published layout of columns gives the same reviews."""

import gzip
import io
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from config.errors import BadReviewFile
from ingest import LeftOut, Review, ReviewFile, UnrecognisedColumns
from ingest.mapping import FileMapping
from ingest.review import Row
from retriever.products import Listing

Values = dict[str, Any]

DATAFINITI = {
    "id": "x", "asins": "B1", "name": "Kettle", "brand": "Acme", "categories": "Home,Kitchen",
    "reviews.id": "r1",
    "reviews.date": "2017-01-13T00:00:00.000Z", "reviews.rating": "4", "reviews.title": "Good",
    "reviews.text": "It boils.", "reviews.username": "Ann",
}  # fmt: skip
FINE_FOODS = {
    "Id": 7, "ProductId": "B1", "UserId": "U", "ProfileName": "Ann", "HelpfulnessNumerator": 1,
    "HelpfulnessDenominator": 1, "Score": 4, "Time": 1484265600, "Summary": "Good", "Text": "It boils.",
}  # fmt: skip
AMAZON_2018 = {
    "overall": 4.0, "verified": True, "reviewTime": "01 13, 2017", "reviewerID": "U", "asin": "B1",
    "reviewerName": "Ann", "reviewText": "It boils.", "summary": "Good", "unixReviewTime": 1484265600,
}  # fmt: skip
AMAZON_2023 = {
    "rating": 4.0, "title": "Good", "text": "It boils.", "images": [], "asin": "B2", "parent_asin": "B1",
    "user_id": "Ann", "timestamp": 1484265600000, "helpful_vote": 0, "verified_purchase": True,
}  # fmt: skip
YELP = {
    "review_id": "r1", "user_id": "Ann", "business_id": "B1", "stars": 4.0, "useful": 0, "text": "It boils.",
    "date": "2017-01-13 22:09:11",
}  # fmt: skip


def as_csv(rows: list[Values], delimiter: str = ",") -> bytes:
    lines = [list(rows[0]), *([str(value) for value in row.values()] for row in rows)]
    return "".join(delimiter.join(f'"{value}"' for value in line) + "\n" for line in lines).encode()


def as_tsv(rows: list[Values]) -> bytes:
    return as_csv(rows, "\t")


def as_json(rows: list[Values]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def as_parquet(rows: list[Values]) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), file)
    return file.getvalue()


def read(path: Path, columns: Mapping[str, str | None] = {}, **options: Any) -> list[Row]:
    told = {field: (column,) if column else () for field, column in columns.items()}
    with ReviewFile(path, FileMapping(told, **options)) as file:
        return list(file)


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress])
@pytest.mark.parametrize("write", [as_csv, as_tsv, as_json, as_parquet])
@pytest.mark.parametrize("row", [DATAFINITI, FINE_FOODS, AMAZON_2018, AMAZON_2023, YELP])
def test_every_layout_in_every_format(
    row: Values, write: Callable[[list[Values]], bytes], pack: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    path = written(tmp_path / "reviews", pack(write([row, row])))
    first, second = read(path)
    assert isinstance(first, Review) and isinstance(second, Review)
    ids = ("B1", "B2") if row is AMAZON_2023 else ("B1",)
    described = ("Kettle", "Acme", "Home,Kitchen") if row is DATAFINITI else (None, None, None)
    assert first.listing == Listing(ids, *described)
    assert (first.text, first.rating, first.written_on) == ("It boils.", 4.0, date(2017, 1, 13))
    assert (first.title, first.reviewer) == (None if row is YELP else "Good", "Ann")
    has_id = {"reviews.id": "r1", "Id": "7", "review_id": "r1"}
    assert first.review_id == next((has_id[name] for name in row if name in has_id), None)
    assert second.line == first.line + 1


def test_any_other_columns_by_their_names(tmp_path: Path) -> None:
    path = written(tmp_path / "reviews.csv", as_csv([{"sku": "A", "words": "Fine.", "text": "unused"}]))
    (review,) = read(path, columns={"product": "sku", "text": "words"})
    assert isinstance(review, Review)
    assert (review.listing.ids, review.text) == (("A",), "Fine.")
    with pytest.raises(
        BadReviewFile, match=r"no column 'wrods' \(the closest: 'words'\), expected one of 'sku'"
    ):
        read(path, columns={"product": "sku", "text": "wrods"})
    with pytest.raises(BadReviewFile, match=r"no field 'txt' of a review, .*; did you mean 'text'\?"):
        read(path, columns={"txt": "words"})


def test_rows_of_json_lines_may_differ(tmp_path: Path) -> None:
    lines = [
        '{"asin": "A", "text": "One.", "brand": null, "categories": ["Home", "Kitchen"]}',
        "",
        '{"asin": "A"}',
        '{"asin": "A", "text": "cut',
        "7",
        '{"asin": "A", "text": "Lone \\ud800."}',
    ]
    one, *bad, lone = read(written(tmp_path / "reviews.jsonl", "\n".join(lines).encode()))
    assert isinstance(one, Review) and isinstance(lone, Review)
    assert (one.listing.categories, one.listing.brand, lone.text) == ("Home,Kitchen", None, "Lone \ufffd.")
    assert [row.line for row in bad] == [3, 4, 5]
    assert isinstance(bad[0], LeftOut)
    assert "a JSON int" in str(bad[2])


def test_a_column_that_only_later_json_lines_have(tmp_path: Path) -> None:
    rows = [{"asin": "A", "text": f"Row {n}."} | ({"title": "Good"} if n == 299 else {}) for n in range(300)]
    *_, last = read(written(tmp_path / "reviews.jsonl", as_json(rows)))
    assert isinstance(last, Review) and last.title == "Good"


def test_columns_within_columns(tmp_path: Path) -> None:
    row = {"asins": "A", "reviews": {"title": "Good", "text": "It boils.", "username": None}}
    for write in (as_json, as_parquet):
        first, second = read(written(tmp_path / "reviews", write([row, row | {"reviews": None}])))
        assert isinstance(first, Review) and (first.title, first.text) == ("Good", "It boils.")
        assert isinstance(second, LeftOut) and second.reason == "without text and stars"


def test_a_column_that_is_there_twice_is_not_guessed(tmp_path: Path) -> None:
    path = written(tmp_path / "reviews.csv", b"asin,text,title,title,x,x\nA,Fine.,One,Two,,\n")
    with pytest.raises(UnrecognisedColumns, match=r"line 1: found 2 columns 'title', expected one, or --col"):
        read(path)
    (review,) = read(path, columns={"title": None})
    assert isinstance(review, Review) and (review.title, review.text) == (None, "Fine.")
    with pytest.raises(UnrecognisedColumns, match=r"found 2 columns 'text', expected one\."):
        read(written(path, b"asin,text,text\nA,Fine.,\n"))


@pytest.mark.parametrize("encoding", [None, "utf-8", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("write", [as_csv, as_json])
def test_a_byte_order_mark_is_no_part_of_the_first_column(
    write: Callable[[list[Values]], bytes], encoding: str | None, tmp_path: Path
) -> None:
    text = "\ufeff" + write([{"title": "Good", "text": "Fine.", "asin": "A"}]).decode()
    path = written(tmp_path / "reviews", text.encode("utf-16-le" if "16" in str(encoding) else "utf-8"))
    (review,) = read(path, encoding=encoding)
    assert isinstance(review, Review) and (review.title, review.text) == ("Good", "Fine.")


def test_a_bad_row_of_parquet_is_named_by_its_row(tmp_path: Path) -> None:
    rows = [YELP, YELP | {"business_id": None}]
    _, bad = read(written(tmp_path / "reviews.parquet", as_parquet(rows)))
    assert ", row 2: found no product id in 'business_id'" in str(bad)


TEXT = "Très bon café, déjà reçu. Ça marche très bien et la qualité est là, même après un été."


@pytest.mark.parametrize(
    ("encoding", "note"),
    [
        ("utf-8", None),
        ("utf-8-sig", None),
        ("utf-16", "read as utf-16"),
        ("cp1252", "text: 1 not in UTF-8, read as cp1252"),
        ("latin-1", "text: 1 not in UTF-8, read as cp1252"),
    ],
)
def test_other_encodings_are_noticed(encoding: str, note: str | None, tmp_path: Path) -> None:
    path = written(
        tmp_path / "reviews.csv", f"asin,text\nA,Plain.\nA,{TEXT}\n".replace(", ", " ").encode(encoding)
    )
    with ReviewFile(path) as file:
        texts = [row.text for row in file if isinstance(row, Review)]
        assert texts == ["Plain.", TEXT.replace(", ", " ")]
        assert [remark.startswith(note or "never") for remark in file.remarks()] == [True] * (
            note is not None
        )


def test_another_script_is_guessed(tmp_path: Path) -> None:
    text = "Хороший чайник, кипятит быстро и не шумит. Брал для дачи, доволен покупкой, советую всем."
    path = written(tmp_path / "reviews.csv", f'asin,text\nA,"{text}"\n'.encode("cp1251"))
    (review,) = read(path)
    assert isinstance(review, Review) and review.text == text


def test_an_encoding_can_be_told(tmp_path: Path) -> None:
    path = written(tmp_path / "reviews.csv", "asin,text\nA,Хорошо\n".encode("koi8-r"))
    (review,) = read(path, encoding="koi8-r")
    assert isinstance(review, Review) and review.text == "Хорошо"
    with pytest.raises(BadReviewFile, match="no encoding 'klingon'"):
        read(path, encoding="klingon")


def test_a_stray_line_costs_only_itself(tmp_path: Path) -> None:
    path = written(tmp_path / "reviews.csv", "asin,text\nA,Grün\n".encode() + b"A,caf\xe9\nA,a\0b\n")
    texts = [row.text for row in read(path) if isinstance(row, Review)]
    assert texts == ["Grün", "café", "ab"]
    path.write_bytes("asin,text\nA,Хороший чайник\n".encode() + b"A,caf\xe9\n")
    assert [row.text for row in read(path) if isinstance(row, Review)] == ["Хороший чайник", "café"]


@pytest.mark.parametrize(("told", "text"), [(None, "日本 Ärger"), ("utf-8", "Grün"), ("gbk", "很好")])
def test_a_stray_byte_costs_nothing_around_it(told: str | None, text: str, tmp_path: Path) -> None:
    encoding = told or "utf-8"
    read_as = (
        "GB18030" if told == "gbk" else encoding.upper()
    )  # which holds all of GBK, and what newer phones write
    path = written(tmp_path / "reviews.csv", f"asin,text\nA,{text} ".encode(encoding) + b"\xff\n")
    with ReviewFile(path, FileMapping(encoding=told)) as file:
        (review,) = file
        assert isinstance(review, Review) and review.text == f"{text} ÿ"
        assert any(f"not in {read_as}, read as cp1252" in remark for remark in file.remarks())


def test_standard_input(tmp_path: Path) -> None:
    program = (
        "from ingest import ReviewFile; from pathlib import Path; print(len(list(ReviewFile(Path('-')))))"
    )
    for content in (as_csv([YELP]), gzip.compress(as_json([YELP])), as_parquet([YELP])):
        done = subprocess.run([sys.executable, "-c", program], input=content, capture_output=True, check=True)
        assert done.stdout.strip() == b"1", done.stderr
