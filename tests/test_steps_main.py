"""python -m steps: list, run, diff, test, table, and errors that teach."""

import importlib.util
import os
import platform
import re
import subprocess
import sys

import machine
import pytest
from book import reader, table
from curriculum.places import ROOT, STEPS

spec = importlib.util.spec_from_file_location("commands", STEPS / "__main__.py")
commands = importlib.util.module_from_spec(spec)
spec.loader.exec_module(commands)

STEP_1 = '''"""Step 1. A box: it holds a number.

Numbers need a home.

Exercise: put a word into a Box.

Output:
    3
"""


class Box:
    """Hold data."""

    def __init__(self, data):
        self.data = data


if __name__ == "__main__":
    print(Box(3).data)
'''

STEP_2 = '''"""Step 2. Twice the | box: a * b of __both__.

A box alone is dull.

Exercise: write halve.
Does it invert double?

In the package: dezero/core.py,
double

Output (rtol 0.05):
    6
      and 7

    the end
"""


def double(box):
    """Return a box with twice the data."""
    return Box(2 * box.data)


# --- carried over ---
class Box:
    """Hold data."""

    def __init__(self, data):
        self.data = data


if __name__ == "__main__":
    print(double(Box(3)).data)
'''

LEDGER = """
[step02]
teaches = ["core.double", "core.Double"]
family = ["core.triple"]
extends = ["core.Box", "core.Box.data"]

[step02.words]
"box" = { is = "what holds a number" }
"""


@pytest.fixture
def folder(tmp_path):
    """A folder with two made-up steps."""
    (tmp_path / "step01.py").write_text(STEP_1)
    (tmp_path / "step02.py").write_text(STEP_2)
    (tmp_path / "ledger.toml").write_text(LEDGER)
    return tmp_path


def steps(*arguments, cwd=ROOT, code=0, **environment):
    """Run python -m steps; return what it prints, and on stderr if it fails."""
    result = subprocess.run(
        [sys.executable, "-W", "error", "-m", "steps", *arguments],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert result.returncode == code, result.stderr
    return result.stderr if code else result.stdout


# ------------------------------------------------------------------ reading


def test_docstring_is_read(folder):
    step = reader.read_step(folder / "step02.py")
    assert (step.number, step.title) == (2, "Twice the | box")
    assert step.idea == "a * b of __both__"
    assert step.teaches == ["core.double", "core.Double"]
    assert step.family == ["core.triple"]
    assert step.extends == ["core.Box", "core.Box.data"]
    assert step.words == {"box": {"is": "what holds a number"}}
    assert step.in_package == "dezero/core.py, double"
    assert step.exercise == "write halve. Does it invert double?"
    assert step.output == "6\n  and 7\n\nthe end"
    assert step.rtol == 0.05


def test_words_that_are_no_headers():
    header = reader.HEADER
    assert not header.search("this is an Exercise: a story, and no Output: either")
    text = "Exercise: x.\n\nIn the package: y.\nOutput (rtol 0.1):\n    z"
    assert header.findall(text) == ["Exercise", "In the package", "Output (rtol 0.1)"]


@pytest.mark.parametrize(
    "old, new, message",
    [
        ("Step 2. Twice", "Twice", "step02: .* 'Step 2. Short title: the idea.'"),
        ("the | box: a", "the box a", "Short title: the idea"),
        ("      and 7", "and 7", "must be indented by 4 blanks, got 'and 7'"),
        ("def double(box):", "def double(box)", r"step02, line \d+: expected ':'"),
    ],
)
def test_bad_docstring(folder, old, new, message):
    assert old in STEP_2
    (folder / "step02.py").write_text(STEP_2.replace(old, new))
    with pytest.raises(reader.StepError, match=message):
        reader.read_step(folder / "step02.py")


@pytest.mark.parametrize(
    "number, chapter",
    [(1, 1), (10, 1), (11, 2), (24, 2), (25, 3), (61, 6), (72, 6), (73, 7)],
)
def test_chapter_of(number, chapter):
    assert reader.chapter_of(number) == (chapter, reader.CHAPTERS[chapter - 1][1])


# --------------------------------------------------------------------- list


def test_list(folder):
    assert table.list_steps(folder) == (
        "Chapter 1 - Automatic differentiation\n  01  A box\n  02  Twice the | box"
    )


def test_list_names_every_step():
    text = steps("list")
    assert re.findall(r"^  (\d\d)  \S", text, re.MULTILINE) == [
        f"{number:02d}" for number in reader.find_steps()
    ]


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_help_and_list(arguments):
    text = steps(*arguments)
    assert commands.__doc__ in text
    assert steps("list") in text


# ---------------------------------------------------------------------- run


def test_run_is_the_step(run_step):
    assert steps("run", "3") == run_step(3)


@pytest.mark.parametrize(
    "argument",
    [
        *["3", "03", "step03", "step03.py", "steps/step03.py", r"steps\step03.py"],
        *["./steps/step03.py", str(STEPS / "step03.py")],
    ],
)
def test_run_is_the_default(argument, monkeypatch):
    seen = []
    monkeypatch.setattr(machine, "python", lambda purpose: f"python to {purpose}")
    monkeypatch.setattr(commands, "run_step", lambda *given: seen.append(given))
    for command in ["run", argument, "a.jpg"], [argument, "a.jpg"]:
        commands.main(command)
    assert seen == [(STEPS / "step03.py", ["a.jpg"], "python to run")] * 2


def test_run_from_another_directory(tmp_path, run_step):
    result = subprocess.run(
        [sys.executable, str(STEPS), "run", "3"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert result.stdout == run_step(3)


def test_run_passes_arguments_and_exit_code(folder):
    path = folder / "step03.py"
    path.write_text("import sys\nsys.exit(len(sys.argv) + ('--full' in sys.argv))\n")
    assert commands.run_step(path, []) == 1
    assert commands.run_step(path, ["--full", "x"]) == 4


@pytest.mark.parametrize(
    "words, expected",
    [
        ("3 4", [(3, []), (4, [])]),
        ("steps/step03.py step04", [(3, []), (4, [])]),
        ("51 --full", [(51, ["--full"])]),
        ("4 51 --full x", [(4, ["--full", "x"]), (51, ["--full", "x"])]),
        ("3 -- 4", [(3, ["4"])]),
        ("3 photo.jpg 4", [(3, ["photo.jpg", "4"])]),
    ],
)
def test_run_takes_several_steps_and_what_follows(words, expected, monkeypatch):
    seen = []

    def run_step(path, arguments, python):
        seen.append((int(path.stem[4:]), arguments))
        return 0

    monkeypatch.setattr(machine, "python", lambda purpose: "python")
    monkeypatch.setattr(commands, "run_step", run_step)
    for command in ["run", *words.split()], words.split():
        assert commands.main(command) == 0
        assert seen == expected
        seen.clear()


def test_run_stops_at_the_step_that_fails(monkeypatch):
    seen = []
    monkeypatch.setattr(machine, "python", lambda purpose: "python")
    monkeypatch.setattr(commands, "run_step", lambda path, *_: seen.append(path) or 3)
    assert commands.main(["run", "3", "4"]) == 3
    assert seen == [STEPS / "step03.py"]


def test_the_path_of_another_file_is_not_a_step(tmp_path):
    (tmp_path / "step03.py").write_text("print('mine')")
    text = steps("run", str(tmp_path / "step03.py"), code=2)
    assert "is not one of the steps in" in text and "with python" in text


def test_run_takes_a_file_of_the_readers_own(tmp_path, monkeypatch, capfd):
    """It may import our steps, as step 68 does."""
    monkeypatch.setenv("STEPS_FOLDER", str(tmp_path))
    monkeypatch.setattr(machine, "python", lambda purpose: sys.executable)
    own = tmp_path / "step68.py"
    own.write_text("import sys, step67\nprint('mine', step67.__name__, sys.argv[1:])")
    assert commands.main(["run", str(own), "--full"]) == 0
    assert capfd.readouterr().out == "mine step67 ['--full']\n"


# --------------------------------------------------------------------- test


def pytest_calls(monkeypatch, *arguments):
    """Return the command that `test` starts, and where."""
    seen = []
    monkeypatch.setattr(machine, "python", lambda purpose: f"python to {purpose}")
    monkeypatch.setattr(
        commands, "call", lambda command, cwd: seen.append((command, cwd)) or 0
    )
    assert commands.main(["test", *arguments]) == 0
    return seen


def test_test_is_pytest_in_the_repository(monkeypatch):
    command = ["python to test", "-m", "pytest", "-x", "tests/test_core.py"]
    assert pytest_calls(monkeypatch, "-x", "tests/test_core.py") == [
        (command, str(ROOT))
    ]


@pytest.mark.parametrize("there", [True, False])
def test_all_tests_run_on_all_cores_where_xdist_is_there(monkeypatch, there):
    monkeypatch.setattr(commands, "has_module", lambda python, name: there)
    ((command, _),) = pytest_calls(monkeypatch)
    cores = ["-n", "auto", "--dist", "worksteal"]
    cores = cores if there else []
    assert command == ["python to test", "-m", "pytest", *cores]
    ((command, _),) = pytest_calls(monkeypatch, "--slow")
    assert command[3:5] == ["-m", "slow"] and ("worksteal" in command) is there
    ((command, _),) = pytest_calls(monkeypatch, "--all")
    assert command == ["python to test", "-m", "pytest", "-m", "", *cores]
    ((command, _),) = pytest_calls(monkeypatch, "--slow", "--", "tests/test_core.py")
    assert command[1:] == ["-m", "pytest", "-m", "slow", "tests/test_core.py"]


def test_slow_tests_wait_until_they_are_asked_for(tmp_path):
    """As pyproject.toml has it: a plain pytest leaves them out, -m brings them back."""
    path = tmp_path / "test_it.py"
    path.write_text(
        "import pytest\ndef test_a(): pass\n@pytest.mark.slow\ndef test_b(): pass\n"
    )
    assert collected(path) == {"test_a"}
    assert collected(path, "-m", "slow") == {"test_b"}
    assert collected(path, "-m", "") == {"test_a", "test_b"}


def test_what_takes_long_in_our_steps_is_slow():
    """A test that is marked long, and one that runs a long program."""
    path = ROOT / "tests" / "test_step60.py"
    usual, slow = collected(path), collected(path, "-m", "slow")
    assert "test_by_hand" in usual
    assert slow == {"test_the_lstm_sees_better", "test_the_numbers_printed"}
    path = ROOT / "tests" / "test_step74.py"
    assert "test_what_is_printed" in collected(path, "-m", "slow")


def collected(path, *words):
    """Return the names of the tests in a file that pytest would run."""
    options = ["-c", ROOT / "pyproject.toml", "--rootdir", path.parent]
    options += ["--collect-only", "-q", "-p", "no:xdist", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, path, *words],
        cwd=path.parent,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return set(re.findall(r"::(\w+)", done.stdout))


@pytest.mark.parametrize("name, there", [("json", True), ("no_such_module", False)])
def test_has_module(name, there):
    assert commands.has_module(sys.executable, name) is there


def test_the_quick_tests_are_files_that_exist(monkeypatch):
    ((command, _),) = pytest_calls(monkeypatch, "--quick", "-x")
    python, m, name, *files, k, _, last = command
    assert (python, m, name) == ("python to test", "-m", "pytest")
    assert (k, last) == ("-k", "-x")
    assert len(files) > 10
    for file in files:
        assert (ROOT / file).is_file()


def test_version():
    version = re.search(
        '"(.+)"', (ROOT / "dezero/__init__.py").read_text().split("__version__")[1]
    )
    assert (
        steps("--version")
        == f"dezero {version[1]}, Python {platform.python_version()}\n"
    )


# -------------------------------------------------------------------- table


def test_table(folder):
    assert table.table(folder) == (
        "### Chapter 1 - Automatic differentiation\n"
        "\n"
        "| | step | its one idea |\n"
        "|---|---|---|\n"
        "| [01](steps/step01.py) | A box | it holds a number |\n"
        "| [02](steps/step02.py) | Twice the \\| box | a \\* b of \\_\\_both\\_\\_ |"
    )


def test_table_names_the_notebook_of_a_chapter(folder):
    notebook = folder.parent / "notebooks" / "chapter1.ipynb"
    notebook.parent.mkdir()
    notebook.touch()
    line = "As a notebook: [notebooks/chapter1.ipynb](notebooks/chapter1.ipynb)"
    assert f"differentiation\n\n{line}\n\n| |" in table.table(folder)


def test_table_goes_between_the_marks(folder):
    text = f"before\n{table.BEGIN}\nold\n{table.END}\nafter\n"
    new = table.with_table(text, folder)
    assert new.startswith(f"before\n{table.BEGIN}\n\n### Chapter 1")
    assert new.endswith(f"of \\_\\_both\\_\\_ |\n\n{table.END}\nafter\n")
    assert table.with_table(new, folder) == new
    with pytest.raises(reader.StepError, match="README.md needs the lines"):
        table.with_table("no marks", folder)


def test_table_command(tmp_path, monkeypatch, capsys):
    readme = tmp_path / "README.md"
    readme.write_text(f"{table.BEGIN}\n{table.END}\n")
    monkeypatch.setattr(table, "README", readme)
    assert commands.main(["table"]) == 0
    assert f"{len(reader.find_steps())} steps" in capsys.readouterr().out
    assert "| [01](steps/step01.py) |" in readme.read_text()


# ------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["99"], r"there is no step '99'; there are steps 1-"),
        (["run", "x"], "there is no step 'x'; there are steps 1-"),
        (["diff", "0"], "there is no step '0'"),
        (["run"], "run needs the number of a step: run 16"),
        (["run", "51", "--ful"], "run 51 does not know --ful: step 51 knows --full$"),
        (["51", "--", "-f"], "run 51 does not know -f: step 51 knows --full$"),
        (["16", "--full"], "run 16 does not know --full: it has no options$"),
        (["3", "4", "-x"], "run 3 4 does not know -x: it has no options$"),
        (["3", "51", "--ful"], "run 3 51 does not know --ful: step 51 knows --full$"),
        (["diff"], "diff needs the number of a step: diff 16"),
        (
            ["play"],
            "play needs the number of a step: play 14; players exist for steps 6, 7",
        ),
        (["play", "17"], "step 17 has no player; steps 6, 7"),
        (["diff", "2", "3", "4"], "diff does not take '4'"),
        (["--version", "x"], "version does not take 'x'"),
        (["list", "all"], "list does not take 'all'"),
        (["site", "here"], "site takes --to and a folder"),
        (["fly"], "no command 'fly'; there are list, run, diff, where"),
    ],
)
def test_errors_teach(arguments, message):
    text = steps(*arguments, code=2)
    assert re.match("steps: .*" + message, text)
    assert "Traceback" not in text


def test_ranges():
    assert reader.ranges([1, 2, 3, 5, 7, 8]) == "1-3, 5, 7-8"


@pytest.mark.parametrize(
    "lacks, has_pygments, goes",
    [(["numpy"], 0, True), (["numpy"], 1, False), ([], 0, 0)],
)
def test_site_is_written_by_the_environment(lacks, has_pygments, goes, monkeypatch):
    """Its Python makes the players, which one without NumPy leaves out."""
    called = []

    def call(command, **_):
        called.append(command[1:])
        return has_pygments if command[1] == "-c" else 0

    monkeypatch.setattr(machine, "lacking", lambda purpose: lacks)
    monkeypatch.setattr(machine, "inside_venv", lambda: False)
    monkeypatch.setattr(machine, "asked", lambda executable, purpose: [])
    monkeypatch.setattr(commands.subprocess, "call", call)
    monkeypatch.setattr("book.site.build.write", lambda to: f"here: {to}")
    assert commands.write_site(["--to", "x"]) == 0
    assert ([machine.STEPS, "site", "--to", "x"] in called) == bool(goes)
