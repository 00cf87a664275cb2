"""Transforms by hand, on small pictures and arrays."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from dezero.transforms import (
    AsType,
    CenterCrop,
    Compose,
    Convert,
    Flatten,
    Normalize,
    RandomHorizontalFlip,
    Resize,
    ToArray,
    ToFloat,
    ToInt,
    ToPIL,
)

RGB = np.array(  # (2, 3, 3): two rows, three columns, three channels
    [
        [[10, 11, 12], [20, 21, 22], [30, 31, 32]],
        [[40, 41, 42], [50, 51, 52], [60, 61, 62]],
    ],
    np.uint8,
)


def pixels(img):
    return np.asarray(img).tolist()


# --- Compose ---


def test_compose_goes_in_order():
    transform = Compose([lambda x: x + 1, lambda x: x * 10])
    assert transform(2) == 30
    assert len(transform.transforms) == 2


@pytest.mark.parametrize("empty", [Compose(), Compose([]), Compose(())])
def test_compose_of_nothing_is_the_identity(empty):
    x = object()
    assert empty(x) is x
    assert empty.transforms == []


def test_compose_shares_no_list():
    a, b = Compose(), Compose()
    a.transforms.append(Flatten())
    assert b.transforms == [] == Compose().transforms


# --- pictures ---


def test_convert():
    img = Image.fromarray(RGB)
    assert Convert()(img).mode == "RGB"
    assert Convert("L")(img).mode == "L"
    assert pixels(Convert("BGR")(img)) == RGB[..., ::-1].tolist()
    grey = Image.fromarray(RGB[..., 0])
    assert pixels(Convert()(grey)) == np.stack([RGB[..., 0]] * 3, axis=2).tolist()


def test_resize():
    img = Image.fromarray(RGB)
    assert Resize(5)(img).size == (5, 5)
    assert Resize((6, 4))(img).size == (6, 4)  # width, height
    assert Resize(5).size == (5, 5) and Resize([6, 4]).size == (6, 4)


def test_resize_is_bilinear_unless_said_otherwise():
    assert Resize(2).mode == Image.Resampling.BILINEAR
    img = Image.fromarray(np.array([[0, 100]], np.uint8))
    assert pixels(Resize((4, 1))(img)) == [[0, 25, 75, 100]]
    assert pixels(Resize((4, 1), Image.Resampling.NEAREST)(img)) == [[0, 0, 100, 100]]


def test_center_crop():
    img = Image.fromarray(np.arange(30, dtype=np.uint8).reshape(5, 6))
    assert pixels(CenterCrop((2, 3))(img)) == [[8, 9], [14, 15], [20, 21]]
    assert pixels(CenterCrop(1)(img)) == [[14]]
    assert CenterCrop(7).size == (7, 7)


def test_center_crop_of_a_smaller_picture():
    img = Image.fromarray(np.full((1, 1), 9, np.uint8))
    assert pixels(CenterCrop(3)(img)) == [[0, 0, 0], [0, 9, 0], [0, 0, 0]]


@pytest.mark.parametrize("size", [(1,), (1, 2, 3)])
def test_size_of_another_length(size):
    with pytest.raises(ValueError, match=r"an int or \(width, height\)"):
        Resize(size)


@pytest.mark.parametrize(
    "transform",
    [Convert(), Resize(2), CenterCrop(2), RandomHorizontalFlip(), ToArray()],
)
def test_what_is_no_picture(transform):
    name = type(transform).__name__
    with pytest.raises(TypeError, match=f"{name}: expected a picture .* got str.*step"):
        transform("picture.png")


@pytest.mark.parametrize("transform", [Convert(), Resize(2), CenterCrop(2)])
def test_array_where_a_picture_is_needed(transform):
    with pytest.raises(TypeError, match=r"got ndarray.*ToPIL\(\)"):
        transform(RGB)


# --- flip ---


def test_flip():
    img = Image.fromarray(RGB)
    always, never = RandomHorizontalFlip(p=1), RandomHorizontalFlip(p=0)
    assert pixels(always(img)) == RGB[:, ::-1].tolist()
    assert never(img) is img
    array = RGB.transpose(2, 0, 1)  # (C, H, W)
    np.testing.assert_array_equal(always(array), array[:, :, ::-1])
    assert never(array) is array


def test_flip_by_chance():
    flip = RandomHorizontalFlip(rng=np.random.default_rng(0))
    array = np.array([[0, 1]])
    flipped = sum(flip(array)[0, 0] for _ in range(1000))
    assert 450 < flipped < 550


def test_flip_draws_from_the_global_generator_unless_given_one():
    np.random.seed(0)  # noqa: NPY002
    expected = np.random.random(20) < 0.5  # noqa: NPY002
    np.random.seed(0)  # noqa: NPY002
    flip = RandomHorizontalFlip()
    flipped = [flip(np.array([[0, 1]]))[0, 0] for _ in range(20)]
    np.testing.assert_array_equal(flipped, expected)


# --- pictures and arrays ---


def test_to_array():
    array = ToArray()(Image.fromarray(RGB))
    assert array.shape == (3, 2, 3) and array.dtype == np.float32
    np.testing.assert_array_equal(array, RGB.transpose(2, 0, 1))
    assert array.flags.c_contiguous


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 3), (4, 5, 4), (1, 1, 3)])
def test_to_array_of_any_kind_can_be_written_to(shape, dtype):
    img = Image.fromarray(np.ones(shape, np.uint8))
    array = ToArray(dtype)(img)
    assert array.dtype == dtype
    assert array.shape == (shape[2] if len(shape) == 3 else 1, *shape[:2])
    array += 1
    assert pixels(img) == np.ones(shape).tolist()


def test_to_array_of_grey():
    array = ToArray()(Image.fromarray(RGB[..., 0]))
    assert array.shape == (1, 2, 3)
    np.testing.assert_array_equal(array[0], RGB[..., 0])


def test_to_array_lets_arrays_pass():
    assert ToArray()(RGB) is RGB


@pytest.mark.parametrize("channels, mode", [(1, "L"), (3, "RGB"), (4, "RGBA")])
def test_to_pil_and_back(rng, channels, mode):
    array = rng.integers(256, size=(channels, 4, 5)).astype(np.uint8)
    img = ToPIL()(array)
    assert img.mode == mode and img.size == (5, 4)
    np.testing.assert_array_equal(ToArray(np.uint8)(img), array)


def test_to_pil_of_floats():
    array = np.array([[[-5.0, 0.4, 0.6, 254.5, 300.0]]])
    assert pixels(ToPIL()(array)) == [[0, 0, 1, 254, 255]]  # a half goes to even
    assert pixels(ToPIL()(array[0].astype(np.float32))) == [[0, 0, 1, 254, 255]]


def test_to_pil_does_not_change_the_array():
    array = np.array([[[300.0]]])
    ToPIL()(array)
    assert array[0, 0, 0] == 300


@pytest.mark.parametrize("shape", [(5,), (5, 4, 4), (0, 4, 4), (1, 3, 4, 4)])
def test_to_pil_of_another_shape(shape):
    with pytest.raises(ValueError, match=r"ToPIL: expected an array \(C, H, W\)"):
        ToPIL()(np.zeros(shape))


# --- arrays ---


def test_normalize_by_hand():
    x = np.array([[2.0, 4.0], [6.0, 8.0]])
    np.testing.assert_array_equal(Normalize()(x), x)
    np.testing.assert_array_equal(Normalize(2, 4)(x), [[0.0, 0.5], [1.0, 1.5]])
    np.testing.assert_array_equal(x, [[2.0, 4.0], [6.0, 8.0]])


@pytest.mark.parametrize("kind", [list, tuple, np.array])
def test_normalize_by_channel(rng, kind):
    x = rng.normal(size=(3, 4, 5))
    mean, std = [1.0, 2.0, 3.0], [0.5, 1.0, 2.0]
    y = Normalize(kind(mean), kind(std))(x)
    for c in range(3):
        np.testing.assert_array_equal(y[c], (x[c] - mean[c]) / std[c])


def test_normalize_one_value_for_all_channels(rng):
    x = rng.normal(size=(3, 4, 5))
    np.testing.assert_array_equal(Normalize([1.0], [2.0])(x), (x - 1) / 2)
    mixed = Normalize([1.0, 2.0, 3.0], 2)(x)
    np.testing.assert_array_equal(mixed[2], (x[2] - 3) / 2)


@pytest.mark.parametrize(
    "mean", [0.5, 1, np.float64(0.5), np.float32(0.5), np.array(0.5), [0.5], [0.5] * 3]
)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_normalize_keeps_the_dtype(mean, dtype):
    y = Normalize(mean, mean)(np.ones((3, 2), dtype))
    assert y.dtype == dtype
    np.testing.assert_array_equal(y, (1 - np.max(mean)) / np.max(mean))


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, bool])
def test_normalize_of_integers(dtype):
    y = Normalize(3, 2)(np.array([0, 1], dtype))
    assert y.dtype == np.float32
    np.testing.assert_array_equal(y, [-1.5, -1.0])


def test_normalize_of_0d():
    assert Normalize(1, 2)(np.array(5.0)) == 2
    assert Normalize([1], [2])(np.array(5.0)) == 2


@pytest.mark.parametrize("value", [[1.0, 2.0], np.ones((3, 1, 1))])
def test_normalize_that_does_not_fit(value):
    with pytest.raises(ValueError, match=r"mean must be a number .*\(3, 4, 5\)"):
        Normalize(value)(np.zeros((3, 4, 5)))
    with pytest.raises(
        ValueError, match=r"std must be .* is there a Flatten before it"
    ):
        Normalize(0, value)(np.zeros(60))


def test_flatten():
    x = np.arange(6).reshape(1, 2, 3)
    y = Flatten()(x)
    assert y.tolist() == [0, 1, 2, 3, 4, 5]
    y[0] = 9
    assert x[0, 0, 0] == 0


def test_as_type():
    x = np.array([1.7, -1.7])
    assert AsType()(x).dtype == np.float32
    assert AsType(np.float16)(x).dtype == np.float16
    assert ToFloat is AsType
    y = ToInt()(x)
    assert issubclass(ToInt, AsType) and y.dtype == int and y.tolist() == [1, -1]
    assert ToInt(np.int8)(x).dtype == np.int8


def test_from_a_picture_to_a_network():
    transform = Compose([Convert("L"), CenterCrop(2), ToArray(), Normalize(0, 255)])
    x = Compose([transform, Flatten()])(Image.new("RGB", (4, 4), (255, 255, 255)))
    assert x.dtype == np.float32 and x.tolist() == [1, 1, 1, 1]


def test_transforms_can_be_pickled():
    transform = Compose([Resize(2), RandomHorizontalFlip(0), ToArray(), Normalize(1)])
    again = pickle.loads(pickle.dumps(transform))
    x = Image.fromarray(RGB)
    np.testing.assert_array_equal(again(x), transform(x))


def test_pillow_is_loaded_when_a_picture_is_there():
    program = (
        "import sys, numpy as np, dezero.transforms as T\n"
        "T.Compose([T.Resize(3), T.ToPIL(), T.ToArray()])\n"
        "T.Compose([T.ToArray(), T.Normalize(), T.Flatten()])(np.ones((1, 2, 2)))\n"
        "assert 'PIL' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True)


# --- what is refused ---


@pytest.mark.parametrize("kind", [Resize, CenterCrop])
@pytest.mark.parametrize("size", [0, -1, 2.5, "5", None, True, (3, 0), (3, 2.0), 10**9])
def test_sizes_that_are_none(kind, size):
    with pytest.raises(
        (TypeError, ValueError), match=rf"{kind.__name__}: size must .*49"
    ):
        kind(size)


@pytest.mark.parametrize("size", [(1,), (1, 2, 3), []])
def test_sizes_of_another_length(size):
    with pytest.raises(ValueError, match=r"Resize: size must be an int or \(width"):
        Resize(size)


@pytest.mark.parametrize("mode", ["XYZ", "rgb", None, 3])
def test_modes_that_pillow_does_not_know(mode):
    with pytest.raises(ValueError, match=r"Convert: mode must be .*got .*step 49"):
        Convert(mode)


def test_modes_are_those_of_pillow():
    for mode in Image.MODES:
        assert Convert(mode).mode == mode


def test_a_conversion_that_pillow_does_not_do():
    picture = Image.new("LAB", (2, 2))
    with pytest.raises(ValueError, match=r"Convert: .* LAB to YCbCr; .*step 49"):
        Convert("YCbCr")(picture)


@pytest.mark.parametrize("mode", [-1, 6, 2.0, "bilinear", None])
def test_ways_to_interpolate(mode):
    with pytest.raises((TypeError, ValueError), match="Resize: mode must be .*got"):
        Resize(5, mode)
    assert Resize(5, Image.Resampling.LANCZOS)(Image.new("L", (2, 2))).size == (5, 5)


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan"), "0.5", None, True])
def test_probabilities(p):
    expected = "Flip: p must be (a (finite )?number of )?at least 0 and at most 1"
    with pytest.raises((TypeError, ValueError), match=expected):
        RandomHorizontalFlip(p)


def test_a_generator_of_random_numbers():
    with pytest.raises(TypeError, match="Flip: rng must be a numpy.random.Generator"):
        RandomHorizontalFlip(rng=5)
    with pytest.raises(ValueError, match="expected an array .* without axes"):
        RandomHorizontalFlip(1.0)(np.array(1.0))


@pytest.mark.parametrize("std", [0, 0.0, -1, float("nan"), float("inf"), [1, 0], "1"])
def test_std_is_above_zero(std):
    expected = "Normalize: std must be (a number |a finite number |)above 0, got"
    with pytest.raises((TypeError, ValueError), match=expected):
        Normalize(0, std)


@pytest.mark.parametrize("mean", [float("nan"), None, [0, "1"], np.array([np.inf])])
def test_mean_is_a_number(mean):
    expected = "Normalize: mean must be a (finite )?number, got"
    with pytest.raises((TypeError, ValueError), match=expected):
        Normalize(mean)


@pytest.mark.parametrize("kind", [AsType, ToInt, ToArray])
@pytest.mark.parametrize("dtype", ["nonsense", None, object, complex, 5])
def test_dtypes(kind, dtype):
    with pytest.raises(
        TypeError, match=f"{kind.__name__}: dtype must be a dtype of num"
    ):
        kind(dtype)


@pytest.mark.parametrize("transforms", [5, None, ToFloat(), Flatten])
def test_compose_takes_a_list(transforms):
    with pytest.raises(TypeError, match=r"Compose: expected a list of .*Compose\(\["):
        Compose(transforms)
    assert Compose(t for t in [Flatten()])(np.ones((2, 2))).shape == (4,)


def test_compose_of_what_cannot_be_called():
    with pytest.raises(TypeError, match=r"the class Flatten; write Flatten\(\)"):
        Compose([Flatten])
    for wrong in 5, None, "Flatten":
        with pytest.raises(TypeError, match="Compose: expected something .* be called"):
            Compose([Flatten(), wrong])
    compose = Compose()
    with pytest.raises(TypeError, match="Compose: expected something"):
        compose.transforms = [5]


ODD = [None, 5, "text", [1, 2], Image.new("L", (2, 2)), np.array(["a"]), np.array([1j])]


@pytest.mark.parametrize("x", ODD, ids=lambda x: type(x).__name__)
@pytest.mark.parametrize("transform", [Normalize(), Flatten(), ToFloat(), ToInt()])
def test_transforms_of_arrays_refuse_the_rest(transform, x):
    name = type(transform).__name__
    with pytest.raises(
        TypeError, match=rf"{name}: expected an array of numbers, got .*49"
    ):
        transform(x)


def test_labels_are_numbers_of_numpy():
    assert type(ToInt()(np.uint8(3))) is np.int64 and ToFloat()(np.int64(2)) == 2.0


@pytest.mark.parametrize(
    "array", [None, "text", [[1], [1, 2]], np.array([["a"]]), np.array([[1j]])]
)
def test_pictures_are_made_of_numbers(array):
    with pytest.raises(TypeError, match="ToPIL: expected an array of numbers, got"):
        ToPIL()(array)


def test_pictures_without_a_pixel_or_a_number():
    with pytest.raises(ValueError, match=r"ToPIL: expected an array .* got \(3, 0\)"):
        ToPIL()(np.zeros((3, 0)))
    with pytest.raises(ValueError, match="ToPIL: expected finite numbers, got nan"):
        ToPIL()(np.full((2, 2), np.nan))
    assert ToPIL()([[0, 255]]).size == (2, 1)


# --- print ---


def test_transforms_show_what_they_are():
    transform = Compose([Flatten(), ToFloat(), Normalize(0.0, 255.0)])
    assert repr(transform) == "Compose([Flatten(), ToFloat(), Normalize(0.0, 255.0)])"
    parts = [Convert("BGR"), CenterCrop((4, 3)), RandomHorizontalFlip(0.2), ToArray()]
    assert str(parts) == (
        "[Convert('BGR'), CenterCrop((4, 3)), RandomHorizontalFlip(p=0.2), "
        "ToArray(float32)]"
    )
    assert repr(Resize(5)) == "Resize((5, 5), mode=2)"
    assert [repr(t) for t in (ToPIL(), ToInt(), AsType("int8"))] == [
        "ToPIL()",
        "ToInt(int)",
        "AsType('int8')",
    ]
    assert repr(Normalize(np.array([1.0, 2.0]), 2)) == "Normalize([1.0, 2.0], 2)"


def test_a_transform_of_ones_own_shows_its_name():
    class ToGrey(Convert):
        def __init__(self):
            super().__init__("L")

    assert repr(ToGrey()) == "ToGrey()"
    assert repr(Compose([ToGrey()])) == "Compose([ToGrey()])"
