"""The benchmarks run, notice sides that disagree, and judge targets rightly."""

import runpy
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dezero import Variable

BENCHMARKS = Path(__file__).parent / "benchmarks"


@pytest.fixture
def harness(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    import harness

    return harness


def test_all_workloads_run_from_anywhere(harness, tmp_path):
    command = [sys.executable, "-W", "error", str(BENCHMARKS), "--tiny"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    rows = [line for line in result.stdout.splitlines() if line.startswith("| `")]
    assert [row.split("`")[1] for row in rows] == list(harness.table())
    ours = [float(row.split("|")[2].strip(" xmsMB%")) for row in rows]
    assert all(np.isfinite(figure) and figure >= 0 for figure in ours)


def plan(harness, **sides):
    """Return a workload whose sides give the values named."""
    return harness.Workload(
        name="planned",
        what="values",
        sides={library: lambda v=v: lambda: {"y": v} for library, v in sides.items()},
        sizes={},
        tiny={},
        metric=harness.SECONDS,
        target=0.5,
    )


@pytest.mark.parametrize(
    "theirs, complaint",
    [
        (np.array([1.0, 2.1]), "differ in y"),
        (np.array([1.0, 2.0], np.float32), "float32"),
    ],
)
def test_sides_that_disagree_are_refused(harness, theirs, complaint):
    ours = Variable(np.array([1.0, 2.0]))
    same = plan(harness, dezero=ours, autograd=ours.data.copy())
    harness.check_agreement(same, ["dezero", "autograd"], {})
    other = plan(harness, dezero=ours, autograd=theirs)
    with pytest.raises(AssertionError, match=complaint):
        harness.check_agreement(other, ["dezero", "autograd"], {})


def test_targets(harness):
    own = plan(harness)
    result = harness.Result(own, {"dezero": [0.4, 9.0, 0.4], "torch": [1.0, 1.0, 0.5]})
    assert result.median("dezero") == 0.4
    assert result.ratios("torch") == [0.4, 0.8, 9.0]
    assert result.passed() is True
    ratio = replace(own, against="torch")  # the median ratio is 0.8
    assert replace(result, workload=ratio).passed() is False
    assert replace(result, workload=replace(ratio, target=0.9)).passed() is True
    assert harness.Result(ratio, {"dezero": [0.4]}).passed() is None
    assert replace(result, workload=replace(own, target=None)).passed() is None


def test_the_table_is_written_between_the_markers_of_the_readme(harness, tmp_path):
    program = runpy.run_path(str(BENCHMARKS / "__main__.py"))
    begin, end = program["BEGIN"], program["END"]
    readme = program["README"].read_text(encoding="utf-8")
    assert readme.count(begin) == readme.count(end) == 1

    copy = tmp_path / "README.md"
    copy.write_text(f"before\n{begin}\nold\n{end}\nafter\n", encoding="utf-8")
    for table in "first", "second":
        program["write_between"](copy, begin, end, table)
    expected = f"before\n{begin}\nsecond\n{end}\nafter\n"
    assert copy.read_text(encoding="utf-8") == expected

    copy.write_text("no markers\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="no lines"):
        program["write_between"](copy, begin, end, "table")
