"""What is installed: every package of ours, every file that code reads; and the versions of all others."""

import tomllib
from fnmatch import fnmatch
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

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


def locked() -> dict[str, str]:
    """The packages of requirements.lock with their versions; each has a hash at least, or pip refuses all."""
    entries = (ROOT / "requirements.lock").read_text().replace(" \\\n", " ").splitlines()
    found = {}
    for entry in entries:
        if entry and not entry.startswith("#"):
            assert "--hash=sha256:" in entry, entry
            requirement = Requirement(entry.split(" --hash")[0])
            (version,) = requirement.specifier
            found[str(canonicalize_name(requirement.name))] = version.version
    return found


def test_lock_holds_the_pinned_versions() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pinned = dict(line.split("==") for line in lines if not line.startswith("#"))
    versions = {str(canonicalize_name(name)): version for name, version in pinned.items()}
    # What only other platforms need is in the lock alone.
    both = locked().keys() & versions.keys()
    assert len(both) > 100
    assert {name: locked()[name] for name in both} == {name: versions[name] for name in both}


def test_lock_holds_what_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    missing = {canonicalize_name(Requirement(one).name) for one in declared} - locked().keys()
    assert missing == {"torch"}, "make lock"


def test_lock_holds_what_its_packages_need() -> None:
    # pip does not look: it is told to install no dependencies.
    versions = locked() | {"torch": version("torch")}
    for name in locked():
        try:
            needs = [Requirement(one) for one in requires(name) or []]
        except PackageNotFoundError:
            continue  # for another platform
        for need in needs:
            if need.marker is None or need.marker.evaluate({"extra": ""}):
                assert need.specifier.contains(versions[canonicalize_name(need.name)], prereleases=True), (
                    f"{name} needs {need}: make lock"
                )
