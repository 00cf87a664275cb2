"""Files that are there whole or not at all."""

import contextlib
import os
from pathlib import Path


@contextlib.contextmanager
def replacing(path):
    """Lend a with block another name to write to; afterwards the file is path.

    So path is complete or, after an exception, what it was before. Where path is a
    link, the file it points to is replaced. The folder must be there.
    """
    path = Path(path).resolve()
    temporary = path.with_name(f".{os.urandom(8).hex()}.part")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
