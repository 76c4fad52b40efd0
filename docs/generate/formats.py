"""The page about reading reviews in, with the exports that are recognised as `ingest/formats.yaml` lists them."""

# ruff: noqa: E501 - one sentence a line, as Markdown has them

from docs.generate.table import table
from ingest.columns import Format, known_names

HEAD = """
# Bring your reviews in

```sh
python -m ingest --dry-run grinders.csv
python -m ingest grinders.csv
```

The first command shows what would be read: which column holds what and why, columns that nothing is taken from, the number of products, the ratings with their scale, first and last date, languages, three reviews, and the problems by field with what to type.
It does not ask the database: what is new or changed, only the second command finds, which stores the reviews.
Reading a file again changes nothing: known reviews are skipped, changed ones are updated, new ones are added.

Files may be CSV (commas, semicolons, pipes, tabs), JSON (lines, arrays, reviews nested in an object), XLSX, XLS, ODS or Parquet, in any encoding, also as gzip, zstd, bz2, xz, or zip with one table inside.
The form is found from the contents, never from the name.
What is not a table, such as a PDF or a Git LFS pointer, is named, with what to do.

## When a column is not found

Column names match regardless of case, blanks, underscores and dots, in English, German, French, Spanish, Portuguese, Turkish, Chinese, Japanese and Korean.
For others there is `--column`:

| what | how |
|---|---|
| a field has another column | `--column text=body`, `--column 'product=Product Code'` |
| no column holds a field, whatever its name says | `--column title=` |
| two columns of text | `--column text=pros --column text=cons`: both are read, each under its word |
| the product column is a list of ids with commas | `--column products=asins`; `["P1", "P2"]` is always a list |
| all reviews are of one product | `--product "Harbour Hotel"` |
| the file has no header | `--no-header --column product=1 --column text=2` |
| ids that another shop uses too | `--source shop-a`: equal ids of two sources are two products |
| the reviews stand somewhere in a JSON document | `--path .feed.entry`; for a workbook the name of the sheet |
| the same again next month | `--save-mapping shop.yaml` once, then `--mapping shop.yaml` |

The fields are {fields}.
Only `text` and the product are needed.

## Ratings

The scale is found from all ratings of a file, and the dry run shows it: thumbs (0-1), -1-1, 1-5, 1-10, 0-10, 0-100, 20-100.
Values that name their scale, such as `4.0 out of 5 stars`, `7/10`, `80%` or `★★★☆☆`, are read by it.
`true`, `recommended`, `positive` and their opposites are thumbs: 5 stars and 1 star.
`--rating-scale 0-10` tells a scale.
Stars are derived linearly, from 1 for the lowest value to 5 for the highest; the value and its scale are kept.
0 means that nothing was given where the scale begins with 1.
A rating that is not understood costs the rating, never the review.
Where a file does not show its scale, such as grades from 1 to 6 or values up to 7, there are no stars, and the dry run says so.
A row with a rating and no text counts in the product's stars.

## Dates

Days are read in the forms of the world: ISO, `19.8.2024`, `31-Jul-18`, `1 October 2018`, `2019年8月6日`, seconds, milliseconds and microseconds since 1970, and dates in sentences such as `Reviewed in the United States on March 3, 2021`.
Names of months are known in 28 languages.
Whether the day or the month comes first follows from all dates of the file.
Where they do not show it, there is no date, and `--date-order dmy` or `mdy` tells it.
Relative dates (`a month ago`) give no date.
A date that is not understood never costs the review.

## What is left out

Reviews that a shop hides, has not published or calls spam are left out; texts that only say that there is none, such as `No Negative`, are no text; a row without text and rating is left out.
All of them are counted and said.
Replies of shops and developers are never read: neither columns of them nor lists within or beside the reviews.
A header among the rows and blank rows are left out.

`--replace` removes stored reviews of the files' products that the files do not have.
If a row cannot be read, nothing is removed that may be its review.

Rows without an id of their own are known by product, title, text, reviewer and date, and by how often these come in the file.
So two files that hold the same text by nobody on no day count as the same review.

## Languages

The language is the file's word, `--language en`, or detected for each text; texts of a few words have none.
`python -m retriever PRODUCT QUESTION --language de` searches in one language.

## Find the products

`python -m retriever products` lists what is stored, `python -m retriever products kettle` searches, `--json` is for scripts.
A product's exact name, or a part of a name that only one product has, is accepted wherever an id is.

## Exports that are recognised as they are

One command, no option. Each is held by a test (`tests/ingest/known_formats.yaml`).
""".strip()

ONE_PRODUCT = "called like the file, or `--product`"


def page() -> str:
    """The page's text."""
    names = known_names()
    rows = [(one.name, _listed(one.has), _product(one), one.rating_scale or "found") for one in names.formats]
    fields = ", ".join(f"`{field}`" for field in names.fields)
    return "\n\n".join(
        (
            HEAD.replace("{fields}", fields),
            table(("export", "recognised by", "product", "scale"), rows),
            "[Add one](add-a-file-format.md).",
        )
    )


def _listed(columns: tuple[str, ...]) -> str:
    return ", ".join(f"`{column}`" for column in columns)


def _product(known: Format) -> str:
    columns = known.columns.get("product") or known.columns.get("products")
    if columns and not known.one_product:
        return _listed(columns)
    if columns:
        return f"{_listed(columns)}, else {ONE_PRODUCT}"
    return ONE_PRODUCT if known.one_product else "by its column's name"
