"""steps/machine.py and doctor.py: any machine, from nothing to a picture."""

import ast
import os
import re
import shutil
import subprocess
import sys
import types
from pathlib import Path

import doctor
import machine
import pytest
from book.site import build, code
from curriculum.places import ROOT, STEPS

BARE = [sys.executable, "-S"]  # a Python without any installed package
posix = pytest.mark.skipif(os.name != "posix", reason="pipes of POSIX")


def start(command, cwd=ROOT, **environment):
    """Run a program; return its result, text decoded."""
    return subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": "", **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


@pytest.fixture
def foreign(tmp_path):
    """A folder with another package of the name dezero."""
    package = tmp_path / "other" / "dezero"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text('__version__ = "0.0.13"\n')
    (package / "core.py").write_text("")
    return package.parent


@pytest.fixture
def away(tmp_path):
    """A copy of the folder steps/ with one step, in a folder with a difficult name."""
    folder = tmp_path / "naïve größe" / "steps"
    folder.mkdir(parents=True)
    for name in ("machine.py", "numpy.py", "dezero.py"):
        shutil.copy(STEPS / name, folder)
    (folder / "step01.py").write_text(
        "import numpy as np\nimport dezero.functions as F\nimport dezero\n"
        "print(np.__file__, dezero.__file__, F.__file__, np.sum([1, 2]), sep='\\n')\n"
    )
    return folder


# ------------------------------------------------- ours, another one, or none


@pytest.mark.parametrize("step", [5, 30])
def test_a_step_without_packages_says_what_to_type(step):
    result = start([*BARE, f"steps/step{step:02d}.py"])
    assert result.returncode == 1 and result.stdout == ""
    assert result.stderr.startswith(f"step{step:02d}.py: NumPy is not installed for ")
    assert result.stderr.endswith(f" -m steps run {step}\n")
    assert result.stderr.count("\n") == 1


def test_from_another_directory_the_folder_is_named(away, tmp_path):
    result = start([*BARE, away / "step01.py"], cwd=tmp_path)
    assert re.search(r"Type: py(thon3)? ['\"].*steps['\"] run 1\n$", result.stderr)


def test_a_step_knows_another_dezero(foreign):
    import numpy

    numpys = Path(numpy.__file__).parents[1]
    path = os.pathsep.join([str(foreign), str(numpys)])
    result = start([*BARE, "steps/step30.py"], PYTHONPATH=path)
    assert result.returncode == 1
    assert "step30.py: the package dezero in " in result.stderr
    assert "not the one of this course" in result.stderr
    assert "version 0.0.13" in result.stderr
    assert "pip uninstall dezero" in result.stderr
    assert result.stderr.endswith(" -m steps run 30\n")
    assert "Traceback" not in result.stderr


def test_the_tests_know_another_dezero(foreign):
    command = [sys.executable, "-P", "-m", "pytest", "tests/test_step01.py"]
    result = start(command, PYTHONPATH=str(foreign))
    assert result.returncode == 1 and "passed" not in result.stdout
    assert "not the one of this course" in result.stderr
    assert result.stderr.endswith(" -m steps test\n")


def test_numpy_and_dezero_step_aside(away):
    result = start([sys.executable, away / "step01.py"], PYTHONPATH=str(ROOT))
    assert result.stderr == ""
    numpy, dezero, functions, total = result.stdout.splitlines()
    assert Path(numpy).parts[-2:] == ("numpy", "__init__.py")
    assert Path(dezero).parent == ROOT / "dezero"
    assert Path(functions).parent == ROOT / "dezero" / "functions"
    assert total == "3"


def test_other_errors_keep_their_traceback(away):
    (away / "step02.py").write_text("import numpy as np\nnp.zeros(3)[5]\n")
    result = start([sys.executable, away / "step02.py"], PYTHONPATH=str(ROOT))
    assert result.returncode == 1
    assert result.stderr.startswith("Traceback") and "IndexError" in result.stderr
    assert "machine.py" not in result.stderr


def test_a_missing_package_can_still_be_caught(away):
    (away / "step02.py").write_text(
        "try:\n    import numpy\nexcept ImportError as error:\n    print(error.name)\n"
    )
    result = start([*BARE, away / "step02.py"])
    assert (result.stdout, result.stderr) == ("numpy\n", "")


# --------------------------------------------------------- an older Python


def test_an_older_python_is_told(monkeypatch):
    assert machine.old_python() is None
    monkeypatch.setattr(machine, "OLDEST", (9, 1))
    number = ".".join(map(str, sys.version_info[:3]))
    assert re.match(
        rf"this is Python {number} \(.*\), and dezero needs 9.1 or newer: https://",
        machine.old_python(),
    )


@pytest.mark.parametrize("name", ["__main__", "machine", "numpy", "dezero"])
def test_an_older_python_can_read_what_tells_it(name):
    text = (STEPS / f"{name}.py").read_text(encoding="utf-8")
    ast.parse(text, feature_version=(3, 6))


def test_the_oldest_python_is_the_same_everywhere():
    oldest = "{}.{}".format(*machine.OLDEST)
    for name, text in {
        "setup.py": f'python_requires=">={oldest}"',
        "pyproject.toml": f'target-version = "py{oldest.replace(".", "")}"',
        "README.md": f"Python {oldest} or newer",
        ".github/workflows/ci.yml": f'python: "{oldest}"',
    }.items():
        assert text in (ROOT / name).read_text(encoding="utf-8"), name


# -------------------------------------------------------- the environment


class Computer:
    """A machine for tests: what pip would do is noted, nothing is fetched."""

    def __init__(self, root):
        self.venv = root / ".venv"
        self.done = []
        self.starts = False  # does .venv's Python start?
        self.has = []  # what it has
        self.pip = (0, "")  # what pip will return and say

    def create(self):
        assert machine.state() == "unfinished" and os.listdir(self.venv) == [
            "steps.txt"
        ]
        (self.venv / "pyvenv.cfg").write_text("")
        self.done.append("create")
        self.starts = True

    def asked(self, executable, purpose):
        assert executable == machine.venv_python()
        if not self.starts:
            return None
        return [name for name in machine.NEEDS[purpose] if name not in self.has]

    def run_pip(self, command):
        self.done.append(command[-1])
        if isinstance(self.pip, BaseException):
            raise self.pip
        if self.pip[0] == 0:
            self.has = machine.NEEDS["test" if "test" in command[-1] else "run"]
        return self.pip


@pytest.fixture
def computer(tmp_path, monkeypatch):
    """A machine whose Python has nothing installed."""
    computer = Computer(tmp_path)
    monkeypatch.setattr(machine, "ROOT", str(tmp_path))
    monkeypatch.setattr(machine, "VENV", str(computer.venv))
    monkeypatch.setattr(machine, "lacking", lambda purpose: ["numpy", "dezero"])
    monkeypatch.setattr(machine, "create", computer.create)
    monkeypatch.setattr(machine, "asked", computer.asked)
    monkeypatch.setattr(machine, "run_pip", computer.run_pip)
    monkeypatch.setattr(
        machine, "subprocess", types.SimpleNamespace(run=no_program, DEVNULL=None)
    )
    return computer


def no_program(*arguments, **options):
    return types.SimpleNamespace(returncode=0)


def test_what_is_installed_here_is_used(monkeypatch):
    monkeypatch.setattr(machine, "lacking", lambda purpose: [])
    assert machine.python("run") == sys.executable


def test_pygments_goes_where_pip_may_put_it(tmp_path, monkeypatch):
    """Not into the Python of a system, which pip refuses: Debian's, for one."""
    monkeypatch.setattr(machine, "VENV", str(tmp_path / ".venv"))
    monkeypatch.setattr(machine, "lacking", lambda purpose: ["numpy"])
    ours = Path(machine.venv_python())
    typed = f"{ours} -m pip install pygments"
    assert code.advice().endswith(f" run 1, which makes .venv, then {typed}")
    ours.parent.mkdir(parents=True)
    ours.write_text("")
    assert code.advice() == typed
    monkeypatch.setattr(machine, "lacking", lambda purpose: [])
    assert code.advice() == f"{sys.executable} -m pip install pygments"


def test_an_environment_is_made_once(computer, capsys):
    assert machine.python("run") == machine.venv_python()
    assert computer.done == ["create", "."] and machine.state() == "run"
    said = capsys.readouterr().err.splitlines()
    assert re.fullmatch("steps: NumPy and dezero are not installed for .*", said[0])
    assert re.fullmatch("steps: installing into .venv, once: about .* MB .*", said[1])
    assert machine.python("run") == machine.venv_python()  # and now it is there
    assert computer.done == ["create", "."]
    assert capsys.readouterr().err == ""


def test_the_tests_need_more(computer, capsys):
    machine.python("run")
    assert "pytest" not in capsys.readouterr().err
    machine.python("test")
    said = capsys.readouterr().err
    assert "pytest checks your steps; nbformat, nbclient and ipykernel run" in said
    assert computer.done == ["create", ".", ".[test]"] and machine.state() == "test"
    machine.python("run")
    assert computer.done == ["create", ".", ".[test]"]


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), machine.MachineError("Ctrl-C")])
def test_an_interrupted_installation_is_made_anew(computer, stop, capsys):
    computer.pip = stop
    with pytest.raises(type(stop)):
        machine.python("run")
    assert machine.state() == "unfinished"
    (computer.venv / "half").write_text("")
    computer.pip, computer.has = (0, ""), machine.NEEDS["run"]  # even if it looks whole
    machine.python("run")
    assert computer.done == ["create", ".", "create", "."]
    assert machine.state() == "run" and not (computer.venv / "half").exists()
    assert "was not finished, so it is made again" in capsys.readouterr().err


def test_a_broken_environment_is_made_anew(computer, capsys):
    machine.python("run")
    computer.starts = False  # the Python it was made from is gone
    machine.python("run")
    assert computer.done == ["create", "."] * 2
    assert "does not start, so it is made again" in capsys.readouterr().err


def test_somebodys_own_environment_is_added_to(computer):
    computer.venv.mkdir()
    (computer.venv / "pyvenv.cfg").write_text("")
    (computer.venv / "mine").write_text("")
    computer.starts = True
    machine.python("run")
    assert computer.done == ["."] and (computer.venv / "mine").exists()
    assert machine.state() is None


def test_a_folder_that_is_no_environment_stays(computer):
    computer.venv.mkdir()
    (computer.venv / "diary.txt").write_text("dear diary")
    with pytest.raises(machine.MachineError, match="in the way: .* another name"):
        machine.python("run")
    assert os.listdir(computer.venv) == ["diary.txt"] and computer.done == []


def test_without_venv_one_line_says_what_to_install(computer, monkeypatch):
    found = machine.find
    monkeypatch.setattr(
        machine, "find", lambda name: None if name == "ensurepip" else found(name)
    )
    monkeypatch.setattr(os.path, "exists", lambda path: path == "/etc/debian_version")
    pattern = r"comes without the module venv.*: sudo apt install python3\S*-venv$"
    with pytest.raises(machine.MachineError, match=pattern):
        machine.python("run")
    assert not computer.venv.is_dir()


@pytest.mark.parametrize(
    "said, message",
    [
        (
            "WARNING: Retrying (Retry(total=1)) after connection broken by "
            "'NewConnectionError(...: Temporary failure in name resolution)'\n"
            "ERROR: No matching distribution found for setuptools>=64",
            "could not fetch the packages: is there a network",
        ),
        (
            "Collecting numpy\nERROR: [Errno 28] No space left on device\nfurther",
            r"pip failed: ERROR: \[Errno 28\] No space left on device",
        ),
        ("", "pip failed: no message"),
    ],
)
def test_when_pip_fails_one_line_says_why(computer, said, message):
    computer.pip = (1, said)
    with pytest.raises(machine.MachineError, match=message) as caught:
        machine.python("run")
    assert "\n" not in str(caught.value) and "steps.log" in str(caught.value)


def test_pythonpath_in_the_way_is_named(computer, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    monkeypatch.setattr(machine, "asked", lambda *given: ["dezero"])
    with pytest.raises(machine.MachineError, match="dezero cannot .* unset PYTHONPATH"):
        machine.python("run")


def test_progress_shows_names_and_sizes():
    lines = [
        "Collecting numpy<3,>=1.26",
        "  Downloading numpy-2.4.6-cp311-cp311-linux_x86_64.whl.metadata (6.6 kB)",
        "  Downloading numpy-2.4.6-cp311-cp311-linux_x86_64.whl (16.9 MB)",
        "  Using cached https://x.org/python_dateutil-2.9-py3-none-any.whl (92 kB)",
        "Installing collected packages: numpy",
    ]
    assert [machine.progress(line) for line in lines] == [
        *[None, None, "numpy 16.9 MB,", "python_dateutil 92 kB,", "unpacking ..."]
    ]


# ---------------------------------------------------------- a closed pipe


@posix
@pytest.mark.parametrize("command", [["steps/step28.py"], ["-m", "steps", "run", "28"]])
def test_a_reader_who_has_seen_enough_ends_it_quietly(command):
    read, write = os.pipe()
    os.close(read)  # nobody reads
    result = subprocess.run(
        [sys.executable, "-u", *command],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(write)
    assert result.stderr == ""


# ------------------------------------------------------------------ doctor


def test_doctor_before_anything_is_installed(tmp_path):
    shutil.copytree(STEPS, tmp_path / "steps")  # where no .venv is
    result = start([*BARE, "-m", "steps", "doctor"], cwd=tmp_path)
    assert result.returncode == 1 and result.stderr == ""
    assert re.search(r"^ok +Python +\d+\.\d+", result.stdout, re.MULTILINE)
    for name in ("NumPy", "dezero"):
        assert re.search(rf"^MISSING +{name} +not installed", result.stdout, re.M)
    assert re.search(
        "What to do:\n  NumPy, .* run 26 installs what is missing", result.stdout
    )


def test_doctor_here():
    result = start([sys.executable, "-m", "steps", "doctor"], PYTHONPATH=str(ROOT))
    assert result.returncode == 0 and result.stderr == "", result.stdout
    for (
        subject
    ) in "Python NumPy dezero Graphviz fonts data GPU Jupyter Pygments tools".split():
        assert re.search(rf"^(ok|-) +{subject} ", result.stdout, re.MULTILINE)
    assert "MISSING" not in result.stdout
    assert str(ROOT / "dezero") in result.stdout


@pytest.mark.parametrize("there", [True, False])
def test_doctor_looks_for_pygments(there, monkeypatch):
    monkeypatch.setattr(doctor, "version", lambda name: "2.0" if there else None)
    monkeypatch.setattr(machine, "find", lambda name: there or None)
    monkeypatch.setattr(machine, "lacking", lambda purpose: [])
    report = doctor.Report()
    doctor.look_at_pygments(report)
    assert report.essential
    first, *rest = str(report).splitlines()
    assert re.fullmatch("ok +Pygments +2.0" if there else "- +Pygments +not .*", first)
    typed = f"  Pygments: {sys.executable} -m pip install pygments"
    assert (rest[-1] == typed) != there


@pytest.mark.parametrize("to, option", [("pages", " --to pages"), (None, "")])
@pytest.mark.parametrize("whole", [True, False])
def test_a_site_without_players_names_the_commands(
    whole, to, option, tmp_path, monkeypatch
):
    """.venv may have all of it but Pygments, or not be there yet."""
    monkeypatch.setattr(machine, "ROOT", str(tmp_path))
    monkeypatch.setattr(machine, "VENV", str(tmp_path / ".venv"))
    monkeypatch.setattr(machine, "lacking", lambda purpose: ["matplotlib", "dezero"])
    monkeypatch.setattr(machine, "asked", lambda *_: [] if whole else None)
    monkeypatch.setattr(build, "build", lambda to: {"index.html": b""})
    monkeypatch.chdir(tmp_path)
    _, lacks, *rest = build.write(to or str(tmp_path / "site")).splitlines()
    assert lacks == "without the players: this Python lacks matplotlib and dezero"
    venv = os.path.relpath(machine.venv_python())
    assert [line.strip().replace('"', "") for line in rest] == [
        "for a site with them, type:",
        *([] if whole else [machine.command("run 1")]),
        f"{venv} -m pip install pygments",
        f"{venv} -m steps site{option}",
    ]


@pytest.mark.parametrize("inside", [True, False])
def test_doctor_names_the_pip_of_the_environment(inside, monkeypatch):
    monkeypatch.setattr(doctor.machine, "inside_venv", lambda: inside)
    monkeypatch.setattr(doctor.machine, "find", lambda name: None)
    report = doctor.Report()
    doctor.look_at_jupyter(report)
    pip = f'"{sys.executable}" -m pip' if inside else "pip"
    assert f"Jupyter: {pip} install -e" in str(report)


def test_doctor_names_another_dezero(foreign, monkeypatch):
    monkeypatch.setattr(sys, "path", [str(foreign), *sys.path])
    report = doctor.Report()
    doctor.look_at_packages(report)
    assert not report.essential
    assert "not the one of this course" in str(report)


@posix
def test_doctor_tries_the_program_dot(tmp_path, monkeypatch):
    dot = tmp_path / "dot"
    dot.write_text("#!/bin/sh\necho no such library >&2\nexit 3\n")
    dot.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(machine, "lacking", lambda purpose: ["dezero"])
    report = doctor.Report()
    doctor.look_at_graphviz(report)
    assert f"the program {dot} (broken: no such library)" in str(report)


def test_doctor_shows_which_data_is_there(tmp_path, monkeypatch):
    (tmp_path / "shakespear.txt").write_text("too short")
    monkeypatch.setenv("DEZERO_CACHE", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setattr(machine, "lacking", lambda purpose: [])
    report = doctor.Report()
    doctor.look_at_data(report)
    text = str(report)
    assert f"{tmp_path} (DEZERO_CACHE): no files yet" in text
    assert "damaged: shakespear.txt" in text
    assert "downloaded when asked for: cifar-10" in text


def test_doctor_goes_on_where_a_look_fails(monkeypatch):
    def look_at_stars(report):
        raise OSError("cloudy")

    monkeypatch.setattr(doctor, "LOOKS", [look_at_stars])
    text = str(doctor.examine())
    assert "stars       cannot be checked: OSError: cloudy" in text
