"""Small helpers for arrays and their sizes, and the download of files.

Programs written for DeZero also look here for graph drawing and gradient checks, so the
functions of `dezero.graph` and `dezero.gradcheck` can be imported from here too.

This is the one place that fetches files: get_file fetches what the table DOWNLOADS
lists, into the folder cache_dir.
"""

import functools
import operator
import os
from typing import NamedTuple

import numpy as np

from dezero import cuda
from dezero.core import (
    Variable,
    _as_shape,
    as_variable,
    reduced_shape,
    restore_axes,
    sum_array_to,
)
from dezero.files import replacing
from dezero.functions.columns import get_conv_outsize, get_deconv_outsize, pair
from dezero.gradcheck import (
    array_allclose,
    array_equal,
    check_gradients,
    gradient_check,
    numerical_grad,
)
from dezero.graph import _dot_func, _dot_var, get_dot_graph, plot_dot_graph
from dezero.guards import file_name_below, flag, number, shown

__all__ = [
    "DOWNLOADS",
    "Download",
    "DownloadError",
    "Variable",
    "_dot_func",
    "_dot_var",
    "array_allclose",
    "array_equal",
    "as_variable",
    "cache_dir",
    "check_gradients",
    "cuda",
    "find_file",
    "get_conv_outsize",
    "get_deconv_outsize",
    "get_dot_graph",
    "get_file",
    "gradient_check",
    "logsumexp",
    "max_backward_shape",
    "np",
    "numerical_grad",
    "os",
    "pair",
    "plot_dot_graph",
    "replacing",
    "reshape_sum_backward",
    "show_progress",
    "sum_to",
]


@functools.wraps(sum_array_to)
def sum_to(x, shape):
    """Return the array x summed so that it has shape (see step 40)."""
    return sum_array_to(_as_numbers("sum_to", x), _as_shape("sum_to", shape, 40))


@functools.wraps(restore_axes)
def reshape_sum_backward(gy, x_shape, axis, keepdims):
    """Return gy with the axes that a sum of x removed put back, as length 1."""
    who = "reshape_sum_backward"
    x_shape = _as_shape(who, x_shape, 39)
    if not hasattr(gy, "creator"):  # a Variable stays in the graph
        gy = _as_numbers(who, gy)
    keepdims = flag(who, "keepdims", keepdims, 39)
    try:
        _check_axis(who, axis, np.broadcast_to(0, x_shape))
        return restore_axes(gy, x_shape, axis, keepdims)
    except ValueError as error:
        raise ValueError(
            f"{who}: a gradient of shape {gy.shape} does not fit an x of shape "
            f"{x_shape} summed over axis {axis}: {error} (see step 39)"
        ) from None


def logsumexp(x, axis=1):
    """Return log(sum(exp(x))) of an array over axis, which is kept with length 1.

        m + log(sum(exp(x - m))),  m = max(x):  no exp can overflow

    >>> logsumexp(np.array([[1000.0, 1000.0]])).round(4)
    array([[1000.6931]])
    """
    x = _as_numbers("logsumexp", x)
    _check_axis("logsumexp", axis, x)
    if x.size == 0:
        raise ValueError(
            f"logsumexp: expected numbers to add, got shape {x.shape} (see step 47)"
        )
    m = x.max(axis=axis, keepdims=True)
    m = np.where(np.isfinite(m), m, m.dtype.type(0))  # inf - inf would be nan
    with np.errstate(divide="ignore"):  # log(0) = -inf is right: all x are -inf
        return m + np.log(np.exp(x - m).sum(axis=axis, keepdims=True))


def max_backward_shape(x, axis):
    """Return x's shape as a list with 1 for every axis that max or min reduced.

    axis: None (all axes), an int or a tuple of ints, negative ones included.
    """
    if not hasattr(x, "shape"):
        x = _as_numbers("max_backward_shape", x)
    _check_axis("max_backward_shape", axis, x)
    return list(reduced_shape(x.shape, axis))


def _as_numbers(who, x):
    """Return x, an array, Variable or list, as an array of floats or ints."""
    x = x.data if hasattr(x, "creator") else x
    try:
        array = x if cuda.is_array(x) else np.asarray(x)
    except (TypeError, ValueError):  # lists of different lengths
        array = np.asarray(None)
    if array.dtype.kind not in "iuf":
        got = f"an array of {array.dtype}" if cuda.is_array(x) else shown(x)
        raise TypeError(f"{who}: expected an array of numbers, got {got} (see step 47)")
    return array


def _check_axis(who, axis, x):
    """Raise TypeError or ValueError unless x has this axis, or these."""
    axes = axis if isinstance(axis, tuple) else () if axis is None else (axis,)
    try:
        if any(isinstance(a, bool) for a in axes):
            raise TypeError
        places = [operator.index(a) % max(x.ndim, 1) for a in axes]
    except TypeError:
        raise TypeError(
            f"{who}: axis must be None, an int or a tuple of ints, got {shown(axis)} "
            "(see step 39)"
        ) from None
    fits = all(-x.ndim <= a < x.ndim for a in axes)
    if not fits or len(set(places)) != len(places):
        raise ValueError(
            f"{who}: axis {axis} does not fit an array of shape {x.shape} (see step 39)"
        )


def show_progress(block_num, block_size, total_size):
    """Print a bar of 30 cells over the previous one: a reporthook for urllib.request.

    Sizes are in bytes. If the total is not known (0 or less), the bar stays empty and
    the bytes are counted.
    """
    for name, value in zip(
        ("block_num", "block_size", "total_size"), (block_num, block_size, total_size)
    ):
        number("show_progress", name, value, 51)
    done = block_num * block_size
    if total_size > 0:
        share = min(done / total_size, 1.0)
        cells = int(share * 30)
        state = f"{100 * share:6.2f}%"
    else:
        cells = 0
        state = f"{done} bytes"
    print(f"\r[{'#' * cells}{'.' * (30 - cells)}] {state}", end="", flush=True)


# --- files from elsewhere -----------------------------------------------------


class Download(NamedTuple):
    """Where a file can be fetched from, and how to tell that it is whole.

    urls   addresses of the same file, tried in order
    size   in bytes; None if it was never published
    md5    its checksum, or None; it guards against damage, not against malice
    also   other names that the file may have in a cache filled by hand
    """

    urls: tuple
    size: int | None = None
    md5: str | None = None
    also: tuple = ()


class DownloadError(OSError):
    """No source of a file could be read; the message says what to do by hand."""


_FILES = {  # folders that hold the same files: {name: (bytes, MD5)}
    (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        "https://raw.githubusercontent.com/fgnt/mnist/master/",
    ): {
        "train-images-idx3-ubyte.gz": (9_912_422, "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
        "train-labels-idx1-ubyte.gz": (28_881, "d53e105ee54ea40749a09fcbcd1e9432"),
        "t10k-images-idx3-ubyte.gz": (1_648_877, "9fb629c4189551a2d022fa330f9573f3"),
        "t10k-labels-idx1-ubyte.gz": (4_542, "ec29112dd5afa0611ce80d1b7f02629c"),
    },
    ("https://www.cs.toronto.edu/~kriz/",): {
        "cifar-10-binary.tar.gz": (170_052_171, "c32a1d4ab5d03f1284b67883e8d87530"),
        "cifar-100-binary.tar.gz": (168_513_733, "03b5dce01913d631647c71ecec9e9cb8"),
    },
    ("https://github.com/koki0702/dezero-models/releases/download/v0.1/",): {
        "vgg16.npz": (None, None),
        "resnet50.npz": (None, None),
        "resnet101.npz": (None, None),
        "resnet152.npz": (None, None),
    },
}

# The files that get_file knows, by their names in the cache. You can add your own:
#     utils.DOWNLOADS["mine.npz"] = utils.Download(("https://...",), size, md5)
DOWNLOADS = {
    name: Download(tuple(folder + name for folder in folders), size, md5)
    for folders, files in _FILES.items()
    for name, (size, md5) in files.items()
}
DOWNLOADS["shakespear.txt"] = Download(
    (
        "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/"
        "tinyshakespeare/input.txt",
    ),
    1_115_394,
    "6fb458f1232090904fb40fe944165e91",
    also=("input.txt", "tinyshakespeare.txt"),
)
DOWNLOADS["imagenet1000_clsidx_to_labels.txt"] = Download(
    (
        "https://gist.githubusercontent.com/yrevar/942d3a0ac09ec9e5eb3a/raw/"
        "238f720ff059c1f82f368259d1ca4ffa5dd8f9f5/imagenet1000_clsidx_to_labels.txt",
    )
)

cache_dir: str  # the folder for such files; looked up at each use


def __getattr__(name):
    # Called for names that are not defined: cache_dir, until a program sets it.
    if name == "cache_dir":
        folder = os.environ.get("DEZERO_CACHE") or os.path.join("~", ".dezero")
        return os.path.expanduser(folder)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def get_file(url, file_name=None):
    """Return the path of a file in the folder cache_dir; fetch it if it is not there.

    url        its address; or the name of an entry of DOWNLOADS, whose addresses are
               tried one after the other
    file_name  its name in the cache; None: what follows the last / of url

    Size and MD5 must be those that DOWNLOADS has under this name, if any. A file that
    does not match is fetched again. A file gets its name only when it is complete and
    correct, so an interrupted download leaves nothing behind.

    cache_dir is what the environment variable DEZERO_CACHE says, or ~/.dezero; files
    put there by hand work as well.

    Raises DownloadError if no address gives the file, and ValueError for a name that
    leads out of the folder, such as "../../x".
    """
    from http.client import HTTPException
    from urllib.error import HTTPError

    if not isinstance(url, str):
        raise TypeError(
            f"get_file: url must be an address or a name in DOWNLOADS, got "
            f"{shown(url)} (see step 51)"
        )
    name = url[url.rfind("/") + 1 :] if file_name is None else file_name
    if file_name is None and name in ("", ".", ".."):
        raise ValueError(
            f"get_file: {url!r} does not end with the name of a file; "
            "give one: get_file(url, file_name) (see step 51)"
        )
    file_name_below("get_file", name, 51)
    found = find_file(name)
    if found is not None:
        return found
    entry = DOWNLOADS.get(name, Download(()))
    urls = entry.urls if url in (name, *entry.urls) else ()
    path = os.path.join(_cache_dir(), name)
    print(f"Downloading: {name}", flush=True)
    problems = []
    for source in urls or (url,):
        try:
            _fetch(source, path, entry)
        except (OSError, ValueError, HTTPException) as error:
            problems.append((source, error))
            if isinstance(error, HTTPError):
                error.close()  # it holds the connection
        else:
            print(" Done")
            return path
    raise DownloadError(_advice(path, entry, problems)) from problems[-1][1]


def find_file(name):
    """Return the path of a file in the folder cache_dir, or None.

    None means that the file is not there, or that its size or MD5 differs from the one
    in DOWNLOADS.
    """
    file_name_below("find_file", name, 51)
    entry = DOWNLOADS.get(name, Download(()))
    for known in (name, *entry.also):
        path = os.path.join(_cache_dir(), known)
        if os.path.isfile(path) and _damage(path, entry) is None:
            return path
    return None


def _cache_dir():
    """Return cache_dir: the folder that a program has set, or else the default."""
    return globals().get("cache_dir") or __getattr__("cache_dir")


def _fetch(url, path, entry):
    """Copy the file at url to path; raise OSError if it does not match entry."""
    from urllib.request import urlopen

    from tqdm import tqdm

    os.makedirs(os.path.dirname(path), exist_ok=True)
    with replacing(path) as temporary:
        with open(temporary, "wb") as file, urlopen(url, timeout=30) as response:
            length = int(response.headers.get("Content-Length") or 0)
            total = length or entry.size  # None if unknown
            # disable=None: no bar without a terminal
            with tqdm(total=total, unit="B", unit_scale=True, disable=None) as bar:
                while block := response.read(1 << 16):
                    file.write(block)
                    bar.update(len(block))
        size = os.path.getsize(temporary)
        if length and size != length:
            raise OSError(f"the connection ended after {size:,} of {length:,} bytes")
        damage = _damage(temporary, entry)
        if damage is not None:
            raise OSError(f"got a different file: {damage}")


def _damage(path, entry):
    """Return how the file at path differs from entry, or None."""
    import hashlib

    size = os.path.getsize(path)
    if entry.size is not None and size != entry.size:
        return f"{size:,} bytes instead of {entry.size:,}"
    if entry.md5 is None:
        return None
    digest = hashlib.md5(usedforsecurity=False)
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    if digest.hexdigest() != entry.md5:
        return f"MD5 {digest.hexdigest()} instead of {entry.md5}"
    return None


def _advice(path, entry, problems):
    """Return the message of a DownloadError: what failed, and what to do by hand."""
    folder, name = os.path.split(path)
    known = [] if entry.size is None else [f"{entry.size:,} bytes"]
    known += [] if entry.md5 is None else [f"MD5 {entry.md5}"]
    label = f"{name} ({', '.join(known)})" if known else name
    lines = [f"get_file: could not fetch {label} from"]
    lines += [f"    {source}: {error}" for source, error in problems]
    if os.path.isfile(path):
        lines.append(f"{path} is damaged: {_damage(path, entry)}")
    lines.append(
        f"Without a network, put the file {name} into the folder {folder} by hand, or "
        "set DEZERO_CACHE to the folder that has it (see step 51)"
    )
    return "\n".join(lines)
