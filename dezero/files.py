"""Write files whole or not at all, and check .npz files before unpacking them.

    write_npz("save_weights", "model.npz", {"l1/W": W}, 53)
    path = found_npz("load_weights", "model", "save_weights", 53)
    with unpacking("load_weights", path, "save_weights", 53) as npz:
        W = npz.array("l1/W")

For its errors, each function is told who is asking, which function writes such files,
and the step that explains it.
"""

import contextlib
import math
import os
import zipfile
from pathlib import Path

import numpy as np

from dezero.guards import shown


@contextlib.contextmanager
def replacing(path, who="replacing", step=53):
    """Give a with block a temporary path to write to; at its end, rename it to path.

    So path is complete or, after an exception, what it was before. If path is a link,
    the file that it points to is replaced. The folder must exist.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(
            f"{who}: path must be the name of a file, got {shown(path)} "
            f"(see step {step})"
        )
    given = os.fspath(path)
    if not given or "\0" in given:
        raise ValueError(
            f"{who}: path must be the name of a file, got {given!r} (see step {step})"
        )
    path = Path(path).resolve()
    if path.is_dir():
        raise IsADirectoryError(
            f"{who}: {given!r} is a folder, expected the name of a file in it "
            f"(see step {step})"
        )
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"{who}: there is no folder {str(path.parent)!r} to put {path.name!r} "
            f"into; create it first (see step {step})"
        )
    temporary = path.with_name(f".{os.urandom(8).hex()}.part")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_npz(who, path, arrays, step):
    """Write {key: array} to path, with the suffix .npz, all of it or nothing."""
    path = _npz(who, path, step)
    # This does by hand what np.savez_compressed does. That takes the names as keywords:
    # "file" would be an error, and "allow_pickle" would be missing from the file.
    with (
        replacing(path, who, step) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as npz,
    ):
        for key, array in arrays.items():
            with npz.open(f"{key}.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array(file, np.asarray(array), allow_pickle=False)


def found_npz(who, path, writer, step):
    """Return the path of a file that writer wrote, with the suffix .npz or without."""
    first = _npz(who, path, step)
    second = Path(os.fsdecode(path))
    for found in first, second:
        if found.is_file():
            return found
    if second.is_dir():
        raise ValueError(
            f"{who}: {second} is a folder, expected a file that {writer} wrote "
            f"(see step {step})"
        )
    raise FileNotFoundError(
        f"{who}: there is no file {str(first)!r}; {writer} writes it (see step {step})"
    )


def some(names):
    """Return names as an error lists them: six at most, and how many more there are.

    >>> some("abcdefgh")
    'a, b, c, d, e, f and 2 more'
    """
    names = list(names)
    more = f" and {len(names) - 6} more" if len(names) > 6 else ""
    return ", ".join(names[:6]) + more


def _npz(who, path, step):
    """Return path with the suffix .npz."""
    try:
        path = os.fsdecode(path)
    except TypeError:
        raise TypeError(
            f"{who}: expected the path of a file, such as 'model.npz', got "
            f"{shown(path)} (see step {step})"
        ) from None
    if not path or "\0" in path:
        raise ValueError(
            f"{who}: expected the path of a file, such as 'model.npz', got {path!r} "
            f"(see step {step})"
        )
    return Path(path if path.endswith(".npz") else path + ".npz")


class Unfit(ValueError):
    """The file is intact, but does not fit what it is loaded into."""


@contextlib.contextmanager
def unpacking(who, path, writer, step):
    """Give a with block an NpzReader; a faulty file raises ValueError."""
    with open(path, "rb") as file:
        try:
            yield NpzReader(file)
        except Unfit as error:
            raise ValueError(*error.args) from None
        except KeyError:
            raise
        except Exception as error:  # damaged bytes raise errors of any kind
            raise ValueError(
                f"{who}: {path} is not a file that {writer} wrote, or only part of "
                f"one: {error} (see step {step})"
            ) from error


class NpzReader:
    """The arrays of an .npz file, one at a time, each checked by its header first.

        with open(path, "rb") as file:
            npz = NpzReader(file)
            shape, dtype = npz.header("l1/W")  # this unpacks only a few bytes
            array = npz.array("l1/W")

    A zip of a megabyte can hold a gigabyte of zeros. So if a file comes from elsewhere,
    read the header first, and unpack only an array that has the expected shape.

    keys    the names of all arrays, without ".npy"

    A file can be damaged in many ways, and reading it can raise errors of any kind. So
    use this in `try: ... except Exception`, and raise a ValueError that names the file.
    """

    def __init__(self, file):
        self._zip = zipfile.ZipFile(file)
        names = self._zip.namelist()
        self.keys = [name.removesuffix(".npy") for name in names]
        self._members = dict(zip(self.keys, names))
        self._check_end(file)

    def header(self, key):
        """Return the shape and dtype of an array, without reading its numbers."""
        with self._zip.open(self._members[key]) as stream:
            return self._read_header(key, stream)

    def packed_size(self, key):
        """Return how many bytes of the file hold the array."""
        return self._zip.getinfo(self._members[key]).compress_size

    def array(self, key):
        """Return an array in C order, and check its checksum."""
        self.header(key)
        name = self._members[key]
        with self._zip.open(name) as stream:
            array = np.lib.format.read_array(stream, allow_pickle=False)
            if stream.read(1):  # this is also where the zip compares the checksum
                raise ValueError(f"{name} has more bytes after its array")
        return np.asarray(array, order="C")

    def _check_end(self, file):
        """Compare the number of arrays with the number at the end of the file.

        Damage in the list of names can hide the names that follow, and Python's zipfile
        does not notice. The end has 22 bytes, if no comment follows.
        """
        end = file.seek(0, 2) - 22
        file.seek(max(0, end))
        record = file.read()
        count = int.from_bytes(record[10:12], "little")
        found = len(self.keys)
        if record[:4] == b"PK\5\6" and count not in (found, 0xFFFF):
            raise ValueError(f"it claims {count} arrays, but has {found}")

    def _read_header(self, key, stream):
        version = np.lib.format.read_magic(stream)  # raises if it is no array
        if version not in _HEADERS:
            raise ValueError(
                f"{key} is in version {version} of NumPy's format, expected (1, 0) or "
                "(2, 0)"
            )
        shape, _, dtype = _HEADERS[version](stream)
        if dtype.hasobject:
            raise ValueError(
                f"{key} holds Python objects, a pickle, which can run anything when it "
                "is read; allow_pickle=False"
            )
        size = self._zip.getinfo(self._members[key]).file_size
        if stream.tell() + math.prod(shape) * dtype.itemsize != size:
            raise ValueError(
                f"{key} claims to be {shape} {dtype}, which does not fit its {size} "
                "bytes"
            )
        return shape, dtype


_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
