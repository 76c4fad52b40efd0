"""What a process with a model is given; whoever set it otherwise has a reason."""

import pytest

from models.llama_process import llama_environment


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY", "GLIBC_TUNABLES"):
        monkeypatch.delenv(name, raising=False)


def test_threads_that_wait_for_each_other_soon_let_others_work() -> None:
    assert llama_environment()["GOMP_SPINCOUNT"] == "1000"


@pytest.mark.parametrize(("name", "value"), [("GOMP_SPINCOUNT", "5"), ("OMP_WAIT_POLICY", "active")])
def test_unless_somebody_says_how_long(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    given = {key: text for key, text in llama_environment().items() if key.startswith(("GOMP", "OMP"))}
    assert given == {name: value}


def test_what_glibc_is_told_already_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLIBC_TUNABLES", "glibc.malloc.arena_max=2")
    assert llama_environment()["GLIBC_TUNABLES"] == "glibc.malloc.arena_max=2:glibc.malloc.hugetlb=1"
