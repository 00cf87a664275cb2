"""A notebook run: offline, each warning an error, the same result each time."""

import copy
import itertools
import os
import tempfile
from pathlib import Path

from .ipynb import KERNEL, cell, smaller, whole

# A program that does not end is stopped after so many seconds. No program comes near
# that, however busy the machine is: how long one takes decides nothing here.
ENDLESS = 3600


# Run before the first cell, and kept out of the notebook.
STRICT = """
def strict():
    import os, sys, warnings

    def offline(event, arguments):
        if event == "socket.getaddrinfo" or (
            event == "socket.connect" and isinstance(arguments[1], tuple)
            and arguments[1][0] not in ("127.0.0.1", "::1")
        ):
            raise RuntimeError(f"this cell asked for the network: {arguments}")

    sys.addaudithook(offline)
    warnings.simplefilter("error")
    for kernel in "IPython ipykernel jupyter_client traitlets tornado zmq".split():
        warnings.filterwarnings("ignore", module=kernel + r"(\\.|$)")
    os.environ["PYTHONWARNINGS"] = "error"  # for programs that a cell starts

strict()
del strict
"""


class BuildError(RuntimeError):
    """A notebook that does not run, or does not do what its steps say."""


def execute(book, folder, limit=ENDLESS, cache=None):
    """Return the notebook with the outputs of a run in folder; raise BuildError.

    Offline, warnings as errors, one BLAS thread; with the data files in the folder
    cache, or with none. What differs from run to run is taken out.
    """
    import nbformat
    from jupyter_client import AsyncKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError

    book = nbformat.from_dict(copy.deepcopy(book))
    book.cells.insert(0, nbformat.from_dict(cell("code", "strict", STRICT)))
    with tempfile.TemporaryDirectory() as scratch:
        environment = {
            **os.environ,
            "DEZERO_CACHE": str(cache or Path(scratch) / "cache"),
            "IPYTHONDIR": str(Path(scratch) / "ipython"),
            "OPENBLAS_NUM_THREADS": "1",
        }
        for name in ("MPLBACKEND", "PYTHONWARNINGS"):  # as where a notebook is opened
            environment.pop(name, None)
        # Through a file rather than a port, if possible: then no port is open.
        transport = "ipc" if os.name == "posix" else "tcp"
        file = str(Path(scratch) / "kernel.json")
        kernel = AsyncKernelManager(
            kernel_name="python3", transport=transport, connection_file=file
        )
        client = NotebookClient(
            book,
            km=kernel,
            timeout=limit,
            record_timing=False,
            resources={"metadata": {"path": str(folder)}},
        )
        try:
            client.execute(env=environment, cleanup_kc=True)
        except (CellExecutionError, CellTimeoutError) as error:
            raise BuildError(str(error)) from None
    book.cells.pop(0)
    tidy(book)
    return book


def tidy(book):
    """Take out of a notebook what differs from run to run.

    What is left is what Jupyter writes after Run All: its kernel, and what that says
    about its language, the version too.
    """
    language = book["metadata"].get("language_info", {"name": "python"})
    book["metadata"] = {"kernelspec": dict(KERNEL), "language_info": language}
    count = itertools.count(1)
    for found in book["cells"]:
        for name in ("execution", "collapsed", "scrolled"):
            found["metadata"].pop(name, None)
        if found["cell_type"] != "code":
            continue
        found["execution_count"] = next(count)
        found["outputs"] = whole(found["outputs"])
        for output in found["outputs"]:
            if "execution_count" in output:
                output["execution_count"] = found["execution_count"]
            if "image/png" in output.get("data", {}):
                output["data"]["image/png"] = smaller(output["data"]["image/png"])
