"""A few people for half a minute, on the real pages: nothing fails, and what was lost would be told."""

import pytest

from benchmarks.installation import SAMPLE, Installation, installation
from benchmarks.load import answers_of, load, percentile_ms
from benchmarks.load_people import Diary


@pytest.mark.slow
@pytest.mark.own_thread
def test_three_people_and_a_browser() -> None:
    with installation(SAMPLE) as own:
        found = load(own, people=3, minutes=0.5, browsers=1, seed=1)
        assert found["errors"] == 0
        assert found["answers_asked"] == found["answers_logged"] != 0
        assert found["missing"] == found["doubled"] == 0
        assert isinstance(found["p95_ms"], int) and isinstance(found["browser_p95_ms"], int)
        lose_and_double(own)


def lose_and_double(own: Installation) -> None:
    """What the benchmark compares with is what the log holds."""
    before, _ = answers_of(own.database)
    with own.database.connection() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT min(answer_id), max(answer_id) FROM answer WHERE run_id IS NULL")
        first, last = cursor.fetchone() or (0, 0)
        cursor.execute("DELETE FROM vote WHERE first = %s OR second = %s", (first, first))
        cursor.execute("DELETE FROM answer WHERE answer_id = %s", (first,))
    after, _ = answers_of(own.database)
    assert first != last and (before - after).total() == 1


def test_diaries_add_up() -> None:
    one, other = Diary(actions=[("Ask", 1.0)], refused=1), Diary(actions=[("Ask", 3.0)], errors=["no"])
    one.asked.update([("Why?", "a")])
    other.asked.update([("Why?", "a"), ("Why?", "b")])
    one.add(other)
    assert one.asked == {("Why?", "a"): 2, ("Why?", "b"): 1}
    assert (one.refused, one.errors) == (1, ["no"])
    assert percentile_ms([seconds for _, seconds in one.actions], 50) == 2000
    assert percentile_ms([], 95) is None
