"""The import order of ARCHITECTURE.md, read from the code, and the imports that must stay lazy."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# Each package and what it may import of the others: what lies below it on its lines.
MAY_IMPORT = {
    "config": set(),
    "database": {"config"},
    "retriever": {"config", "database"},
    "ingest": {"config", "database", "retriever"},
    "models": {"config"},
    "generator": {"config", "database", "retriever", "models"},
    "compare": {"config", "database", "retriever", "models", "generator"},
    "app": {"config", "database", "retriever", "ingest", "models", "generator", "compare"},
}


def imported_packages(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            names.add(node.module or "")
    return {name.split(".")[0] for name in names} & set(MAY_IMPORT)


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_go_down_only(package: str) -> None:
    files = list((ROOT / package).rglob("*.py"))
    assert files
    for file in files:
        upward = imported_packages(file) - MAY_IMPORT[package] - {package}
        assert not upward, f"{file.relative_to(ROOT)} imports {upward}"


def test_every_package_is_in_the_order() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages - {"benchmarks", "training"} == set(MAY_IMPORT)


def test_nothing_in_app_shadows_a_package() -> None:
    # `streamlit run app/main.py` puts app/ first on the path.
    assert not {path.stem for path in (ROOT / "app").iterdir()} & set(MAY_IMPORT)


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("from generator import Answer, AnswerLog, Generator", {"llama_cpp", "torch"}),
        ("from retriever import Embedder, Retriever", {"torch", "sklearn", "langchain_core"}),
        ("import generator.llama.worker", {"pydantic", "langchain_core", "psycopg2"}),
        ("import compare.__main__", {"llama_cpp", "torch", "sklearn", "pandas", "scipy.stats"}),
    ],
)
def test_heavy_imports_are_lazy(statement: str, absent: set[str]) -> None:
    code = f"{statement}\nimport sys\nprint(*({absent!r} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not done.stdout.strip(), f"{statement} loads {done.stdout}"


def test_functions_fit_on_a_screen() -> None:
    for package in MAY_IMPORT:
        for file in (ROOT / package).rglob("*.py"):
            text = file.read_text(encoding="utf-8")
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.FunctionDef) and node.end_lineno:
                    length = node.end_lineno - node.lineno + 1
                    assert length <= 60, f"{file.relative_to(ROOT)}:{node.lineno} {node.name}: {length} lines"
