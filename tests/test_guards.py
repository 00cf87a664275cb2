"""Settings from outside: what is accepted, and the sentence for what is not."""

import numpy as np
import pytest

from dezero import guards


@pytest.mark.parametrize("value", [0.5, 1, np.float32(0.25), np.int64(3), 0])
def test_number_comes_back_as_it_is(value):
    assert guards.number("SGD", "lr", value, 46, least=0) is value


@pytest.mark.parametrize("value", ["0.1", None, True, 1j, [0.1], np.array([1.0])])
def test_what_is_no_number(value):
    with pytest.raises(TypeError, match=r"SGD: lr must be a number above 0, got .*46"):
        guards.number("SGD", "lr", value, 46, above=0)


@pytest.mark.parametrize("value", [-1.0, 1.0, float("nan"), float("inf")])
def test_numbers_out_of_range(value):
    expected = rf"Adam: beta1 must be a number at least 0 and below 1, got {value} "
    with pytest.raises(ValueError, match=expected):
        guards.number("Adam", "beta1", value, 46, least=0, below=1)


@pytest.mark.parametrize("value", [1, np.int64(7), np.uint8(3)])
def test_whole_returns_an_int(value):
    result = guards.whole("DataLoader", "batch_size", value, 50)
    assert type(result) is int and result == value


@pytest.mark.parametrize("value", [2.5, "2", None, True, float("nan")])
def test_what_is_not_whole(value):
    with pytest.raises(TypeError, match="batch_size must be a whole number of at"):
        guards.whole("DataLoader", "batch_size", value, 50)


def test_whole_numbers_too_small():
    with pytest.raises(ValueError, match=r"of at least 1, got 0 \(see step 50\)"):
        guards.whole("DataLoader", "batch_size", 0, 50)


def test_flags():
    assert guards.flag("Linear", "nobias", np.True_, 44) is True
    assert guards.flag("Linear", "nobias", 0, 44) is False
    for value in [None, "no", np.array([True, False]), 2]:
        with pytest.raises(TypeError, match="nobias must be True or False"):
            guards.flag("Linear", "nobias", value, 44)


def test_one_of_some_words():
    assert guards.one_of("CIFAR100", "label_type", "fine", 51, ["fine", "coarse"])
    with pytest.raises(ValueError, match="'fine' or 'coarse', got 'medium'"):
        guards.one_of("CIFAR100", "label_type", "medium", 51, ["fine", "coarse"])


def test_large_values_are_shown_by_type():
    assert guards.shown([1, 2]) == "an object of type list"
    assert guards.shown("x" * 100) == "an object of type str"
