"""Transforms: objects that are called with one item, to prepare it for the network.

    transform = Compose([Resize(224), ToArray(), Normalize(127.5, 127.5)])
    x = transform(image)  # a Pillow picture in, an array out

Convert, Resize and CenterCrop work on pictures; Normalize, Flatten, AsType (ToFloat)
and ToInt on arrays; RandomHorizontalFlip on both. ToArray turns a picture into an
array, and ToPIL turns it back. Pillow is loaded with the first picture, not before.

Letters: C channels, H height, W width.
"""

import numpy as np

from dezero.guards import (
    Kind,
    call_text,
    check_callable,
    number,
    one_of,
    refusal,
    shown,
    whole,
)

# Known without loading Pillow: PIL.Image.BILINEAR, and Image.MODES.
_BILINEAR = 2
_MODES = """
BGR RGB L RGBA 1 P I F CMYK YCbCr LAB HSV LA La PA RGBa RGBX I;16 I;16B I;16L I;16N
""".split()


class _Callables:
    """An attribute that holds a list of things to call, checked when it is set."""

    def __set_name__(self, owner, name):
        self.name = name

    def __set__(self, instance, transforms):
        for transform in transforms:
            check_callable(type(instance).__name__, transform, 49)
        vars(instance)[self.name] = transforms


class Compose:
    """Apply several transforms one after the other; none at all is the identity.

    >>> Compose([Flatten(), ToFloat()])(np.array([[1, 2], [3, 4]]))
    array([1., 2., 3., 4.], dtype=float32)
    """

    transforms = _Callables()

    def __init__(self, transforms=()):
        _check_list(self, transforms)
        self.transforms = list(transforms)

    def __call__(self, x):
        for transform in self.transforms:
            x = transform(x)
        return x

    def __repr__(self):
        return call_text(self, "transforms")


class Convert:
    """Convert a picture to a Pillow mode: 'RGB', 'L' (grey) ..., or to 'BGR'."""

    def __init__(self, mode="RGB"):
        self.mode = one_of(type(self).__name__, "mode", mode, 49, _MODES)

    def __repr__(self):
        return call_text(self, "mode")

    def __call__(self, img):
        Image = _check_picture(self, img)
        if self.mode != "BGR":
            try:
                return img.convert(self.mode)
            except ValueError as error:
                raise ValueError(
                    f"{type(self).__name__}: Pillow does not convert {img.mode} to "
                    f"{self.mode}; try Convert('RGB') in between (see step 49)"
                ) from error
        r, g, b = img.convert("RGB").split()
        return Image.merge("RGB", (b, g, r))


class Resize:
    """Scale a picture to size: (width, height), or an int for both.

    mode: how to interpolate, one of PIL.Image's constants; bilinear by default.
    """

    def __init__(self, size: int | tuple[int, int], mode=_BILINEAR):
        who = type(self).__name__
        self.size = _pair(who, size)
        if whole(who, "mode", mode, 49, least=0) > 5:
            expected = "one of PIL.Image.Resampling"
            raise ValueError(refusal(who, "mode", expected, mode, 49))
        self.mode = mode

    def __repr__(self):
        return call_text(self, "size")

    def __call__(self, img):
        _check_picture(self, img)
        return img.resize(self.size, self.mode)


class CenterCrop:
    """Crop a picture to its middle, of size (width, height), or an int for both.

    A smaller picture gets a black border.
    """

    def __init__(self, size: int | tuple[int, int]):
        self.size = _pair(type(self).__name__, size)

    def __repr__(self):
        return call_text(self, "size")

    def __call__(self, img):
        _check_picture(self, img)
        (W, H), (width, height) = img.size, self.size
        left, top = (W - width) // 2, (H - height) // 2
        return img.crop((left, top, left + width, top + height))


class RandomHorizontalFlip:
    """Flip pictures and arrays (..., W) left to right with probability p.

    rng is the numpy.random.Generator that decides; None: NumPy's global one.
    """

    def __init__(self, p: float = 0.5, rng=None):
        who = type(self).__name__
        self.p = number(who, "p", p, 49, least=0, most=1)
        if rng is not None and not callable(getattr(rng, "random", None)):
            expected = "a numpy.random.Generator or None"
            raise TypeError(refusal(who, "rng", expected, rng, 49))
        self.rng = rng

    def __repr__(self):
        return f"{type(self).__name__}(p={self.p})"

    def __call__(self, img):
        if not isinstance(img, np.ndarray):
            Image = _check_picture(self, img)
        elif img.ndim == 0:
            raise ValueError(
                f"{type(self).__name__}: expected an array (..., W), got one without "
                "axes (see step 49)"
            )
        rng = np.random if self.rng is None else self.rng
        if rng.random() >= self.p:
            return img
        if isinstance(img, np.ndarray):
            return img[..., ::-1]
        return img.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


# --- from pictures to arrays and back -----------------------------------------


class ToArray:
    """Turn a picture into an array (C, H, W); an array stays as it is."""

    dtype = Kind(49)

    def __init__(self, dtype=np.float32):
        self.dtype = dtype

    def __repr__(self):
        return call_text(self, "dtype")

    def __call__(self, img):
        if isinstance(img, np.ndarray):
            return img
        _check_picture(self, img)
        array = np.array(img, dtype=self.dtype)  # (H, W, C), or (H, W): grey
        if array.ndim == 2:
            return array[None]  # (1, H, W)
        return np.ascontiguousarray(array.transpose(2, 0, 1))  # (C, H, W)


class ToPIL:
    """Turn an array (C, H, W) with values from 0 to 255 into a picture.

    C is 1 for grey, 3 for RGB, 2 and 4 with alpha; (H, W) is grey too. Values are
    rounded, and those beyond 0..255 clipped.
    """

    def __call__(self, array):
        from PIL import Image

        array = self._numbers(array)
        if (
            array.ndim not in (2, 3)
            or array.size == 0
            or (array.ndim == 3 and not 1 <= len(array) <= 4)
        ):
            raise ValueError(
                "ToPIL: expected an array (C, H, W) with 1 to 4 channels, or (H, W), "
                f"got {array.shape} (see step 49)"
            )
        if array.dtype != np.uint8:
            array = np.clip(np.rint(array), 0, 255).astype(np.uint8)
        if array.ndim == 3:
            array = array[0] if len(array) == 1 else array.transpose(1, 2, 0)  # H W C
        return Image.fromarray(np.ascontiguousarray(array))

    def _numbers(self, array):
        """Return array, or a list of numbers, as an array."""
        try:
            numbers = np.asarray(array)
        except (ValueError, TypeError):  # lists of different lengths
            numbers = None
        if numbers is None or numbers.dtype.kind not in "biuf":
            raise TypeError(
                f"ToPIL: expected an array of numbers, got {shown(array)} (see step 49)"
            )
        if not np.isfinite(numbers).all():
            raise ValueError(
                "ToPIL: expected finite numbers, got nan or inf (see step 49)"
            )
        return numbers

    def __repr__(self):
        return call_text(self)


# --- arrays -------------------------------------------------------------------


class Normalize:
    """y = (x - mean) / std, with one number for all or one for each channel.

    Channels are axis 0, as in (C, H, W). Floats keep their dtype, and integers become
    float32: as bytes, 3 - 5 would be 254.

    >>> Normalize(mean=[0, 10], std=2)(np.array([[1.0, 2.0], [11.0, 12.0]]))
    array([[0.5, 1. ],
           [0.5, 1. ]])
    """

    def __init__(self, mean=0, std=1):
        for value in self._each("mean", mean):
            number(type(self).__name__, "mean", value, 49)
        for value in self._each("std", std):
            number(type(self).__name__, "std", value, 49, above=0)
        self.mean = mean
        self.std = std

    def _each(self, name, value):
        """Return the numbers in value: one, or one for each channel."""
        if isinstance(value, (list, tuple)):
            return value
        if isinstance(value, np.ndarray):
            return value.reshape(-1)
        return [value]

    def __repr__(self):
        return call_text(self, "mean", "std")

    def __call__(self, array):
        _check_array(self, array)
        if array.dtype.kind != "f":
            array = array.astype(np.float32)
        self._check_channels(array)
        mean = self._for(array, self.mean)
        return (array - mean) / self._for(array, self.std)

    def _for(self, array, value):
        """Return mean or std in the shape that broadcasts to the channels of array."""
        value = np.asarray(value, array.dtype)
        return value.reshape(value.shape + (1,) * (array.ndim - 1))  # (C, 1, 1)

    def _check_channels(self, array):
        """Raise ValueError unless mean and std fit the channels of array."""
        for name, value in ("mean", self.mean), ("std", self.std):
            shape = np.shape(value)
            if shape and (len(shape) > 1 or shape[0] not in (1, *array.shape[:1])):
                raise ValueError(
                    f"Normalize: {name} must be a number or one number for each "
                    f"channel, axis 0, got shape {shape} for an array of shape "
                    f"{array.shape}; is there a Flatten before it? (see step 49)"
                )


class Flatten:
    """Put all elements of an array into one row: (C, H, W) -> (C * H * W,)."""

    def __call__(self, array):
        _check_array(self, array)
        return array.flatten()

    def __repr__(self):
        return call_text(self)


class AsType:
    """Convert an array to a dtype, float32 by default; ToFloat is another name."""

    dtype = Kind(49)

    def __init__(self, dtype=np.float32):
        self.dtype = dtype

    def __call__(self, array):
        _check_array(self, array)
        return array.astype(self.dtype)

    def __repr__(self):
        if type(self) is AsType and self.dtype is np.float32:
            return "ToFloat()"
        return call_text(self, "dtype")


ToFloat = AsType


class ToInt(AsType):
    """Convert an array to integers; fractions are cut off."""

    def __init__(self, dtype=int):
        super().__init__(dtype)


def _check_array(transform, x):
    """Raise TypeError unless x is an array of numbers."""
    if isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind in "biuf":
        return
    got = f"an array of {x.dtype}" if isinstance(x, np.ndarray) else shown(x)
    raise TypeError(
        f"{type(transform).__name__}: expected an array of numbers, got {got}; "
        "ToArray() makes one from a picture (see step 49)"
    )


def _check_list(transform, x):
    """Raise TypeError unless x is a list or another iterable."""
    if hasattr(x, "creator") or not np.iterable(x):  # a Variable, a number
        raise TypeError(
            f"{type(transform).__name__}: expected a list of transforms, got "
            f"{type(x).__name__}; write Compose([...]) (see step 49)"
        )


def _pair(who, size):
    """Return size, an int or (width, height), as a pair."""
    pair = tuple(size) if isinstance(size, (tuple, list)) else (size, size)
    if len(pair) != 2:
        raise ValueError(refusal(who, "size", "an int or (width, height)", size, 49))
    pair = tuple(whole(who, "size", side, 49) for side in pair)
    if max(pair) > 2**16:
        raise ValueError(refusal(who, "size", "at most 65536 pixels", size, 49))
    return pair


def _check_picture(transform, img):
    """Return the module PIL.Image; raise TypeError unless img is a picture."""
    from PIL import Image

    if not isinstance(img, Image.Image):
        name = type(transform).__name__
        raise TypeError(
            f"{name}: expected a picture (PIL.Image.Image), got {type(img).__name__}; "
            "Image.open(path) reads one, ToPIL() makes one from an array (see step 49)"
        )
    return Image
