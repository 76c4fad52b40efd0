"""Review files: every column as it should be, and every way it should not."""

import csv
import gzip
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from config.errors import BadReviewFile
from ingest import LeftOut, Rejection, Review, ReviewFile
from ingest.dates import read_day
from ingest.mapping import FileMapping
from ingest.review import Row
from retriever.passage import prose
from retriever.products import Listing

HEADER = "asins,reviews.title,reviews.text"
FULL = f"id,{HEADER},reviews.id,reviews.rating,reviews.date,reviews.username,name,brand,categories"


def read(path: Path, mapping: FileMapping = FileMapping()) -> list[Row]:
    return read_with_remarks(path, mapping)[0]


def read_with_remarks(path: Path, mapping: FileMapping = FileMapping()) -> tuple[list[Row], list[str]]:
    with ReviewFile(path, mapping) as file:
        rows = list(file)
        assert file.position == file.size == path.stat().st_size
        return rows, list(file.remarks())


def write(path: Path, header: str, *rows: list[str]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header.split(","), *rows])
    return path


def rejection(path: Path, content: str | bytes) -> str:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    (row,) = (row for row in read(path) if isinstance(row, Rejection))
    return str(row)


def among_others(folder: Path, row: str) -> Path:
    """A file whose fourth line is this row, with good rows before and after it."""
    header = f"{HEADER},reviews.rating,reviews.date,reviews.id"
    path = folder / "reviews.csv"
    path.write_text(
        f'{header}\nA,x,"fine\n1",,,\n{row}\nA,x,"fine 2",,2017-01-13,\nA,,fine 3,5,,\n', newline=""
    )
    return path


def test_every_column(tmp_path: Path) -> None:
    row = ["x", " A , B,A,", "Great", "Good &amp; cheap.<br />\nYes<BR>!", "r7", "4.0"]
    row += ["2017-01-13T00:00:00.000Z", " Ann ", "Kettle", "Acme", "Home,Kitchen"]
    path = write(tmp_path / "reviews.csv", FULL, row, ["x", "C", "", " ok ", *[""] * 7])
    listing = Listing(("A", "B"), "Kettle", "Acme", "Home,Kitchen")
    text = "Good & cheap.\n\nYes\n!"
    assert read(path) == [
        Review(
            line=2, listing=listing, title="Great", text=text, review_id="r7", rating=4.0,
            written_on=date(2017, 1, 13), reviewer="Ann", rating_given="4.0", rating_scale="1-5",
            language="en", written="2017-01-13T00:00:00.000Z",
        ),
        Review(4, Listing(("C",)), None, "ok", None, None, None, None),
    ]  # fmt: skip


def test_the_required_columns_suffice_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv"
    path.write_bytes(f"{HEADER}\r\nA,,Fine\r\n".encode("utf-8-sig"))
    assert read(path) == [Review(2, Listing(("A",)), None, "Fine", None, None, None, None)]


def test_only_asins_and_what_is_told_to_be_a_list_is_split_at_commas(tmp_path: Path) -> None:
    def ids(column: str, mapping: FileMapping = FileMapping()) -> tuple[str, ...]:
        (row,) = read(write(tmp_path / "reviews.csv", f"{column},text", ["A, B", "Fine"]), mapping)
        assert isinstance(row, Review)
        return row.listing.ids

    assert ids("asins") == ("A", "B")
    assert ids("asin") == ids("product") == ("A, B",)
    assert ids("asin", FileMapping({"products": ("asin",)})) == ("A", "B")


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
    assert read_day(written) == day


def test_title_and_text_are_one_piece_of_prose() -> None:
    assert prose(None, "It broke.") == "It broke."
    assert prose("Bad", "It broke.") == "Bad. It broke."
    assert prose("Bad!", "It broke.") == "Bad! It broke."


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (" ,x,t,,,", "no product id in 'asins', expected one in each row"),
        ('",",x,t,,,', "no product id in 'asins', expected one in each row"),
        ("A,x,t,,", "5 fields, expected 6 as in the header"),
        (f"{'A' * 501},x,t,,,", "an id of 501 characters, expected at most 500"),
        (f"A,x,t,,,{'r' * 501}", "an id of 501 characters, expected at most 500"),
        ('A,x,"t,,,', "a row that is no CSV (',' expected after '\"'), expected quotes that are closed"),
        (f"A,x,{'t' * 1_100_000},,,", "a row that is no CSV (field larger than field limit"),
    ],
)
def test_a_bad_row_is_one_sentence_and_costs_no_other(row: str, sentence: str, tmp_path: Path) -> None:
    path = among_others(tmp_path, row)
    rows = read(path)
    assert [row.text for row in rows if isinstance(row, Review)] == ["fine\n1", "fine 2", "fine 3"]
    (found,) = (row for row in rows if isinstance(row, Rejection))
    assert str(found).startswith(f"{path}, line 4: found {sentence}")


@pytest.mark.parametrize(
    ("row", "remark"),
    [
        (
            "A,x,t,7,,",
            "rating: 1 outside the scale: no stars, such as '7' (line 4); --rating-scale 0-10 tells",
        ),
        ("A,x,t,0,,", "rating: 1 0, below the scale: no stars, such as '0' (line 4)"),
        ("A,x,t,very,,", "rating: 1 not understood: no stars, such as 'very' (line 4); --rating-scale"),
        ("A,x,t,,soon,", "date: 1 not understood: no date, such as 'soon' (line 4)"),
        ("A,x,t,,2017-02-30,", "date: 1 not understood: no date, such as '2017-02-30' (line 4)"),
        (
            "A,x,t,,two days ago,",
            "date: 1 relative to an unknown day: no date, such as 'two days ago' (line 4)",
        ),
        ("A,x,t,,January 2017,", "date: 1 without a day or a year: no date, such as 'January 2017' (line 4)"),
        ("A,x,t,nan,,", None),
        ("A,x,t,,unknown,", None),
    ],
)
def test_what_is_not_understood_costs_no_row(row: str, remark: str | None, tmp_path: Path) -> None:
    """It is said once; what says that there is nothing is not worth a word."""
    rows, remarks = read_with_remarks(among_others(tmp_path, row), FileMapping(rating_scale="1-5"))
    assert [row.text for row in rows if isinstance(row, Review)] == ["fine\n1", "t", "fine 2", "fine 3"]
    odd = rows[1]
    assert isinstance(odd, Review) and (odd.rating, odd.written_on) == (None, None)
    assert len(remarks) == (remark is not None) and "".join(remarks).startswith(remark or "")


@pytest.mark.parametrize("text", ["<br/> &nbsp; ", "\0", "", "n/a", "No comment."])
def test_without_text_stars_are_kept_and_nothing_is_left_out(text: str, tmp_path: Path) -> None:
    rows, remarks = read_with_remarks(among_others(tmp_path, f"A,,{text},,,"))
    assert rows[1] == LeftOut(4, "without text and stars") and len(rows) == 4
    assert any("1 without text and stars: left out (line 4)" in remark for remark in remarks)
    row = read(among_others(tmp_path, f"A,,{text},2,,"))[1]
    assert isinstance(row, Review) and (row.text, row.rating) == (None, 2.0)


def test_a_title_alone_is_the_text(tmp_path: Path) -> None:
    row = read(among_others(tmp_path, "A,It boils,,,,"))[1]
    assert isinstance(row, Review) and (row.title, row.text) == (None, "It boils")


def test_names_of_products_may_be_ids(tmp_path: Path) -> None:
    row = read(among_others(tmp_path, f"{'A' * 500},x,t,,,{'r' * 500}"))[1]
    assert isinstance(row, Review)
    assert (row.listing.ids, row.review_id) == (("A" * 500,), "r" * 500)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", ", line 1: found nothing, expected a header with the names of the columns."),
        (
            b"\n \n",
            ", line 1: found nothing but blanks, expected a header with the names of the columns.",
        ),
        (
            b"asinz,reviews.title,reviews.text\n",
            "id in 'asinz', 'reviews.title', 'reviews.text', expected --product NAME if all of it is one "
            "product, or --column product=asinz.",
        ),
        (b"asins,title,wordz\n", "expected its name told by --column text=wordz."),
        (
            b"asins:reviews.title:reviews.text\n",
            ", line 1: found no column for the review's text in 'asins:reviews",
        ),
        (b"\x89PNG\r\n\x1a\n\0\0", ": found an image, expected text."),
        (
            b"a\0b,text\n",
            ", line 1: found bytes that are no text, expected CSV, TSV, JSON, XLSX or Parquet.",
        ),
        (
            b'asins,"reviews.title\nA,b\n',
            ", line 1: found a row that is no CSV (unexpected end of data), expected",
        ),
        (b'[{"asin": "A"}]', ", line 1: found no column for the review's text in 'asin', expected"),
        (b"[1, 2]", ", line 1: found JSON without objects in an array, expected one JSON object per review"),
        (
            b"{\n",
            ", line 2: found damaged JSON (Expecting property name enclosed in double quotes), expected",
        ),
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
    with pytest.raises(BadReviewFile, match="expected a file that can be read to its"):
        read(path)


def test_only_a_header_is_no_error(tmp_path: Path) -> None:
    assert read(write(tmp_path / "reviews.csv", HEADER)) == []
