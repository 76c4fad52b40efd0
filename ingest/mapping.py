"""What a person says of a review file, and the YAML file that keeps it: `--save-mapping`, `--mapping`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

import yaml

from config.errors import ConfigError
from config.folders import writing_to
from config.yaml_file import read_keys
from ingest.dates import ORDERS, DateOrder
from ingest.ratings import told_scale

SOURCE = re.compile(r"[\w.-]{1,50}")


@dataclass(frozen=True, slots=True)
class FileMapping:
    """How to read a file where it does not tell by itself. Raises ConfigError for what cannot be meant."""

    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Field of a review: its columns; none: no column holds it. `products`: a list of ids with commas."""
    product: str | None = None
    """All reviews are of this product."""
    source: str | None = None
    """The name of the shop: ids of different sources are different products."""
    language: str | None = None
    """ISO 639-1: all reviews are in this language."""
    rating_scale: str | None = None
    """As `ingest.ratings.told_scale` reads it: 0-10."""
    date_order: DateOrder | None = None
    """Whether the day or the month comes first in dates of numbers."""
    encoding: str | None = None
    header: bool = True
    """The first row names the columns; else they are called 1, 2, 3, …"""
    path: str | None = None
    """Of JSON where the reviews are, such as .feed.entry; of a workbook the name of the sheet."""

    def __post_init__(self) -> None:
        if self.product is not None and not self.product.strip():
            raise ConfigError("The product has no name: expected --product NAME, or nothing.")
        if self.rating_scale is not None:
            try:
                told_scale(self.rating_scale)
            except ValueError:
                raise ConfigError(
                    f"'{self.rating_scale}' is no scale of ratings: expected its lowest and highest value, "
                    "such as 0-10, or thumbs."
                ) from None
        if self.date_order not in (None, *ORDERS):
            raise ConfigError(
                f"'{self.date_order}' is no order of day and month: expected dmy (3/4 is in April) or mdy."
            )
        if self.source is not None and not SOURCE.fullmatch(self.source):
            raise ConfigError(
                f"'{self.source}' cannot name a source: letters, digits, dots, hyphens and underscores, "
                "at most 50."
            )
        if self.language is not None and not re.fullmatch("[a-z]{2,3}", self.language):
            raise ConfigError(f"'{self.language}' is no language: expected two letters, such as en or de.")


def load_mapping(path: Path) -> FileMapping:
    """The mapping in a YAML file. Raises ConfigError if it cannot be read or holds something else."""
    keys = read_keys(path, "It is the file of --mapping.")
    known = {one.name for one in fields(FileMapping)}
    if unknown := sorted(keys.keys() - known):
        raise ConfigError(f"{path}: unknown key '{unknown[0]}'. A mapping has {', '.join(sorted(known))}.")
    columns = keys.pop("columns", None) or {}
    if not isinstance(columns, Mapping):
        raise ConfigError(f"{path}: columns: expected a field and its column on each line.")
    values = {name: value for name, value in keys.items() if value is not None}
    for name, value in values.items():
        wanted = bool if name == "header" else str
        if not isinstance(value, wanted):
            raise ConfigError(f"{path}: {name}: found {value!r}, expected {wanted.__name__}; quote texts.")
    try:
        return FileMapping({str(name): _names(value) for name, value in columns.items()}, **values)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


def save_mapping(mapping: FileMapping, path: Path) -> None:
    """Write a mapping, so that `load_mapping` gives the same. Raises CannotWrite."""
    default = FileMapping()
    kept: dict[str, object] = {
        one.name: value
        for one in fields(mapping)
        if (value := getattr(mapping, one.name)) != getattr(default, one.name)
    }
    if "columns" in kept:
        kept["columns"] = {name: list(columns) for name, columns in mapping.columns.items()}
    text = yaml.safe_dump(kept, allow_unicode=True, sort_keys=False)
    with writing_to(path.parent, "Name another file with --save-mapping."):
        path.write_text("# python -m ingest --mapping\n" + text, encoding="utf-8")


def combined(base: FileMapping, told: FileMapping) -> FileMapping:
    """`base`, with what `told` says in its place."""
    default = FileMapping()
    changed = {
        one.name: value
        for one in fields(told)
        if one.name != "columns" and (value := getattr(told, one.name)) != getattr(default, one.name)
    }
    return replace(base, columns={**base.columns, **told.columns}, **changed)


def _names(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(map(str, value)) if isinstance(value, list) else (str(value),)
