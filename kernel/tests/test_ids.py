import time

from kernel.ids import uuid7


def test_an_id_is_a_version_7_uuid_of_its_millisecond():
    before, made, after = time.time_ns() // 10**6, uuid7(), time.time_ns() // 10**6
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert before <= made.int >> 80 <= after


def test_ids_made_in_sequence_sort_in_sequence_and_differ():
    made = [uuid7() for _ in range(5000)]
    assert len(set(made)) == 5000
    # The clock may repeat a tick, so neighbours may swap; hardly any do.
    assert sum(a > b for a, b in zip(made, made[1:], strict=False)) < 50
