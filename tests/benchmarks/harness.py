"""How the benchmarks measure: ratios between libraries doing the same work in turns.

A `Workload` is one piece of work written once for each library, a *side* each:
`side(**sizes)` sets the work up and returns a function; every call of that function
does the work from the same start and returns its numbers, by name. Milliseconds
differ from machine to machine and from minute to minute, so

- all sides of a workload run in one process, on one thread, taking turns, and their
  processor time is taken;
- a process gives one figure a side, the median of its rounds;
- the ratio of two sides is taken within each process, and the median of several
  fresh processes is what counts;
- after the timing, all sides must have computed the same numbers.

A workload need not measure time: its `Metric` says what is measured.
"""

import gc
import importlib
import importlib.util
import math
import multiprocessing
import os
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

# modules beside this one, each with its WORKLOADS
FAMILIES = [
    "workloads_core",
    "workloads_higher",
    "workloads_training",
    "workloads_conv",
    "workloads_recurrent",
    "workloads_transformer",
    "workloads_static",
]
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

# Processor time, so that other programs on the machine count little; there is only one
# thread. On Windows its steps of 16 ms are too coarse.
CLOCK = "perf_counter" if sys.platform == "win32" else "process_time"
clock = getattr(time, CLOCK)

# the name in tables, and how a result of the library becomes an ndarray
LIBRARIES = {
    "dezero": ("dezero", lambda v: v.data),
    "torch": ("PyTorch", lambda v: v.detach().numpy()),
    "autograd": ("autograd", lambda v: v),
}


@dataclass(frozen=True)
class Metric:
    """What is measured: start(side, sizes) returns a function that takes a sample."""

    start: Callable
    show: Callable[[float], str]
    compares: bool = True  # the sides return numbers, which must agree


@dataclass(frozen=True)
class Workload:
    """One piece of work, a side for each library, and the target for dezero.

    The target bounds dezero's own figure or, with `against`, its ratio to the figure
    of that library; None is no target. `tiny` sizes only show that everything runs.
    """

    name: str
    what: str
    sides: dict[str, Callable]
    sizes: dict[str, int]
    tiny: dict[str, int]
    metric: Metric
    target: float | None
    against: str | None = None
    rtol: float = 1e-9
    rounds: int = 7  # samples of each side in a process

    def available(self):
        """Return the libraries of this workload that are installed here."""
        return [name for name in self.sides if importlib.util.find_spec(name)]


@dataclass
class Result:
    """What several processes found: for each library, a figure from each of them."""

    workload: Workload
    figures: dict[str, list[float]] = field(default_factory=dict)

    def median(self, library):
        return statistics.median(self.figures[library])

    def ratios(self, library):
        """Return dezero's figure over the library's, one ratio a process, sorted."""
        pairs = zip(self.figures["dezero"], self.figures[library])
        # Memory is taken in pages: at tiny sizes a library may need no new one.
        return sorted(ours / theirs if theirs else math.inf for ours, theirs in pairs)

    def ratio(self, library):
        return statistics.median(self.ratios(library))

    def passed(self):
        """Return whether the target is met; None without a target or its library."""
        workload = self.workload
        if workload.target is None:
            return None
        if workload.against is None:
            return self.median("dezero") <= workload.target
        if workload.against not in self.figures:
            return None
        return self.ratio(workload.against) <= workload.target


def table():
    """Return all workloads by name."""
    families = [importlib.import_module(name) for name in FAMILIES]
    return {w.name: w for family in families for w in family.WORKLOADS}


def run(workload, processes, tiny=False):
    """Measure a workload of the table in fresh processes, one after the other.

    A tiny one runs in this process: what it takes is no figure that anybody compares.
    """
    if tiny:
        found = measure(workload.name, tiny)
        return Result(workload, {library: [x] for library, x in found.items()})
    os.environ.update(dict.fromkeys(THREADS, "1"))  # the processes inherit it
    fresh = multiprocessing.get_context("spawn")
    result = Result(workload)
    for _ in range(processes):
        with ProcessPoolExecutor(1, mp_context=fresh) as process:
            figures = process.submit(measure, workload.name, tiny).result()
        for library, figure in figures.items():
            result.figures.setdefault(library, []).append(figure)
    return result


def measure(name, tiny):
    """Measure all sides in turns in this process; return one figure for each."""
    workload = table()[name]
    libraries = workload.available()
    if "torch" in libraries:
        importlib.import_module("torch").set_num_threads(1)
    sizes = workload.tiny if tiny else workload.sizes
    sample = {
        library: workload.metric.start(workload.sides[library], sizes)
        for library in libraries
    }
    samples = {library: [] for library in libraries}
    for turn in range(1 if tiny else workload.rounds):
        first = turn % len(libraries)  # so that no side always follows the same one
        for library in libraries[first:] + libraries[:first]:
            samples[library].append(sample[library]())
    if workload.metric.compares:
        check_agreement(workload, libraries, sizes)
    return {library: statistics.median(samples[library]) for library in libraries}


def check_agreement(workload, libraries, sizes):
    """Raise AssertionError unless all sides compute the same numbers and dtypes."""
    expected = None
    for library in libraries:
        to_array = LIBRARIES[library][1]
        values = workload.sides[library](**sizes)()
        values = {k: np.asarray(to_array(v)) for k, v in values.items() if k != "graph"}
        expected = expected or values
        assert values.keys() == expected.keys(), f"{workload.name}: {library}: names"
        for name, value in values.items():
            message = f"{workload.name}: {library} and {libraries[0]} differ in {name}"
            assert value.dtype == expected[name].dtype, f"{message}: {value.dtype}"
            np.testing.assert_allclose(
                value, expected[name], rtol=workload.rtol, err_msg=message
            )


# --- metrics ---
def show_seconds(value):
    return f"{value:.2f} s" if value >= 1 else f"{value * 1e3:.3g} ms"


def show_bytes(value):
    return f"{value:.0f} B"


def start_seconds(side, sizes):
    """Time one call, its results let go included."""
    work = side(**sizes)
    work()  # the first call pays for what is made once

    def sample():
        gc.collect()
        start = clock()
        work()
        return clock() - start

    return sample


def growth(size, factor):
    """Return a metric: how many times longer `factor` times the work takes, / factor.

    1 is a cost in proportion to the size.
    """

    def start(side, sizes):
        small = start_seconds(side, sizes)
        large = start_seconds(side, sizes | {size: factor * sizes[size]})
        return lambda: large() / small() / factor

    return Metric(start, lambda value: f"x {value:.2f}")


def kept_bytes(size):
    """Return a metric: bytes that the results keep, Python objects and NumPy arrays.

    They are counted by tracemalloc and divided by the size named; a library that takes
    its memory elsewhere, as PyTorch does, cannot be measured so. An entry "graph" of
    the results is kept like the others and not compared.
    """

    def start(side, sizes):
        work = side(**sizes)
        work()

        def sample():
            gc.collect()
            tracemalloc.start()
            kept = work()
            size_kept, _peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            del kept
            return size_kept / sizes[size]

        return sample

    return Metric(start, show_bytes)


def resident_bytes(size):
    """Return a metric: growth of the process's memory, whoever took it (Linux)."""

    def resident():
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def start(side, sizes):
        work = side(**sizes)
        kept = [work()]  # all results stay, so that no sample uses freed memory again

        def sample():
            before = resident()
            kept.append(work())
            return (resident() - before) / sizes[size]

        return sample

    return Metric(start, show_bytes)


def start_import_seconds(side, sizes):
    """Time `import` of the module that the side names, in a fresh interpreter."""
    program = (
        f"import numpy; from time import {CLOCK} as clock; start = clock(); "
        f"import {side(**sizes)}; print(clock() - start)"
    )

    # The first import compiles; the others must find what it compiled.
    environment = dict(os.environ)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def sample():
        command = [sys.executable, "-c", program]
        return float(subprocess.check_output(command, text=True, env=environment))

    sample()
    return sample


SECONDS = Metric(start_seconds, show_seconds)
IMPORT_SECONDS = Metric(start_import_seconds, show_seconds, compares=False)
