"""Review files: every column as it should be, and every way it should not."""

import csv
import gzip
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from config.errors import BadReviewFile
from ingest import Rejection, Review, ReviewFile
from ingest.fields import parse_date
from retriever.passage import prose
from retriever.products import Listing

HEADER = "asins,reviews.title,reviews.text"
FULL = f"id,{HEADER},reviews.id,reviews.rating,reviews.date,reviews.username,name,brand,categories"


def read(path: Path) -> list[Review | Rejection]:
    with ReviewFile(path) as file:
        rows = list(file)
        assert file.position == file.size == path.stat().st_size
    return rows


def write(path: Path, header: str, *rows: list[str]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header.split(","), *rows])
    return path


def rejection(path: Path, content: str | bytes) -> str:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    (row,) = (row for row in read(path) if isinstance(row, Rejection))
    return str(row)


def test_every_column(tmp_path: Path) -> None:
    row = ["x", " A , B,A,", "Great", "Good &amp; cheap.<br />\nYes<BR>!", "r7", "4.0"]
    row += ["2017-01-13T00:00:00.000Z", " Ann ", "Kettle", "Acme", "Home,Kitchen"]
    path = write(tmp_path / "reviews.csv", FULL, row, ["x", "C", "", " ok ", *[""] * 7])
    listing = Listing(("A", "B"), "Kettle", "Acme", "Home,Kitchen")
    text = "Good & cheap.\n\nYes\n!"
    assert read(path) == [
        Review(2, listing, "Great", text, "r7", 4.0, date(2017, 1, 13), "Ann", None, row[3]),
        Review(4, Listing(("C",)), None, "ok", None, None, None, None, None, " ok "),
    ]


def test_the_required_columns_suffice_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv"
    path.write_bytes(f"{HEADER}\r\nA,,Fine\r\n".encode("utf-8-sig"))
    assert read(path) == [Review(2, Listing(("A",)), None, "Fine", None, None, None, None)]


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("20170113", date(2017, 1, 13)),
        ("2017-01-13 22:09:11+02:00", date(2017, 1, 13)),
        ("January 13, 2017", date(2017, 1, 13)),
        ("1484265600", date(2017, 1, 13)),
        ("1484265600.0", date(2017, 1, 13)),
        # As ISO 8601 these were 1412-10-15 and 1510-11-11.
        ("1412101512359", date(2014, 9, 30)),
        ("1510111112259", date(2017, 11, 8)),
    ],
)
def test_a_day_is_the_same_however_it_is_written(written: str, day: date) -> None:
    assert parse_date(written) == day


def test_title_and_text_are_one_piece_of_prose() -> None:
    assert prose(None, "It broke.") == "It broke."
    assert prose("Bad", "It broke.") == "Bad. It broke."
    assert prose("Bad!", "It broke.") == "Bad! It broke."


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("A,x,t,7,,", "the rating '7', expected a number from 1 to 5, or nothing"),
        ("A,x,t,nan,,", "the rating 'nan', expected a number from 1 to 5, or nothing"),
        ("A,x,t,good,,", "the rating 'good', expected a number from 1 to 5, or nothing"),
        ("A,x,t,,soon,", "the date 'soon', expected one like 2017-01-13, or nothing"),
        ("A,x,t,,20170113120000,", "the date '20170113120000', expected one like 2017-01-13, or nothing"),
        ("A,x,t,,2017-02-30,", "the date '2017-02-30', expected one like 2017-01-13, or nothing"),
        (" ,x,t,,,", "no product id in 'asins', expected one or more, separated by commas"),
        ('",",x,t,,,', "no product id in 'asins', expected one or more, separated by commas"),
        ("A,x,<br/> &nbsp; ,,,", "no text in 'reviews.text', expected a review"),
        ("A,x,\0,,,", "no text in 'reviews.text', expected a review"),
        ("A,x,t,,", "5 fields, expected 6 as in the header"),
        (f"{'A' * 201},x,t,,,", "an id of 201 characters, expected at most 200"),
        (f"A,x,t,,,{'r' * 201}", "an id of 201 characters, expected at most 200"),
        ('A,x,"t,,,', "a row that is no CSV (',' expected after '\"'), expected quotes that are closed"),
        (f"A,x,{'t' * 1_100_000},,,", "a row that is no CSV (field larger than field limit"),
    ],
)
def test_a_bad_row_is_one_sentence_and_costs_no_other(
    row: str | bytes, sentence: str, tmp_path: Path
) -> None:
    path = tmp_path / "reviews.csv"
    row = row.encode() if isinstance(row, str) else row
    header = f"{HEADER},reviews.rating,reviews.date,reviews.id\n".encode()
    path.write_bytes(header + b'A,x,"fine\n1",,,\n' + row + b'\nA,x,"fine 2",,,\nA,,fine 3,5,,\n')
    rows = read(path)
    assert [row.text for row in rows if isinstance(row, Review)] == ["fine\n1", "fine 2", "fine 3"]
    (found,) = (row for row in rows if isinstance(row, Rejection))
    assert str(found).startswith(f"{path}, line 4: found {sentence}")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", ", line 1: found nothing, expected a header with the names of the columns."),
        (
            b"\n \n",
            ", line 2: found no column for the product's id in '', expected one of asins, parent_asin",
        ),
        (
            b"asinz,reviews.title,reviews.text\n",
            "id in 'asinz', 'reviews.title', 'reviews.text' (the closest: 'asinz')",
        ),
        (b"asins,title,reviewstext\n", "or --column text=reviewstext."),
        (
            b"asins;reviews.title;reviews.text\n",
            ", line 1: found no column for the product's id in 'asins;reviews",
        ),
        (b"\x89PNG\r\n\x1a\n\0\0", ", line 1: found no column for the product's id"),
        (b"a\0b,text\n", ", line 1: found bytes that are no text, expected CSV, TSV, JSON lines or Parquet."),
        (
            b'asins,"reviews.title\n',
            ", line 1: found a row that is no CSV (unexpected end of data), expected",
        ),
        (b'[{"asin": "A"}]', ", line 1: found a JSON array, expected one JSON object per line"),
        (b"{\n", ", line 1: found no line that is a JSON object, expected one per line."),
        (b"PAR1 and no more", ", line 1: found a damaged Parquet file"),
        (
            b"\x1f\x8b and no more",
            ": found 'zlib inflate failed: unknown compression method', expected a file that can",
        ),
        (b"\x28\xb5\x2f\xfd and no more", "expected a file that can be read to its end."),
    ],
)
def test_a_bad_file(content: bytes, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv"
    path.write_bytes(content)
    with pytest.raises(BadReviewFile) as caught:
        ReviewFile(path)
    assert str(caught.value).startswith(str(path))
    assert sentence in str(caught.value)


def test_no_file_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(
        BadReviewFile, match=r"nowhere\.csv: found no such file, expected a file with reviews"
    ):
        ReviewFile(tmp_path / "nowhere.csv")
    with pytest.raises(BadReviewFile, match=": found a folder, expected a file"):
        ReviewFile(tmp_path)
    path = write(tmp_path / "reviews.csv", HEADER)

    def refuse(*arguments: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(BadReviewFile, match=r"found 'Permission denied', expected a file that can be read"):
        ReviewFile(path)


def test_compression_cut_off_in_the_middle(tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv.gz"
    rows = "".join(f"A,,Fine {n} {hash(n) ** 3}\n" for n in range(20_000))
    path.write_bytes(gzip.compress(f"{HEADER}\n{rows}".encode())[:-100])
    with (
        ReviewFile(path) as file,
        pytest.raises(BadReviewFile, match="expected a file that can be read to its"),
    ):
        assert len(list(file)) > 10_000


def test_only_a_header_is_no_error(tmp_path: Path) -> None:
    assert read(write(tmp_path / "reviews.csv", HEADER)) == []
