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


@pytest.mark.parametrize(
    "value, kind",
    [(-1.0, ""), (1.0, "")]
    + [(float(name), "a finite number of ") for name in ("nan", "inf", "-inf")],
)
def test_numbers_out_of_range(value, kind):
    expected = rf"Adam: beta1 must be {kind}at least 0 and below 1, got {value} "
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


class Box:
    """Has settings that are judged whenever they are set."""

    size = guards.Number(7, least=0)
    dtype = guards.Kind(7)

    def __init__(self, size=1.0, dtype="float32", unkept=None):
        self.size = size
        self.dtype = dtype


def test_a_number_is_judged_in_the_constructor_and_later():
    box = Box(np.float64(2.5))
    assert box.size == 2.5
    for value in -1, float("nan"), "2":
        with pytest.raises((TypeError, ValueError), match=r"Box: size .*got.*step 7"):
            Box(value)
        with pytest.raises((TypeError, ValueError), match=r"Box: size .*got.*step 7"):
            box.size = value
    assert box.size == 2.5


@pytest.mark.parametrize("dtype", [np.float32, "int64", np.dtype(bool), float, ">f4"])
def test_dtypes_of_numbers(dtype):
    assert Box(dtype=dtype).dtype is dtype


@pytest.mark.parametrize(
    "dtype", ["nonsense", None, object, str, complex, 5, [1], "M8"]
)
def test_what_is_no_dtype_of_numbers(dtype):
    with pytest.raises(TypeError, match=r"Box: dtype must be a dtype of numbers.*got"):
        Box(dtype=dtype)


def test_a_thing_is_shown_as_the_call_that_makes_it():
    box = Box(np.float64(2.5), np.float32)
    assert guards.call_text(box) == "Box(size=2.5, dtype=float32)"
    assert guards.call_text(box, "size", t=3) == "Box(2.5, dtype=float32, t=3)"
    box.size = 4
    assert guards.call_text(box, "size", "dtype") == "Box(4, float32)"


def test_things_to_call():
    class Shift:
        def __call__(self, x):
            return x + 1

    for f in abs, float, np.float32, Shift(), lambda x: x:
        guards.check_callable("Compose", f, 49)
    with pytest.raises(
        TypeError, match=r"the class Shift; write Shift\(\) \(see step 49"
    ):
        guards.check_callable("Compose", Shift, 49)
    for f in None, 5, "abs":
        with pytest.raises(
            TypeError, match="Compose: expected something .*called, got"
        ):
            guards.check_callable("Compose", f, 49)
