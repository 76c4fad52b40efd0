"""CSV rows: what comes out is what went in, and a bad row costs no good one."""

import csv
import io
from collections.abc import Iterator

import pytest
from hypothesis import given, strategies

from ingest.rows import BLOCK, LONGEST_ROW, BadRow, Dialect, Row, line_lists, physical_lines, read_rows


def read(text: str) -> list[Row | BadRow]:
    return list(read_rows(line_lists(io.StringIO(text, newline=""))))


def good(text: str) -> list[tuple[int, list[str]]]:
    return [(row.line, row.fields) for row in read(text) if isinstance(row, Row)]


def bad(text: str) -> list[int]:
    return [row.line for row in read(text) if isinstance(row, BadRow)]


cells = strategies.text(strategies.sampled_from("ab\",;\n\r\0é 🔋'\\"), max_size=6)


@given(
    strategies.integers(2, 4).flatmap(
        lambda n: strategies.lists(strategies.lists(cells, min_size=n, max_size=n))
    )
)
def test_what_csv_writes_is_read(rows: list[list[str]]) -> None:
    file = io.StringIO(newline="")
    csv.writer(file, quoting=csv.QUOTE_ALL).writerows(rows)
    assert [fields for _, fields in good(file.getvalue())] == rows
    assert bad(file.getvalue()) == []


@given(strategies.text(strategies.sampled_from('a",\n\r\0')))
def test_any_text_comes_to_an_end_in_order(text: str) -> None:
    lines = [row.line for row in read(text)]
    assert lines == sorted(set(lines))


def test_lines_are_physical() -> None:
    assert good('a,b\n"1\n\n2",3\n\n4,5\n') == [(1, ["a", "b"]), (2, ["1\n\n2", "3"]), (6, ["4", "5"])]
    assert good("a,b\r\n1,2\r\n3,4") == [(1, ["a", "b"]), (2, ["1", "2"]), (3, ["3", "4"])]


def test_a_quote_that_is_never_closed() -> None:
    text = 'a,b\n1,"2\n3,4\n5,6\n'
    assert good(text) == [(1, ["a", "b"]), (3, ["3", "4"]), (4, ["5", "6"])]
    assert bad(text) == [2]


def test_a_quote_closed_by_a_later_row() -> None:
    text = 'a,b\n1,"2\n3,"4"\n5,6\n'
    assert good(text) == [(1, ["a", "b"]), (3, ["3", "4"]), (4, ["5", "6"])]
    assert bad(text) == [2]


def test_too_many_and_too_few_fields() -> None:
    rows = read("a,b\n1\n2,3\n4,5,6\n")
    assert [row.found for row in rows if isinstance(row, BadRow)] == ["1 fields", "3 fields"]
    assert bad("a,b\n1\n2,3\n4,5,6\n") == [2, 4]


@pytest.fixture
def limit() -> Iterator[int]:
    """A small limit for the length of a field, while the test runs."""
    usual = csv.field_size_limit(1000)
    yield 1000
    csv.field_size_limit(usual)


def test_a_field_beyond_the_limit(limit: int) -> None:
    text = f"a,b\n1,{'x' * (limit + 1)}\n2,{'x' * limit}\n"
    assert [line for line, _ in good(text)] == [1, 3]
    assert bad(text) == [2]
    unclosed = 'a,b\n1,"' + "3,4\n" * limit
    assert bad(unclosed) == [2]
    assert len(good(unclosed)) == limit


@given(strategies.text(strategies.sampled_from("ab\r\n\x85\u2028"), max_size=40), strategies.integers(1, 7))
def test_lines_are_those_of_the_text_however_it_is_read(text: str, block: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ingest.rows.BLOCK", block)
        read = list(physical_lines(io.TextIOWrapper(io.BytesIO(text.encode()), "utf-8", newline="")))
    assert read == list(io.StringIO(text, newline=""))


def test_of_a_line_beyond_the_limit_little_is_read() -> None:
    text = f"a\n{'x' * 2 * LONGEST_ROW}\nb\n{'y' * (LONGEST_ROW + BLOCK)}\n\nc"
    lines = list(physical_lines(io.StringIO(text, newline="")))
    assert [line for line in lines if len(line) < 9] == ["a\n", "b\n", "\n", "c"]
    assert len(lines) == 6 and all(len(line) <= LONGEST_ROW + BLOCK + 1 for line in lines)


def test_rows_are_the_same_in_any_lists() -> None:
    lines = [f'{number},"two\n' if number % 7 else f"{number},x\n" for number in range(2_000)]
    lines = [line + ('lines"\n' if number % 7 else "") for number, line in enumerate(lines)]
    text = "a,b\n" + "".join(lines) + '1,"never closed\n2,3\n4\n5,6\n'
    expected = read(text)
    assert [type(row).__name__ for row in expected[-4:]] == ["BadRow", "Row", "BadRow", "Row"]
    for size in (1, 3, 1000):
        pieces = list(io.StringIO(text, newline=""))
        lists = [pieces[start : start + size] for start in range(0, len(pieces), size)]
        assert list(read_rows(lists)) == expected


def test_fields_beyond_the_header_may_be_empty() -> None:
    assert good("a,b\n1,2,,\n,,\n3,4\n") == [(1, ["a", "b"]), (2, ["1", "2"]), (3, ["", ""]), (4, ["3", "4"])]


def test_other_dialects() -> None:
    lists = [["a|b\n", '"1|2"\n', '3|"x\n']]
    rows = list(read_rows(lists, Dialect("|", quoted=False)))
    assert rows == [(1, ["a", "b"]), (2, ['"1', '2"']), (3, ["3", '"x'])]
    rows = list(read_rows([["sep=;\n", "a;b\n", "1;2\n"]], Dialect(";", first_line=2)))
    assert rows == [(2, ["a", "b"]), (3, ["1", "2"])]
