"""Numbers worked out by hand from src/scheduler/policy.cc: 3 slots, a page of 1 s that never varies, no overhead. The
pace counts 5 %, so n pages and two deviations are n * 1.1 s."""

from __future__ import annotations

import pytest

from tools.autoscale_sim.pod import Accepted, Pod, PodOptions, Refused


def pod(capacity: int = 64, pace: float = 1.0) -> Pod:
    return Pod(PodOptions(slots=3, queue_capacity=capacity, page_seconds=1.0, page_cv=0.0, overhead=0.0), pace)


def test_slots_work_at_once_and_the_rest_waits_in_turn() -> None:
    each = pod()

    answers = [each.offer(0.0, 60.0, request, 1.0) for request in range(7)]

    assert answers == [Accepted(when, True) for when in (1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 3.0)]
    assert [each.in_progress(when) for when in (0.0, 0.5, 1.0, 2.0, 2.9, 3.0)] == [7, 7, 4, 1, 1, 0]


def test_a_full_queue_refuses_until_half_of_it_is_done() -> None:
    each = pod(capacity=4)
    for request in range(7):
        each.offer(0.0, 60.0, request, 1.0)

    # 1 s * (4 / 2 + 1) / 3 slots.
    assert each.offer(0.0, 60.0, 7, 1.0) == Refused(1, "queue_full")
    # One second later three slots have taken three of the four.
    assert each.offer(1.0, 60.0, 8, 1.0) == Accepted(3.0, True)


def test_what_would_be_late_is_refused_with_the_time_after_which_it_would_not() -> None:
    each = pod()
    for request in range(30):
        each.offer(0.0, 60.0, request, 1.0)

    # 3 run: 3 s; 27 wait: 29.7 s; (3 + 29.7) / 3 = 10.9 s, and its own 1.1 s: 12 s.
    assert each.offer(0.0, 12.1, 30, 1.0) == Accepted(11.0, True)
    # 28 wait now: (3 + 30.8) / 3 + 1.1 = 12.37 s, of which 5 are allowed: ceil(7.37).
    assert each.offer(0.0, 5.0, 31, 1.0) == Refused(8, "too_late")


def test_with_a_free_slot_it_is_tried_whatever_is_predicted() -> None:
    # 0.5 s for a page of 1 s: it is late, and says so at its deadline; the slot is busy until the page is done.
    each = pod()

    assert each.offer(0.0, 0.5, 0, 1.0) == Accepted(0.5, False)
    assert each.in_progress(0.9) == 1
    assert each.in_progress(1.0) == 0


def test_what_cannot_be_in_time_any_more_takes_no_slot() -> None:
    each = pod()
    for request in range(3):
        each.offer(0.0, 60.0, request, 10.0)  # ten times as long as any page so far

    # Predicted: 3 slots with 1 s left each: 1 s, and its own 1.1 s. In truth no slot is free before 10 s; it leaves
    # when what a page takes at the least (1 - 0.1) no longer fits.
    answer = each.offer(0.0, 5.0, 3, 1.0)

    assert isinstance(answer, Accepted)
    assert answer.answered == pytest.approx(4.1)
    assert not answer.good
    assert each.in_progress(4.0) == 4
    assert each.in_progress(4.2) == 3
    assert each.offer(4.2, 60.0, 4, 1.0) == Accepted(11.0, True)


def test_pages_of_a_slow_pod_take_longer() -> None:
    assert pod(pace=1.5).offer(0.0, 60.0, 0, 1.0) == Accepted(1.5, True)


def test_counts_pages_that_are_done() -> None:
    each = pod()
    for request in range(4):
        each.offer(0.0, 60.0, request, 1.0)

    each.advance(1.5)

    assert (each.pages_done, each.pages_seconds) == (3, 3.0)
    assert each.unfinished(1.5) == [3]
    assert each.idle_at() == 2.0
