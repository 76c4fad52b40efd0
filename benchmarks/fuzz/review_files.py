"""Hostile review files: reviews with odd fields, in every format, encoding and compression, then damaged.

All formats but workbooks, which a process of their own opens: that would take most of the time.
"""

import bz2
import gzip
import io
import json
import lzma
import zipfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from benchmarks.fuzz.mutation import damaged
from config.errors import BadReviewFile
from ingest import Rejection, Review, ReviewFile
from ingest.cleaning import LONGEST_LINE, LONGEST_TEXT
from ingest.fields import LONGEST_ID

_LAYOUTS: tuple[tuple[str, ...], ...] = (
    ("asins", "reviews.title", "reviews.text", "reviews.id", "reviews.rating", "reviews.date",
     "reviews.username", "name", "brand", "categories"),
    ("Id", "ProductId", "ProfileName", "Score", "Time", "Summary", "Text"),
    ("parent_asin", "asin", "rating", "title", "text", "timestamp", "user_id"),
    ("review_id", "business_id", "stars", "text", "date"),
    ("product", "positive", "negative", "recommended", "language", "status", "date"),
    ("product/productId", "review/score", "review/time", "review/summary", "review/text"),
    ("product name", "2", "text", "recommended", "date"),
)  # fmt: skip
_PLAIN = ("B1", "B2,B3", "Good", "It boils. Works!", "4", "5.0", "2017-01-13", "1484265600", "Ann", "", "r7")
_USUAL = {
    "rating": ("4", "5.0", ""), "score": ("1", "3"), "stars": ("2.5",),
    "time": ("1484265600", "1484265600000"),
    "date": ("2017-01-13", "2017-01-13T00:00:00.000Z", "05 1, 2016", ""),
    "text": ("It boils. Works!", "Good &amp; cheap<br/>"), "asin": ("B1", "B2,B3"), "product": ("B1",),
    "business": ("b",), "id": ("r7", "7", ""), "recommended": ("true", "false", "1", "-1"),
    "language": ("en", "de-AT", "English"), "status": ("published", "hidden", "pending"),
}  # fmt: skip
_ODD = (
    "\0", "a\0b", "\u202egnitar\u202c", "\u2066x\u2069", "\ufeff", "\u200b" * 9, "é", "Ã©" * 3, "ÃƒÂ©",
    "日本語", "🔋" * 5, "\U000e0041", "\ud83d\ude00", "\ud800", "\udc80", "\udcff\ud800", '"', '""', '"a',
    "a\"b", "','", "\r", "\n", "\r\n", "\x1b[31m", "\x85", "\u2028", "&amp;lt;", "&#0;", "&#xd800;", "<br",
    "<br" + " " * 500, "<!--" * 50, "<script>" * 20, "<a " * 50, "</p", "<b>x</b>", ",", ",,", "," * 150,
    ";", "\t", "nan", "inf", "-inf", "1e999", "0x1", "1_0", "٣", "9" * 400, "-1", "0", "6", "1e-400",
    "0001-01-01", "9999-12-31", "10000-01-01", "2017-02-30", "13 45, 2017", "Feb 3, 2017", "99999999999",
    "9999999999999", "1e18", "-1e18", "A" * 199, "A" * 201, "{", "[", "[]", "{}", "null", "true", '{"a": ',
    "\\", "\\u", "\\ud800", "=1+1", "4/5", "80%", "★★★☆☆", "5/1", "9/0", "1e5/10", "3 days ago", "13/12/2017",
    "05.06.07", "[1, 2]", "['A', \"B\"]", "[[[[", "((1,),)", "n/a", "\N{BLACK STAR}" * 6, "' OR 1=1 --", "%s",
    "{0}", "\u0301" * 60,
)  # fmt: skip
_LONG = (" ", "x", "\0", "é", "Ã", "&amp;", "<br ", '"', "a, ", "\n", "Ã©", "\u200b")
_ENCODINGS = (
    "utf-8",
    "utf-8",
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "utf-16-be",
    "utf-32",
    "cp1252",
    "cp1251",
    "shift_jis",
    "gb18030",
    "utf-7",
    "latin-1",
)
_WORDS = (
    b'"', b'""', b",", b"\t", b"\n", b"\r\n", b"\r", b"\0", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf",
    b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"PAR1", b"{", b"}", b"[", b"]", b"[" * 200, b'{"a":' * 200,
    b"\\ud800", b"\\udc80", b"\\u0000", b"\xe2\x80\xae", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc3",
    b"\x80", b"1e999", b"NaN", b"x\",y,\"\n" * 40, b"asin,text\n", b'{"asin": "A", "text": "t"}\n',
    b"," * 300,
)  # fmt: skip

_DELIMITERS = ",,,\t\t;|"

Rows = list[dict[str, Any]]


class ReviewFiles:
    """Implements `Target`."""

    stages = ("refused", "opened", "no reviews", "reviews")

    def __init__(self) -> None:
        rng = Random(0)
        self._seeds = [_packed(_written(_rows(rng), rng), rng) for _ in range(60)]
        self._parquet = [_as_parquet(_rows(rng), rng) for _ in range(40)]

    def make(self, rng: Random) -> bytes:
        """See `Target`."""
        kind = rng.random()
        if kind < 0.08:
            return damaged(rng.choice(self._parquet), rng, self._parquet, _WORDS)
        if kind < 0.2:
            return damaged(rng.choice(self._seeds), rng, self._seeds, _WORDS)
        data = _written(_rows(rng), rng)
        if kind < 0.8:
            data = damaged(data, rng, self._seeds, _WORDS)
        return _packed(data, rng)

    def read(self, path: Path) -> str:
        """See `Target`: what is read must be fit for the database, what is said fit for a terminal."""
        stage = "refused"
        try:
            with ReviewFile(path) as file:
                stage = "opened"
                for row in file:
                    if isinstance(row, Review):
                        stage = "reviews"
                        _require_storable(row)
                        continue
                    stage = "reviews" if stage == "reviews" else "no reviews"
                    if isinstance(row, Rejection):
                        _require_printable(str(row))
                for remark in file.remarks():
                    _require_printable(remark)
        except BadReviewFile as error:
            _require_printable(str(error))
        return stage


def _require_storable(review: Review) -> None:
    short = (
        review.title, review.review_id, review.reviewer, review.rating_given, review.rating_scale,
        review.language, *review.listing.aliases, review.listing.name, review.listing.brand,
        review.listing.categories,
    )  # fmt: skip
    # Composed, a character may become three.
    for limit, texts in ((3 * LONGEST_TEXT, (review.text,)), (3 * LONGEST_LINE, short)):
        for text in texts:
            if text is not None:
                text.encode()
                assert "\0" not in text and 0 < len(text) <= limit
    assert review.rating is not None if review.text is None else review.text.strip()
    assert all(len(name) <= LONGEST_ID for name in review.listing.ids)
    assert review.rating is None or 1 <= review.rating <= 5
    assert len(review.key.encode()) <= 4 * LONGEST_ID


def _require_printable(sentence: str) -> None:
    sentence.encode()
    assert "\x1b" not in sentence and "\u202e" not in sentence and len(sentence) < 20_000


def _rows(rng: Random) -> Rows:
    columns = rng.choice(_LAYOUTS)
    return [{name: _value(name.lower(), rng) for name in columns} for _ in range(rng.randint(1, 4))]


def _value(column: str, rng: Random) -> str:
    kind = rng.random()
    if kind < 0.8:
        return rng.choice(next((values for part, values in _USUAL.items() if part in column), _PLAIN))
    if kind < 0.83:
        return rng.choice(_PLAIN)
    if kind < 0.9985:
        return rng.choice(_ODD) + rng.choice(("", "", "x", rng.choice(_ODD)))
    return rng.choice(_LONG) * rng.choice((3_000, 60_000))


def _written(rows: Rows, rng: Random) -> bytes:
    kind = rng.random()
    if kind < 0.02:
        return _as_parquet(rows, rng)
    if kind < 0.4:
        text = _as_json(rows, rng)
    elif kind < 0.45:
        text = _as_blocks(rows)
    else:
        text = _as_csv(rows, rng.choice(_DELIMITERS), rng)
    encoding = rng.choice(_ENCODINGS)
    return text.encode(encoding, "surrogatepass" if encoding.startswith("utf") else "replace")


def _as_csv(rows: Rows, delimiter: str, rng: Random) -> str:
    quote = rng.random() < 0.7

    def cell(value: str) -> str:
        return '"' + value.replace('"', '""') + '"' if quote else value

    lines = [list(rows[0]), *(list(row.values()) for row in rows)]
    told = f"sep={delimiter}\n" if rng.random() < 0.03 else ""
    ends = ("\n", "\n", "\r\n", "\r")
    return told + "".join(delimiter.join(map(cell, line)) + rng.choice(ends) for line in lines)


def _as_blocks(rows: Rows) -> str:
    return "\n".join("".join(f"{name}: {value}\n" for name, value in row.items()) for row in rows)


def _as_json(rows: Rows, rng: Random) -> str:
    """One object per line, or a document with the reviews somewhere in it."""
    ascii_only, indent = rng.random() < 0.5, rng.choice((None, None, 1))
    found = [_nested(row, rng) for row in rows]
    kind = rng.random()
    if kind < 0.6:
        return "".join(json.dumps(row, ensure_ascii=ascii_only) + "\n" for row in found)
    document: Any = found
    if kind < 0.7:
        document = {"feed": {"product": "B1", "entry": found}}
    elif kind < 0.8:
        document = {"B1": found, "B2": found}
    elif kind < 0.9:
        document = [{"asin": "B1", "reviews": found}, {"asin": "B2", "reviews": found}]
    return json.dumps(document, ensure_ascii=ascii_only, indent=indent)


def _nested(row: dict[str, Any], rng: Random) -> dict[str, Any]:
    value: Any = rng.choice(
        (None, 1, 2.5, True, [], {}, [1, [2, {"a": 3}]], 10**30, -1, float("nan"), float("inf"))
    )
    for _ in range(rng.choice((0, 0, 0, 1, 3, 40, 400))):
        value = rng.choice(([value], {"k": value}))
    return row | {rng.choice([*row, "more"]): value} if rng.random() < 0.4 else row


def _as_parquet(rows: Rows, rng: Random) -> bytes:
    file = io.BytesIO()
    columns: dict[str, Any] = {
        name: [str(row[name]).encode("utf-8", "replace") for row in rows] for name in rows[0]
    }
    table = pa.table(
        {
            name: pa.array(values).cast(rng.choice((pa.string(), pa.binary())))
            for name, values in columns.items()
        }
    )
    for kind in (pa.timestamp("us"), pa.date32(), pa.float64(), pa.list_(pa.int32())):
        if rng.random() < 0.3:
            numbers = [rng.choice((0, 1, 2**31 - 1)) for _ in rows]
            values = [[number] for number in numbers] if pa.types.is_list(kind) else numbers
            table = table.append_column(
                f"more {kind}",
                pa.array(values).cast(kind) if pa.types.is_list(kind) else _numbers(numbers, kind),
            )
    pq.write_table(
        table, file, compression=rng.choice(("none", "snappy", "gzip", "zstd")),
        use_dictionary=rng.random() < 0.6
    )  # fmt: skip
    return file.getvalue()


def _numbers(numbers: Sequence[int], kind: Any) -> Any:
    width = pa.int32() if kind == pa.date32() else pa.int64() if kind != pa.float64() else pa.float64()
    return pa.array(numbers, width).cast(kind)


def _zipped(data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(zipfile.ZipInfo("reviews.csv"), data)
    return file.getvalue()


_PACKERS: tuple[Callable[[bytes], bytes], ...] = (
    *[bytes] * 8, *[partial(gzip.compress, mtime=0)] * 2, *[zstandard.compress] * 2,
    bz2.compress, partial(lzma.compress, preset=0), _zipped,
)  # fmt: skip


def _packed(data: bytes, rng: Random) -> bytes:
    packer = rng.choice(_PACKERS)
    packed = packer(data)
    return packed * 2 if packer is not bytes and rng.random() < 0.1 else packed
