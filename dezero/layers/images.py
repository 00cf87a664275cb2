"""Layers for images (N, C, H, W): convolution, its reverse, pooling.

Letters: C channels in, OC out; H W height and width, OH OW of the result, KH KW of
the kernel.
"""

import numpy as np

import dezero.functions as F
from dezero import cuda
from dezero.core import Parameter
from dezero.functions.columns import pair
from dezero.guards import whole
from dezero.layers.base import Layer
from dezero.layers.basic import _initial_weights
from dezero.layers.calls import _set_late
from dezero.layers.checks import _floating, _judged, _listed, _no_bias, _sides


class Conv2d(Layer):
    """Slide a kernel over images: F.conv2d with weights of its own.

    Shapes: x (N, C, H, W), W (OC, C, KH, KW), b (OC,) -> y (N, OC, OH, OW), where
    OH = (H + 2 * pad - KH) // stride + 1, OW likewise.

    kernel_size, stride and pad are an int or (height, width). W starts as
    randn(OC, C, KH, KW) * sqrt(1 / (C * KH * KW)), drawn from NumPy's global generator,
    and b as zeros. With in_channels=None the first call sets in_channels; until then
    W.data is None.
    """

    def __init__(
        self,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
        pad: int | tuple[int, int] = 0,
        nobias: bool = False,
        dtype=np.float32,
        in_channels: int | None = None,
    ):
        super().__init__()
        who = type(self).__name__
        self.out_channels = whole(who, "out_channels", out_channels, 57)
        self.kernel_size = _sides(who, "kernel_size", kernel_size, 57)
        self.stride = _sides(who, "stride", stride, 57)
        self.pad = _sides(who, "pad", pad, 57, least=0)
        advice = "pass the number of input channels by name: in_channels=..."
        nobias = _no_bias(who, nobias, 57, advice)
        self.dtype = _floating(who, dtype, 57)
        if in_channels is not None:
            in_channels = whole(who, "in_channels", in_channels, 57)

        self.W = Parameter(None, name="W")
        if in_channels is not None:
            self._init_W(in_channels, np)
        self.b = None
        if not nobias:
            self.b = Parameter(np.zeros(self.out_channels, dtype), name="b")

    @property
    def in_channels(self):
        """How many channels go in; None until W has values."""
        W = self.W
        return None if W is None or W.data is None else W.shape[1]

    def _W_shape(self, C):
        return (self.out_channels, C, *pair(self.kernel_size))

    def _init_W(self, C, xp):
        shape = self._W_shape(C)
        fan_in = C * shape[2] * shape[3]
        _set_late(self.W, _initial_weights(shape, fan_in, self.dtype, xp))

    def _settings(self):
        return _listed(
            self.out_channels,
            kernel_size=self.kernel_size,
            stride=None if self.stride == 1 else self.stride,
            pad=self.pad,
            nobias=self.b is None,
            in_channels=self.in_channels,
        )

    def _awaited_shapes(self):
        return {self.W: self._W_shape(None)}

    def _hint(self, shape):
        if len(shape) == 3:
            return "; pass a single image as x[None], a batch of one"
        if len(shape) == 4 and shape[-1] in (1, 3, 4, self.in_channels):
            return "; if the channels are last, pass x.transpose(0, 3, 1, 2)"
        if len(shape) == 2:
            return "; x.reshape(-1, C, H, W) turns rows of pixels into images"
        return ""

    def forward(self, x):
        """Return the images convolved with W, plus b."""
        x = _judged(
            self, x, 57, "images (N, C, H, W)", ("C", 1), self.in_channels, ndim=4
        )
        if self.W.data is None:
            self._init_W(x.shape[1], cuda.get_array_module(x))
        return F.conv2d(x, self.W, self.b, self.stride, self.pad)


class Deconv2d(Conv2d):
    """Conv2d the other way round, from small images to large ones: F.deconv2d.

    Shapes: x (N, C, H, W), W (C, OC, KH, KW), b (OC,) -> y (N, OC, OH, OW), where
    OH = stride * (H - 1) + KH - 2 * pad, OW likewise.

    Initial values and arguments are those of Conv2d, with one more argument.

    outsize    (OH, OW) of the result, where the stride allows several sizes; None: the
               smallest, as above
    """

    def __init__(
        self,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
        pad: int | tuple[int, int] = 0,
        nobias: bool = False,
        dtype=np.float32,
        in_channels: int | None = None,
        outsize: int | tuple[int, int] | None = None,
    ):
        if outsize is not None:
            outsize = _sides(type(self).__name__, "outsize", outsize, 57)
        super().__init__(
            out_channels, kernel_size, stride, pad, nobias, dtype, in_channels
        )
        self.outsize = None if outsize is None else pair(outsize)

    def _settings(self):
        more = "" if self.outsize is None else f", outsize={self.outsize}"
        return super()._settings() + more

    @property
    def in_channels(self):
        """How many channels go in; None until W has values."""
        W = self.W
        return None if W is None or W.data is None else W.shape[0]

    def _W_shape(self, C):
        return (C, self.out_channels, *pair(self.kernel_size))

    def forward(self, x):
        """Return the images deconvolved with W, plus b."""
        x = _judged(
            self, x, 57, "images (N, C, H, W)", ("C", 1), self.in_channels, ndim=4
        )
        if self.W.data is None:
            self._init_W(x.shape[1], cuda.get_array_module(x))
        return F.deconv2d(x, self.W, self.b, self.stride, self.pad, self.outsize)


class MaxPool2d(Layer):
    """Keep the largest number of every window; stride=None: windows side by side."""

    def __init__(
        self,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] | None = None,
        pad: int | tuple[int, int] = 0,
    ):
        super().__init__()
        who = type(self).__name__
        self.kernel_size = _sides(who, "kernel_size", kernel_size, 57)
        stride = kernel_size if stride is None else stride
        self.stride = _sides(who, "stride", stride, 57)
        self.pad = _sides(who, "pad", pad, 57, least=0)

    def _settings(self):
        stride = None if self.stride == self.kernel_size else self.stride
        return _listed(self.kernel_size, stride=stride, pad=self.pad)

    def forward(self, x):
        """Return the pooled images."""
        x = _judged(self, x, 57, "images (N, C, H, W)", ndim=4)
        return F.pooling(x, self.kernel_size, self.stride, self.pad)


class AvgPool2d(MaxPool2d):
    """Take the mean of every window, padding included; arguments as for MaxPool2d."""

    def forward(self, x):
        """Return the pooled images."""
        x = _judged(self, x, 57, "images (N, C, H, W)", ndim=4)
        return F.average_pooling(x, self.kernel_size, self.stride, self.pad)
