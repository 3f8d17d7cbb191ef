"""The comparison itself finds what differs."""

import pytest
from compare import Found, differences

TEXT = Found("text", 0.9, (10, 10, 110, 60))
TITLE = Found("title", 0.8, (10, 100, 110, 120))


def test_equal_lists_do_not_differ_whatever_their_order():
    assert not list(differences([TEXT, TITLE], [TITLE, TEXT]))


def test_small_differences_are_allowed():
    assert not list(differences([TEXT], [Found("text", 0.905, (10.9, 9.2, 110, 60))]))


@pytest.mark.parametrize(
    "ours, complaint",
    [
        ([], "missing: text"),
        ([TEXT, TITLE], "not in the reference: title"),
        ([Found("text", 0.9, (10, 10, 111.2, 60))], "box off by 1.20 px"),
        ([Found("text", 0.88, TEXT.box)], "score off by 0.0200"),
        ([Found("text", float("nan"), TEXT.box)], "score off by nan"),
    ],
)
def test_each_kind_of_difference_is_told(ours, complaint):
    assert [line for line in differences([TEXT], ours) if line.startswith(complaint)]


def test_another_label_is_two_differences():
    assert len(list(differences([TEXT], [Found("title", 0.9, TEXT.box)]))) == 2


def test_twins_are_counted():
    assert list(differences([TEXT], [TEXT, TEXT])) == ["not in the reference: text 0.9000 [10.0, 10.0, 110.0, 60.0]"]


def test_the_nearest_of_two_is_taken():
    near = Found("text", 0.9, (10, 61, 110, 110))
    assert not list(differences([TEXT, near], [near, TEXT]))
