"""Small files in the form of real ones that once were refused, or stored wrongly without a word."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from config.errors import BadReviewFile
from ingest import LeftOut, Review, ReviewFile
from ingest.__main__ import app
from ingest.mapping import FileMapping
from ingest.review import Row
from ingest.review_file import UnrecognisedColumns

CASES = Path(__file__).with_name("cases")


def read(case: str, columns: Mapping[str, tuple[str, ...]] = {}, **told: Any) -> tuple[list[Row], list[str]]:
    (path,) = CASES.glob(f"{case}_*")
    with ReviewFile(path, FileMapping(columns, **told)) as file:
        rows = list(file)
        return rows, list(file.remarks())


def reviews(case: str, columns: Mapping[str, tuple[str, ...]] = {}, **told: Any) -> list[Review]:
    rows, _ = read(case, columns, **told)
    assert all(isinstance(row, Review | LeftOut) for row in rows), rows
    return [row for row in rows if isinstance(row, Review)]


def ids(found: list[Review]) -> list[str]:
    return list(dict.fromkeys(one for review in found for one in review.listing.ids))


@pytest.mark.parametrize("columns", [{}, {"product": ("Product Name",), "text": ("Reviews",)}])
def test_a_name_with_commas_is_one_product(columns: Mapping[str, tuple[str, ...]]) -> None:
    found = reviews("01", columns)
    assert ids(found) == ["Kettle (1.5 L, Silver)", "Laptop (13 inch, Silver)", "Knee brace (Black)"]
    assert {review.listing.name for review in found} == set(ids(found))


def test_ratings_in_words() -> None:
    rows, remarks = read("03")
    assert [row.rating for row in rows if isinstance(row, Review)] == [4, 5, 2, 4.5, 3, None, None]
    assert any("rating: 1 0, below the scale" in remark for remark in remarks)


def test_a_time_zone_behind_a_time() -> None:
    found = reviews("05")
    assert [(one.written_on, one.reviewer) for one in found] == [
        (date(2025, 3, 2), "Ada"),
        (date(2025, 1, 10), "Bo"),
    ]


def test_all_of_a_file_is_one_product() -> None:
    found = reviews("06", product="Harbour Hotel")
    assert (len(found), ids(found), found[0].listing.name) == (3, ["Harbour Hotel"], "Harbour Hotel")
    rows, remarks = read("06")
    assert len(rows) == 3 and any("--product NAME" in remark for remark in remarks)
    with pytest.raises(
        UnrecognisedColumns, match=r"which holds the rating, expected a column that names products"
    ):
        read("06", {"product": ("Rating",)})


def test_a_file_without_a_header() -> None:
    with pytest.raises(UnrecognisedColumns, match=r"first line looks like a row .* --no-header"):
        read("09")
    columns = {"product": ("1",), "text": ("2",), "rating": ("3",), "date": ("4",)}
    found = reviews("09", columns, header=False)
    assert [(one.listing.ids[0], one.rating, str(one.written_on)) for one in found] == [
        ("P1", 5, "2019-08-06"), ("P1", 3, "2019-05-29"), ("P2", 4, "2019-06-21"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("case", "count", "left_out", "product"),
    [
        ("12", 2, 0, "P1"),
        ("41", 1, 1, "oat-soap"),
        ("43", 1, 0, "gid://shopify/Product/555"),
        ("40", 1, 1, "8123"),
    ],
)
def test_exports_of_shops(case: str, count: int, left_out: int, product: str) -> None:
    rows, remarks = read(case)
    found = [row for row in rows if isinstance(row, Review)]
    assert (len(found), len(rows) - len(found), found[0].listing.ids[0]) == (count, left_out, product)
    assert all(row.rating and row.written_on and row.reviewer and row.text for row in found)
    assert (left_out == 1) == any("hidden by the source" in remark for remark in remarks)


def test_an_app_store_s_report_is_mostly_stars() -> None:
    rows, remarks = read("39")
    assert all(isinstance(row, Review) and row.rating for row in rows)
    assert {row.listing.ids for row in rows if isinstance(row, Review)} == {("org.example.notes",)}
    assert any("stars and no text" in remark for remark in remarks)


def test_two_texts_of_a_row_stand_under_their_words() -> None:
    for columns in ({"product": ("hotel",), "text": ("positive", "negative")}, {"product": ("hotel",)}):
        found = reviews("15", columns)
        assert [one.text for one in found] == [
            "Positive: The beds are soft and the staff is kind.\n\nNegative: The lift is slow.",
            "Negative: Road noise all night.",
            "Positive: Breakfast until noon.",
        ]


@pytest.mark.parametrize("case", ["16", "17"])
def test_tabs_without_quoting_keep_their_quotes(case: str) -> None:
    found = reviews(case)
    assert len(found) == 5
    assert any('"' in f"{one.title}{one.text}{one.listing.name}" for one in found)


def test_stars_without_a_text_are_reviews() -> None:
    found = reviews("18")
    assert ([one.rating for one in found], [bool(one.text) for one in found]) == (
        [1, 1, 1, 5],
        [False, False, False, True],
    )


def test_a_name_that_differs_within_a_product_is_the_reviewer_s() -> None:
    for columns in ({"product": ("gmap_id",)}, {}):
        found = reviews("19", columns)
        assert [(one.listing.name, one.reviewer) for one in found] == [
            (None, "Reviewer One"),
            (None, "Reviewer Two"),
        ]


def test_of_two_texts_the_longer_is_the_text() -> None:
    found = reviews("20", {"product": ("product_name",)})
    assert len(found) == 3 and found[0].title == "worst experience!"
    assert found[0].text and found[0].text.startswith("It stopped heating")


@pytest.mark.parametrize(("case", "stars"), [("21", [5, 1, 5, 1]), ("22", [5, 1])])
def test_thumbs_are_no_stars(case: str, stars: list[float]) -> None:
    found = reviews(case)
    assert [one.rating for one in found] == stars
    assert {one.rating_scale for one in found} == {"0-1"}


@pytest.mark.parametrize(("case", "text"), [("25", "Der Griff wird heiß"), ("35", "Der Griff wird heiß")])
def test_utf_16_with_and_without_a_mark(case: str, text: str) -> None:
    assert [one.text for one in reviews(case)][-1] == text


def test_an_array_of_objects_is_reviews() -> None:
    assert [one.rating for one in reviews("28")] == [5, 2]


def test_python_literals_are_named_with_what_to_do() -> None:
    with pytest.raises(BadReviewFile, match=r"Python .*json"):
        read("31")


def test_blocks_of_lines_are_reviews() -> None:
    found = reviews("32")
    assert [(one.rating, str(one.written_on)) for one in found] == [(5, "2011-04-27"), (1, "2012-09-07")]


def test_markers_of_missing_values() -> None:
    found = reviews("33")
    assert [one.rating for one in found] == [None, None, None, 4]
    assert [one.written_on for one in found] == [None, None, None, date(2024, 2, 1)]


def test_bracketed_lists_of_ids() -> None:
    assert [one.listing.ids for one in reviews("34")] == [("P1", "P2"), ("P1",), ("P1",)]


def test_the_dry_run_says_what_was_recognised_and_why() -> None:
    (path,) = CASES.glob("41_*")
    done = CliRunner().invoke(app, ["--dry-run", str(path)])
    assert done.exit_code == 0
    assert str(path) in done.stdout.splitlines()
    for said in (
        "recognised as: Shopify",
        "nothing is taken from:",
        "1 review of 1 product",
        "2023-06-01",
        "en 1",
    ):
        assert said in done.stdout, done.stdout


def test_a_file_of_which_nothing_can_be_read_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "shop.csv"
    path.write_text("asin,text\n,Fine.\n,Good.\n")
    for options in (["--dry-run"], []):
        done = CliRunner().invoke(app, [*options, str(path)], env={"REVIEWDUEL_HOME": str(tmp_path / "home")})
        assert done.exit_code != 0
        if options:
            assert "product: 2 rejected, such as" in done.stdout
