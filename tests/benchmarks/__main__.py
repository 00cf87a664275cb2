"""Compare dezero with the libraries installed here: python tests/benchmarks

Prints a table of figures and ratios (`harness.py` says how they are taken) and whether
each target is met. PyTorch and HIPS autograd are compared with where they are
installed: pip install torch autograd
"""

import argparse
import importlib.metadata
import platform
import sys
from pathlib import Path

import harness

ALL = Path(__file__).resolve().with_name("README.md")
README = Path(__file__).resolve().parents[2] / "README.md"
IN_README = [  # the rows that README.md shows; the others stand in ALL
    "scalar_chain",
    "small_mlp",
    "mnist_mlp",
    "cnn",
    "lstm",
    "small_mlp_compiled",
]
BEGIN, END = "<!-- benchmarks -->", "<!-- /benchmarks -->"
PEERS = [library for library in harness.LIBRARIES if library != "dezero"]


def main():
    workloads = harness.table()
    parser = argparse.ArgumentParser(
        prog="python tests/benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"one of: {', '.join(workloads)}"
    )
    parser.add_argument("--processes", type=int, default=5)
    parser.add_argument(
        "--tiny", action="store_true", help="minimal sizes, to see that all of it runs"
    )
    parser.add_argument(
        "--readme",
        action="store_true",
        help="write the table into tests/benchmarks/README.md, and its main rows into "
        "README.md",
    )
    options = parser.parse_args()

    unknown = set(options.names) - set(workloads)
    if unknown:
        parser.error(f"no workload named {', '.join(sorted(unknown))}")
    if options.readme:
        missing = [peer for peer in PEERS if version(peer) is None]
        if options.names or options.tiny or missing:
            parser.error(
                "--readme needs all workloads in full size and all peers; "
                f"not installed: {', '.join(missing) or 'none'}"
            )
    processes = 1 if options.tiny else options.processes

    results = []
    for name in options.names or workloads:
        print(f"{name} ...", file=sys.stderr)
        results.append(harness.run(workloads[name], processes, options.tiny))
    text = report(results, processes)
    print(text)
    if options.readme:
        write_between(ALL, BEGIN, END, text)
        main_rows = [x for x in results if x.workload.name in IN_README]
        write_between(README, BEGIN, END, report(main_rows, processes))


def version(library):
    """Return the version of an installed library, None if it is not here."""
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return None


def report(results, processes):
    """Return the results as a table in Markdown, and how and with what they came."""
    titles = {library: title for library, (title, _) in harness.LIBRARIES.items()}
    head = ["workload", *titles.values()]
    head += [f"dezero / {titles[peer]}" for peer in PEERS] + ["target", ""]
    rows = [head] + [cells(result, titles) for result in results]
    widths = [max(map(len, column)) for column in zip(*rows)]
    rows.insert(1, ["-" * width for width in widths])
    lines = [
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(row, widths))} |"
        for row in rows
    ]

    versions = [f"Python {platform.python_version()}", f"NumPy {version('numpy')}"]
    versions += [
        f"{titles[peer]} {version(peer) or 'is not installed here'}" for peer in PEERS
    ]
    count = f"{processes} processes" if processes > 1 else "1 process"
    return "\n".join(
        [
            *lines,
            "",
            f"Median (lowest-highest) of {count}; processor time on one thread.",
            f"{', '.join(versions)}, {platform.system()} {platform.machine()}.",
        ]
    )


def cells(result, titles):
    """Return one row of the table."""
    workload = result.workload
    row = [f"`{workload.name}`: {workload.what}"]
    for library in titles:
        measured = library in result.figures
        row.append(workload.metric.show(result.median(library)) if measured else "-")
    for peer in PEERS:
        if peer in result.figures:
            ratios = result.ratios(peer)
            spread = f"{ratios[0]:.2f}-{ratios[-1]:.2f}"
            row.append(f"{result.ratio(peer):.2f} ({spread})")
        else:
            row.append("-")
    if workload.target is None:
        row.append("-")
    elif workload.against:
        row.append(f"{workload.target} of {titles[workload.against]}")
    else:
        row.append(workload.metric.show(workload.target))
    row.append({True: "met", False: "MISSED", None: "-"}[result.passed()])
    return row


def write_between(path, begin, end, text):
    """Replace what stands between two marker lines of a file."""
    before, begin_found, rest = path.read_text(encoding="utf-8").partition(begin)
    _, end_found, after = rest.partition(end)
    if not (begin_found and end_found):
        raise SystemExit(f"{path}: no lines {begin} and {end} to write between")
    path.write_text(
        f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8", newline="\n"
    )


if __name__ == "__main__":
    main()
