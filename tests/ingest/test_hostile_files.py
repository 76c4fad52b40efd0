"""Review files made to do harm: reviews come of them, or a sentence, soon and in little memory."""

import gzip
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.fuzz.review_files import ReviewFiles
from config.errors import BadReviewFile
from ingest import Review, ReviewFile
from ingest.cleaning import LONGEST_TEXT, clean
from ingest.mapping import FileMapping
from ingest.review import Row
from ingest.rows import LONGEST_ROW

ROOT = Path(__file__).parent.parent.parent
KEPT = sorted((ROOT / "tests" / "hostile").glob("reviews-*"))
MIB = 2**20
HEADER = b"asin,text,rating\n"
GOOD = b"A,Fine.,5\n"


def read(path: Path) -> list[Row]:
    with ReviewFile(path) as file:
        return list(file)


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.fixture(scope="module")
def target() -> ReviewFiles:
    return ReviewFiles()


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(seed=st.integers(0, 2**32))
def test_any_damage_gives_reviews_or_a_sentence(
    seed: int, target: ReviewFiles, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = written(tmp_path_factory.getbasetemp() / "hostile", target.make(Random(seed)))
    assert target.read(path) in target.stages


@pytest.mark.parametrize("kept", KEPT, ids=lambda path: path.name)
def test_what_once_failed(kept: Path, target: ReviewFiles) -> None:
    assert target.read(kept) in target.stages


def _hole(path: Path, before: bytes, size: int, after: bytes) -> None:
    with path.open("wb") as file:
        file.write(before)
        file.seek(size, os.SEEK_CUR)
        file.write(after)


def _parquet(path: Path, text: str, rows: int, **options: object) -> None:
    table = pa.table({"asin": ["A"] * rows, "text": pa.DictionaryArray.from_arrays([0] * rows, [text])})
    pq.write_table(table, path, store_schema=False, dictionary_pagesize_limit=2**31 - 1, **options)


def _long_rows(path: Path) -> None:
    """200 MiB of rows of different texts, that pack no better than reviews may."""
    random = Random(0)
    packer = zstandard.ZstdCompressor().compressobj()
    with path.open("wb") as file:
        file.write(packer.compress(HEADER))
        for _ in range(200):
            piece = random.randbytes(10_000).hex().encode()
            file.write(packer.compress(b"A," + piece * 50 + b",5\n"))
        file.write(packer.flush())


MARKUP = (
    b"<!--", b"<script>", b"<style>", b"<br ", b"<a ", b"&amp;", b"&", b"\xc3\x83\xc2", b"\xc3\x83",
    b"\xe2\x80\x8b", b"\xcc\x81", b"\x1b[", b"<br" + b" " * 40_000, b"</script " * 2,
    b"<p/" + b"/" * 40_000, b"a\xcc\x81" * 9,
)  # fmt: skip
# Each is cheap to make and would be dear to read carelessly.
BOMBS: dict[str, Callable[[Path], object]] = {
    "gzip": lambda path: path.write_bytes(gzip.compress(HEADER + bytes(MIB)) * 2000),
    "zstd": lambda path: path.write_bytes(zstandard.compress(HEADER + bytes(MIB)) * 20_000),
    "gzip of Parquet": lambda path: path.write_bytes(gzip.compress(b"PAR1" + bytes(MIB)) * 2000),
    "a name of 30 MB in a gzip": lambda path: path.write_bytes(
        b"\x1f\x8b\x08\x08" + bytes(6) + b"n" * 20 * MIB
    ),
    "a million empty gzips": lambda path: path.write_bytes(gzip.compress(b"") * 100_000),
    "a field of zeros": lambda path: _hole(path, HEADER + b"A,", 80 * MIB, b"\n" + GOOD),
    "a header of zeros": lambda path: _hole(path, b"", 80 * MIB, b"\n" + GOOD),
    "a JSON line of zeros": lambda path: _hole(path, b'{"asin": "', 80 * MIB, b'"}\n'),
    "a quote never closed": lambda path: path.write_bytes(HEADER + b'A,"' + b"x\n" * 40_000),
    "each line swallows all others": lambda path: path.write_bytes(HEADER + b'x",y,"\n' * 60_000),
    "fields without end": lambda path: path.write_bytes(HEADER + b'","\n' * 40_000),
    "a million columns": lambda path: path.write_bytes(b"c," * (LONGEST_ROW // 2 - 9) + b"\n" + GOOD),
    "long names of columns": lambda path: path.write_bytes((b"x" * 100_000 + b",") * 15 + b"\n" + GOOD),
    "a million ids": lambda path: path.write_bytes(HEADER + b'"' + b"a," * 500_000 + b'",t,5\n'),
    "JSON a hundred thousand deep": lambda path: path.write_bytes(b'{"a":' * 100_000),
    "JSON lists within each other": lambda path: path.write_bytes(
        b'{"a":' + b"[" * 900 + b"]" * 900 + b"}\n"
    ),
    "JSON with long names, deep": lambda path: path.write_bytes(
        b"".join(b'{"%s":' % (b"n" * 2000) for _ in range(900)) + b"1" + b"}" * 900
    ),
    "JSON of empty lists": lambda path: path.write_bytes(
        b'{"a":[' + b"[]," * (LONGEST_ROW // 3 - 9) + b"1]}\n"
    ),
    "JSON of many names": lambda path: path.write_bytes(
        (b"{" + b",".join(b'"%d":1' % number for number in range(100_000)) + b"}\n") * 4
    ),
    "a text shared by all rows": lambda path: _parquet(path, "x" * 4 * MIB, 300, compression="none"),
    "a text shared by all rows, packed": lambda path: _parquet(
        path, "x" * 20 * MIB, 10_000, compression="zstd"
    ),
    "long rows": _long_rows,
    "dates and ratings without end": lambda path: path.write_bytes(
        b"asin,text,rating,date\n"
        + b"".join(
            b"A,t,%s,%s\n" % (word * 60_000, word * 60_000) for word in (b"9 ", b"1/", b"may 1 ", b"1-")
        )
    ),
    "names without end": lambda path: path.write_bytes(
        b"product id,name,text\n"
        + b"".join(b"%d%s,%s,t\n" % (n, b"p" * 400, b"n" * 500_000) for n in range(100))
    ),
    "mark-up without end": lambda path: path.write_bytes(
        HEADER + b"".join(b"A,%s,\n" % (word * (LONGEST_TEXT // len(word))) for word in MARKUP)
    ),
    "other scripts": lambda path: path.write_bytes(HEADER + bytes(range(128, 256)) * 5000),
}


def test_bombs_take_neither_time_nor_memory(tmp_path: Path) -> None:
    """In a process with limits, each within 5 s and 256 MiB."""
    options = []
    for number, make in enumerate(BOMBS.values()):
        make(tmp_path / f"bomb {number}")
        options += ["--files", str(tmp_path / f"bomb {number}")]
    for kept in KEPT:
        options += ["--files", str(kept)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.fuzz", "--targets", "reviews", *options],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    figures = json.loads(done.stdout.splitlines()[-1])["reviews"]
    assert not figures["failures"], done.stdout
    assert sum(figures["stages"].values()) == len(BOMBS) + len(KEPT)


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_a_packed_file_that_is_cut_off_is_noticed(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    rows = b"".join(b"A,Text number %d.,\n" % number for number in range(6_000))
    packed = pack(HEADER + rows)
    assert len(read(written(tmp_path / "whole", packed))) == 6_000
    for end in (len(packed) - 1, len(packed) // 2):
        with pytest.raises(BadReviewFile, match="can be read to its end"):
            read(written(tmp_path / "cut", packed[:end]))


def test_what_unpacks_to_more_than_reviews_do_is_refused_in_words(tmp_path: Path) -> None:
    bomb = written(tmp_path / "reviews.csv.gz", gzip.compress(HEADER + bytes(MIB)) * 2000)
    with pytest.raises(BadReviewFile, match="it unpacks to more than 100 times its size"):
        read(bomb)


def test_a_line_beyond_all_limits_costs_only_itself(tmp_path: Path) -> None:
    for name, header, good, before in (
        ("csv", HEADER, GOOD, b"A,"),
        ("jsonl", b"", b'{"asin": "A", "text": "Fine."}\n', b'{"asin": "A", "text": "'),
    ):
        path = written(tmp_path / name, header + good + before + b"x" * 3 * LONGEST_ROW + b"\n" + good)
        first, bad, last = read(path)
        assert isinstance(first, Review) and isinstance(last, Review)
        assert "2,097,152 characters" in str(bad)


def test_lines_that_each_swallow_the_rest_are_not_read_over_and_over(tmp_path: Path) -> None:
    path = written(tmp_path / "reviews.csv", HEADER + GOOD + b'x",y,"\n' * 100_000)
    first, *bad = read(path)
    assert isinstance(first, Review)
    assert 1 < len(bad) < 10_000
    assert "lines after it" in str(bad[-1])


def test_halves_of_characters_do_not_reach_the_database(tmp_path: Path) -> None:
    lines = (
        rb'{"asin": "A\ud800", "text": "t \udc80\ud800", "title": "\udcff", "review_id": "\udfff"'
        + rb', "brand": "\ud83d\ude00"}'
    )
    (review,) = read(written(tmp_path / "reviews.jsonl", lines))
    assert isinstance(review, Review)
    texts = (
        *review.listing.ids,
        review.listing.brand,
        review.text,
        review.title,
        review.review_id,
    )
    assert all(text is None or text.encode() for text in texts)
    assert review.listing.brand == "😀"


def test_ids_hold_nothing_that_cannot_be_seen(tmp_path: Path) -> None:
    path = written(tmp_path / "reviews.csv", "asin,text\n\u202eA\u200b\x1b1 \u2028B,t\n".encode())
    (review,) = read(path)
    assert isinstance(review, Review) and review.listing.ids == ("A1 B",)


def test_what_is_said_of_a_file_cannot_steer_a_terminal(tmp_path: Path) -> None:
    name = tmp_path / "\x1b[2J\u202e\udcff.csv"
    with pytest.raises(BadReviewFile) as caught:
        ReviewFile(written(name, "asins\u202e,\x1b[31mtext,reviewz\n".encode()))
    said = str(caught.value)
    assert r"\x1b[2J\u202e\udcff.csv" in said
    assert "\x1b" not in said and "\u202e" not in said and said.encode()


@pytest.mark.parametrize("encoding", ["hex", "rot13", "undefined", "klingon", "utf\0", ""])
def test_what_is_no_encoding_of_text_is_said_so(encoding: str, tmp_path: Path) -> None:
    with pytest.raises(BadReviewFile, match="no encoding '"):
        ReviewFile(written(tmp_path / "reviews.csv", HEADER + GOOD), FileMapping(encoding=encoding))


@pytest.mark.parametrize(
    "encoding", ["utf-32", "shift_jis", "utf-16", "idna", "ascii", "utf-7", "punycode", "gb18030"]
)
def test_bytes_that_are_not_in_the_told_encoding(encoding: str, tmp_path: Path) -> None:
    path = written(tmp_path / "reviews.csv", HEADER + b"A,\x81\xff\x80\xed\xa0,5\n" * 50)
    try:
        with ReviewFile(path, FileMapping(encoding=encoding)) as file:
            for row in file:
                assert str(row)
    except BadReviewFile as error:
        assert str(error)


def test_parquet_with_texts_that_are_none(tmp_path: Path) -> None:
    path, file = tmp_path / "reviews.parquet", io.BytesIO()
    texts = pa.array([b"caf\xe9", b"Fine."])
    odd = pa.array([2**62, 0]).cast(pa.timestamp("us"))
    table = pa.table({"asin": ["A", "B"], "text": texts.view(pa.string()), "odd": odd})
    pq.write_table(table, file, store_schema=False)
    first, second = read(written(path, file.getvalue()))
    assert "a value that is none" in str(first)
    assert isinstance(second, Review) and second.text == "Fine."
    pq.write_table(table.drop_columns("odd"), file := io.BytesIO(), store_schema=False)
    first, second = read(written(path, file.getvalue()))
    assert isinstance(first, Review) and first.text == "café"


def test_cleaning_takes_time_that_grows_with_the_text_alone() -> None:
    import time

    def seconds(size: int) -> float:
        started = time.process_time()
        for word in MARKUP:
            text = word.decode(errors="replace")
            clean((text * size)[:size])
        return time.process_time() - started

    seconds(1000)
    short, long = seconds(2_000), seconds(16_000)
    assert long < 40 * short, "eight times the text took more than forty times as long"
