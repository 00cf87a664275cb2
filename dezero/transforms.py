"""What happens to one item between the data and the network: objects to be called.

    transform = Compose([Resize(224), ToArray(), Normalize(127.5, 127.5)])
    x = transform(image)  # a picture of Pillow in, an array out

On pictures: Convert, Resize, CenterCrop; ToArray and ToPIL lead from them to
arrays and back; on arrays: Normalize, Flatten, AsType (ToFloat), ToInt. Pillow is
loaded when a picture is there, not before.

Letters: C channels, H height, W width.
"""

import numpy as np

_BILINEAR = 2  # PIL.Image.BILINEAR, known without loading Pillow


class Compose:
    """Several transforms in a row; none at all is the identity.

    >>> Compose([Flatten(), ToFloat()])(np.array([[1, 2], [3, 4]]))
    array([1., 2., 3., 4.], dtype=float32)
    """

    def __init__(self, transforms=()):
        self.transforms = list(transforms)

    def __call__(self, x):
        for transform in self.transforms:
            x = transform(x)
        return x


# --- pictures -----------------------------------------------------------------


class Convert:
    """Convert a picture to a mode of Pillow's: 'RGB', 'L' (grey) ..., or to 'BGR'."""

    def __init__(self, mode="RGB"):
        self.mode = mode

    def __call__(self, img):
        Image = _check_picture(self, img)
        if self.mode != "BGR":
            return img.convert(self.mode)
        r, g, b = img.convert("RGB").split()
        return Image.merge("RGB", (b, g, r))


class Resize:
    """Scale a picture to size: (width, height), or an int for both.

    mode: how to interpolate, one of PIL.Image's constants; bilinear by default.
    """

    def __init__(self, size: int | tuple[int, int], mode=_BILINEAR):
        self.size = _pair(size)
        self.mode = mode

    def __call__(self, img):
        _check_picture(self, img)
        return img.resize(self.size, self.mode)


class CenterCrop:
    """Cut size out of the middle of a picture: (width, height), or an int for both.

    A smaller picture gets a black border.
    """

    def __init__(self, size: int | tuple[int, int]):
        self.size = _pair(size)

    def __call__(self, img):
        _check_picture(self, img)
        (W, H), (width, height) = img.size, self.size
        left, top = (W - width) // 2, (H - height) // 2
        return img.crop((left, top, left + width, top + height))


class RandomHorizontalFlip:
    """Swap left and right with probability p, of pictures and of arrays (..., W).

    Chance comes from rng, a numpy.random.Generator; None: NumPy's global one.
    """

    def __init__(self, p: float = 0.5, rng=None):
        self.p = p
        self.rng = rng

    def __call__(self, img):
        if not isinstance(img, np.ndarray):
            Image = _check_picture(self, img)
        rng = np.random if self.rng is None else self.rng
        if rng.random() >= self.p:
            return img
        if isinstance(img, np.ndarray):
            return img[..., ::-1]
        return img.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


# --- from pictures to arrays and back -----------------------------------------


class ToArray:
    """Turn a picture into an array (C, H, W); an array stays as it is."""

    def __init__(self, dtype=np.float32):
        self.dtype = dtype

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

        array = np.asarray(array)
        if array.ndim not in (2, 3) or (array.ndim == 3 and not 1 <= len(array) <= 4):
            raise ValueError(
                "ToPIL: expected an array (C, H, W) with 1 to 4 channels, or (H, W), "
                f"got {array.shape} (see step 49)"
            )
        if array.dtype != np.uint8:
            array = np.clip(np.rint(array), 0, 255).astype(np.uint8)
        if array.ndim == 3:
            array = array[0] if len(array) == 1 else array.transpose(1, 2, 0)  # H W C
        return Image.fromarray(np.ascontiguousarray(array))


# --- arrays -------------------------------------------------------------------


class Normalize:
    """y = (x - mean) / std, with one number for all or one for each channel.

    Channels are axis 0, as in (C, H, W). float32 stays float32, and integers become
    it: as bytes, 3 - 5 would be 254.

    >>> Normalize(mean=[0, 10], std=2)(np.array([[1.0, 2.0], [11.0, 12.0]]))
    array([[0.5, 1. ],
           [0.5, 1. ]])
    """

    def __init__(self, mean=0, std=1):
        self.mean = mean
        self.std = std

    def __call__(self, array):
        if array.dtype.kind != "f":
            array = array.astype(np.float32)
        mean = self._for(array, "mean", self.mean)
        return (array - mean) / self._for(array, "std", self.std)

    def _for(self, array, name, value):
        """Return mean or std, so that it broadcasts over the channels of array."""
        if type(value) in (int, float):
            return value  # takes the dtype of the array
        value = np.asarray(value, array.dtype)
        if value.ndim == 0:
            return value
        if value.ndim > 1 or len(value) not in (1, *array.shape[:1]):
            raise ValueError(
                f"Normalize: {name} must be a number or one number for each channel, "
                f"axis 0, got shape {value.shape} for an array of shape "
                f"{array.shape}; does Flatten come before? (see step 49)"
            )
        return value.reshape(-1, *[1] * (array.ndim - 1))


class Flatten:
    """Lay all elements of an array out in one row: (C, H, W) -> (C * H * W,)."""

    def __call__(self, array):
        return array.flatten()


class AsType:
    """Convert an array to a dtype, float32 by default; ToFloat is another name."""

    def __init__(self, dtype=np.float32):
        self.dtype = dtype

    def __call__(self, array):
        return array.astype(self.dtype)


ToFloat = AsType


class ToInt(AsType):
    """Convert an array to integers; fractions are cut off."""

    def __init__(self, dtype=int):
        super().__init__(dtype)


def _pair(size):
    """Return size, an int or (width, height), as a pair."""
    pair = tuple(size) if isinstance(size, (tuple, list)) else (size, size)
    if len(pair) != 2:
        raise ValueError(f"size: expected an int or (width, height), got {size}")
    return pair


def _check_picture(transform, img):
    """Return the module PIL.Image; raise TypeError unless img is a picture."""
    from PIL import Image

    if not isinstance(img, Image.Image):
        name = type(transform).__name__
        raise TypeError(
            f"{name}: expected a picture (PIL.Image.Image), got {type(img).__name__}; "
            "Image.open(path) reads one, ToPIL() makes one of an array (see step 49)"
        )
    return Image
