"""What the installed package holds: every package of ours, and every file that code reads beside itself."""

import tomllib
from fnmatch import fnmatch
from pathlib import Path

from tests.test_architecture import MAY_IMPORT

ROOT = Path(__file__).parent.parent
SETUPTOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]


def test_every_package_is_installed() -> None:
    found = {
        ".".join(folder.relative_to(ROOT).parts)
        for package in MAY_IMPORT
        for folder in [ROOT / package, *(ROOT / package).rglob("*")]
        if folder.is_dir() and any(folder.glob("*.py"))
    }
    assert set(SETUPTOOLS["packages"]) >= found
    assert len(set(SETUPTOOLS["packages"])) == len(SETUPTOOLS["packages"])


def test_every_file_beside_the_code_is_installed() -> None:
    for package in MAY_IMPORT:
        for file in (ROOT / package).rglob("*"):
            if file.is_dir() or file.suffix in (".py", ".pyc"):
                continue
            homes = [
                home
                for home in SETUPTOOLS["package-data"]
                if file.is_relative_to(ROOT / home.replace(".", "/"))
            ]
            assert any(
                fnmatch(str(file.relative_to(ROOT / home.replace(".", "/"))), pattern)
                for home in homes
                for pattern in SETUPTOOLS["package-data"][home]
            ), f"{file.relative_to(ROOT)} is in no package-data of pyproject.toml"
