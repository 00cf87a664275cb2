"""Keep arrays in a file, so that they need not be made again."""

import math
import os

import numpy as np

from dezero import utils
from dezero.files import NpzReader, replacing
from dezero.guards import file_name_below, flag, shown


def load_cache_npz(filename, train=False):
    """Return (data, label) as save_cache_npz kept them; (None, None) if not there.

    A damaged file counts as not there: its contents can be made again. Raises
    ValueError if the file is intact but of another kind, or if data and label have
    different lengths; its headers show this before anything is unpacked.
    """
    import zipfile
    import zlib

    path = _cache_path("load_cache_npz", filename, train)
    try:
        with open(path, "rb") as file:
            npz = NpzReader(file)
            if "data" not in npz.keys:
                raise ValueError(f"expected data and label, got {npz.keys}")
            headers = [npz.header(key) for key in ("data", "label") if key in npz.keys]
            for shape, dtype in headers:
                if not _is_plausible(path, math.prod(shape) * dtype.itemsize):
                    raise ValueError(
                        f"{shape} {dtype} is too large for a file of this size"
                    )
            lengths = {shape[:1] for shape, _ in headers}
            if len(lengths) > 1 or () in lengths:
                raise ValueError(
                    f"expected data and label of one length, got {headers}"
                )
            return npz.array("data"), npz.array("label") if len(headers) > 1 else None
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error):
        return None, None
    except (ValueError, NotImplementedError, RuntimeError) as error:
        if "pickle" in str(error):  # it is never read: it could run anything
            return None, None
        raise ValueError(
            f"{path}: not a cache of data and label: {error}; delete it (see step 51)"
        ) from error


def save_cache_npz(data, label, filename, train=False):
    """Keep the arrays data and label in the folder utils.cache_dir; return the path.

    label may be None. filename is a name, or a path or address of which only the last
    part counts; .train.npz or .test.npz is added to it.
    """
    path = _cache_path("save_cache_npz", filename, train)
    arrays = {"data": data} if label is None else {"data": data, "label": label}
    arrays = {name: _as_kept(name, array) for name, array in arrays.items()}
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with replacing(path) as temporary, open(temporary, "wb") as file:
        np.savez(file, **arrays)
    return path


def _as_kept(name, array):
    """Return array as an array that can be kept: one of numbers or text."""
    try:
        kept = np.asarray(array.data if hasattr(array, "creator") else array)
    except ValueError:  # lists of different lengths
        kept = np.asarray(None)
    if kept.dtype.hasobject:
        raise TypeError(
            f"save_cache_npz: {name} must be an array of numbers or text, got "
            f"{shown(array)} (see step 51)"
        )
    return kept


def _cache_path(who, filename, train):
    suffix = ".train.npz" if flag(who, "train", train, 51) else ".test.npz"
    if not isinstance(filename, (str, os.PathLike)):
        raise TypeError(
            f"{who}: filename must be a name, got {shown(filename)} (see step 51)"
        )
    name = os.path.basename(filename) + suffix
    return os.path.join(utils.cache_dir, file_name_below(who, name, 51))


def _cached(filename, train, make):
    """Return data and label from the cache, or else from make(), and cache those."""
    data, label = load_cache_npz(filename, train)
    if data is None:
        data, label = make()
        try:
            save_cache_npz(data, label, filename, train)
        except OSError:
            pass  # the file cannot be written: next time the data is made again
    return data, label


def _is_plausible(path, size):
    """Return False if the packed file at path is too small to hold size bytes.

    A megabyte of gzip or zip can hold a gigabyte of zeros. Real pictures shrink to a
    fifth at best, so the size in a header is checked before memory is reserved for it.
    """
    return size <= 50 * os.path.getsize(path) + 2**26
