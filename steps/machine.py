"""Find or make a Python for the steps: one with NumPy and our dezero.

    python("run")      a Python for the steps: this one or .venv's
    step_aside(name)   what numpy.py and dezero.py beside this file do

If this Python lacks something, an environment is made in .venv, in
the repository, and used from then on. Nothing else on the machine is
changed, and deleting the folder .venv undoes it all.

This file uses only the standard library and the syntax of Python 3.6,
because it has to tell an old Python that it is too old.
"""

import os
import re
import shlex
import subprocess
import sys

OLDEST = (3, 11)  # setup.py says the same, and a test keeps them equal

STEPS = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(STEPS)
VENV = os.path.join(ROOT, ".venv")
STATE = "steps.txt"  # in .venv: "unfinished", "run" or "test"
LOG = "steps.log"  # in .venv: pip's full output

# What has to be importable, and what pip installs if it is not.
NEEDS = {"run": ["numpy", "matplotlib", "dezero"]}
NEEDS["test"] = (
    NEEDS["run"] + "pytest nbformat nbclient ipykernel".split()
)
INSTALLS = {"run": ".", "test": ".[test]"}
COSTS = {
    "run": "about 50 MB to fetch, a minute or two",
    "test": "about 60 MB to fetch, two or three minutes (pytest checks "
    "your steps; nbformat, nbclient and ipykernel run the notebooks)",
}


class MachineError(RuntimeError):
    """This machine lacks something; the message says what to do."""


class NotReady(ModuleNotFoundError):
    """A step was started by a Python that lacks a package."""


# ------------------------------------------------------------ looking


def old_python():
    """Return a sentence if this Python is older than ours, or None."""
    if sys.version_info[:2] >= OLDEST:
        return None
    return (
        "this is Python {}.{}.{} ({}), and dezero needs {}.{} or "
        "newer: https://www.python.org/downloads/"
    ).format(*sys.version_info[:3], sys.executable, *OLDEST)


def find(name):
    """Return the spec of a package as a step sees it, or None.

    The folder of the steps is skipped: its numpy.py and dezero.py are
    not the packages.
    """
    before = sys.path[:]
    try:
        sys.path[:] = [entry for entry in before if not is_steps(entry)]
        for finder in sys.meta_path:
            if hasattr(finder, "find_spec"):
                spec = finder.find_spec(name, None)
                if spec is not None and spec.origin is not None:
                    return spec
    finally:
        sys.path[:] = before
    return None


def is_steps(entry):
    """Is this entry of sys.path the folder of the steps?"""
    return os.path.realpath(entry or ".") == os.path.realpath(STEPS)


def folder_of(spec):
    """Return the folder of a package."""
    return os.path.dirname(os.path.abspath(spec.origin))


def is_ours(spec):
    """Is this the dezero of this course, or another of that name?"""
    names = os.listdir(folder_of(spec))
    return "func.py" in names or "func" in names


def version_in(path):
    """Return the __version__ that is written in a file."""
    with open(path, encoding="utf-8", errors="replace") as file:
        match = re.search("__version__ = [\"'](.+)[\"']", file.read())
    return match.group(1) if match else "unknown"


def foreign(spec):
    """Return a sentence about a dezero that is not ours, or None."""
    if spec is None or is_ours(spec):
        return None
    return (
        f"the package dezero in {folder_of(spec)} is not the one of "
        "this course, but another one with that name (version "
        f"{version_in(spec.origin)}); pip uninstall dezero removes it"
    )


def lacking(purpose):
    """Return a list of what this Python lacks for "run" or "test"."""
    if old_python():
        return ["Python"]
    specs = {name: find(name) for name in NEEDS[purpose]}
    bad = [name for name, spec in specs.items() if spec is None]
    if foreign(specs["dezero"]):
        bad.append("dezero")
    return bad


def untestable():
    """Return why the tests cannot run in this Python, or None."""
    specs = {name: find(name) for name in ("numpy", "dezero")}
    missing = [name for name, spec in specs.items() if spec is None]
    problem = foreign(specs["dezero"]) or (
        why(missing) if missing else None
    )
    return f"{problem}. Type: {command('test')}" if problem else None


# ---------------------------------------------------- the environment


def python(purpose="run"):
    """Return a Python that has what "run" or "test" needs.

    That is this one, or the one in .venv, which is made, finished or
    repaired if needed. Raises MachineError if that fails.
    """
    missing = lacking(purpose)
    if not missing:
        return sys.executable
    answer = None
    if os.path.lexists(VENV) and state() != "unfinished":
        answer = asked(venv_python(), purpose)
    if answer == []:
        return venv_python()
    if answer:
        say(why(answer, "the environment .venv"))
    else:
        say(foreign(find("dezero")) or why(missing))
    if not inside_venv():
        make_venv()
    install(purpose)
    missing = asked(venv_python(), purpose)
    if missing:
        hint = ""
        if os.environ.get("PYTHONPATH"):
            hint = "unset PYTHONPATH, which is searched first; or "
        raise MachineError(
            f"{VENV} is there, but {listed(missing or ['Python'])} "
            f"cannot be found in it; {hint}delete that folder, and try "
            "again"
        )
    return venv_python()


def venv_python():
    """Return the path of .venv's Python."""
    places = "Scripts/python.exe" if os.name == "nt" else "bin/python"
    return os.path.join(VENV, *places.split("/"))


def inside_venv():
    """Is .venv's own Python running this?"""
    return os.path.realpath(sys.prefix) == os.path.realpath(VENV)


def state():
    """Return the state that is written in .venv, or None."""
    try:
        with open(os.path.join(VENV, STATE), encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return None


def write_state(text):
    """Write the state of .venv into it, for later calls."""
    path = os.path.join(VENV, STATE)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text + "\n")


def asked(executable, purpose):
    """Return what another Python lacks; None if it does not answer."""
    program = [executable, os.path.join(STEPS, "machine.py"), purpose]
    try:
        result = subprocess.run(program, capture_output=True)
    except OSError:
        return None
    return None if result.returncode else result.stdout.decode().split()


def make_venv():
    """Make .venv, unless there is a finished one that starts."""
    unfinished = state() == "unfinished"
    if os.path.lexists(VENV):
        answer = asked(venv_python(), "run")
        if answer not in (None, ["Python"]) and not unfinished:
            return
        if not unfinished and not looks_like_one():
            raise MachineError(
                f"{VENV} is in the way: it is not a Python "
                "environment. Give it another name, and try again"
            )
        reason = "was not finished" if unfinished else "does not start"
        if answer == ["Python"]:
            reason = "has an older Python"
        say(f"the environment .venv {reason}, so it is made again")
    if find("venv") is None or find("ensurepip") is None:
        raise MachineError(no_venv())
    import shutil

    try:
        if os.path.islink(VENV) or os.path.isfile(VENV):
            os.unlink(VENV)
        elif os.path.isdir(VENV):
            shutil.rmtree(VENV)
        os.mkdir(VENV)
        write_state("unfinished")
    except OSError as error:
        raise MachineError(f"cannot make .venv: {error}") from None
    create()


def create():
    """Make the environment in the folder .venv, which is empty."""
    say("making an environment in .venv")
    result = subprocess.run(
        [sys.executable, "-m", "venv", "--prompt", "dezero", VENV],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if result.returncode:
        said = result.stdout.decode(errors="replace")
        if "ensurepip" in said:
            raise MachineError(no_venv())
        last = (said.strip().splitlines() or ["it said nothing"])[-1]
        raise MachineError(f"cannot make .venv: {last}")


def looks_like_one():
    """Is .venv an environment, or at least an empty folder?"""
    if not os.path.isdir(VENV):
        return os.path.islink(VENV) and not os.path.exists(VENV)
    cfg = os.path.exists(os.path.join(VENV, "pyvenv.cfg"))
    return cfg or not os.listdir(VENV)


def no_venv():
    """Return what to install if Python comes without venv."""
    advice = "install it with your system's package manager"
    if os.path.exists("/etc/debian_version"):
        advice = "sudo apt install python3-venv"
        if os.path.realpath(sys.executable) != os.path.realpath(
            "/usr/bin/python3"
        ):
            advice = "sudo apt install python{}.{}-venv".format(
                *sys.version_info[:2]
            )
    return (
        f"{sys.executable} comes without the module venv, which makes "
        f"environments: {advice}"
    )


def install(purpose):
    """Install dezero, and what purpose needs, into .venv."""
    say(f"installing into .venv, once: {COSTS[purpose]}")
    ours = state() is not None
    pip = [venv_python(), "-m", "pip"]
    if subprocess.run(
        pip + ["--version"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ).returncode:  # some tools make environments without pip
        subprocess.run([venv_python(), "-m", "ensurepip"])
    if ours and not inside_venv():
        write_state("unfinished")
    options = ["--disable-pip-version-check", "--no-input"]
    options += ["--progress-bar", "off", "--retries", "2"]
    command = pip + ["install"] + options + ["-e", INSTALLS[purpose]]
    failed, said = run_pip(command)
    if failed:
        raise MachineError(pip_failed(said))
    if ours:
        write_state(purpose)


def run_pip(command):
    """Run pip, with a progress line; return (exit code, output)."""
    said, shown = [], set()
    environment = dict(os.environ, PYTHONUNBUFFERED="1")
    child = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    path = os.path.join(VENV, LOG)
    log = open(path, "w", buffering=1, encoding="utf-8")
    sys.stderr.write(" ")
    try:
        for line in child.stdout:
            line = line.decode(errors="replace")
            said.append(line)
            log.write(line)
            word = progress(line)
            if word and word not in shown:
                sys.stderr.write(" " + word)
                sys.stderr.flush()
                shown.add(word)
        child.wait()
    except KeyboardInterrupt:  # pip got it too
        child.wait()
        sys.stderr.write("\n")
        raise MachineError(
            "interrupted; the same command continues from here"
        ) from None
    finally:
        log.close()
        child.stdout.close()
    sys.stderr.write("\n")
    return child.returncode, "".join(said)


def progress(line):
    """Return the words that show how far pip is, or None."""
    wheel = re.match(
        r"\s*(?:Downloading|Using cached) (?:\S*/)?"
        r"([\w.]+?)-\S*\.whl \((.+)\)",
        line,
    )
    if wheel:
        return f"{wheel.group(1)} {wheel.group(2)},"
    if line.startswith("Installing collected packages"):
        return "unpacking ..."
    return None


NO_NETWORK = "|".join(
    [
        "NewConnectionError",
        "Temporary failure in name resolution",
        "getaddrinfo failed",
        "Max retries",
        "ConnectionError",
        "ConnectTimeout",
        "ReadTimeout",
        "timed out",
        "ProxyError",
        "SSLError",
        "Network is unreachable",
        "[Cc]onnection (refused|broken)",
        r"\(from versions: none\)",
    ]
)


def pip_failed(said):
    """Return a sentence about why pip gave up."""
    log = f"(pip's full output is in {os.path.join(VENV, LOG)})"
    if re.search(NO_NETWORK, said):
        return (
            "pip could not fetch the packages: is there a network? "
            f"Type the same command again once there is one {log}"
        )
    errors = [x for x in said.splitlines() if re.match(r"\s*ERROR", x)]
    last = (errors or said.strip().splitlines() or ["no message"])[0]
    return f"pip failed: {last.strip()} {log}"


# ---------------------------------------------------- words and lines


def say(text):
    """Print a line of progress."""
    sys.stderr.write(f"steps: {text}\n")
    sys.stderr.flush()


def listed(names):
    """Return names as a list in a sentence, in their usual spelling."""
    names = [{"numpy": "NumPy"}.get(name, name) for name in names]
    return " and ".join(
        [", ".join(names[:-1]), names[-1]] if names[1:] else names
    )


def why(missing, where=sys.executable):
    """Return a sentence about what a Python lacks."""
    verb = "are" if len(missing) > 1 else "is"
    return f"{listed(missing)} {verb} not installed for {where}"


def command(arguments):
    """Return what to type to run `python -m steps` with arguments."""
    program = "py" if os.name == "nt" else "python3"
    if os.path.realpath(os.getcwd()) == os.path.realpath(ROOT):
        return f"{program} -m steps {arguments}"
    return f"{program} {quoted(STEPS)} {arguments}"


def quoted(path):
    """Return a path as a terminal reads it."""
    return f'"{path}"' if os.name == "nt" else shlex.quote(str(path))


# ------------------------------------- steps started by themselves


def step_aside(name):
    """Put the real package in place of numpy.py or dezero.py.

    `python steps/step30.py` puts the folder steps/ first on sys.path,
    so `import dezero` finds steps/dezero.py, which calls this. An
    import returns what is in sys.modules at its end: the package
    itself, as if there were no such file. If there is no package, the
    step ends with a sentence that says what to type.
    """
    import importlib.util

    attend()
    spec = None if old_python() else find(name)
    problem = old_python() or (
        foreign(spec) if name == "dezero" else None
    )
    if spec is None or problem:
        raise NotReady(advice(problem or why([name])), name=name)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)


def advice(problem):
    """Return the message of a step that cannot run."""
    step = running_step()
    if step is None:
        return problem
    if old_python():
        return f"{step}: {problem}"
    typed = command("run " + str(int(step[4:-3])))
    return f"{step}: {problem}. Type: {typed}"


def running_step():
    """Return the name of the step that was started, or None."""
    path = getattr(sys.modules.get("__main__"), "__file__", None) or ""
    name = os.path.basename(path)
    if re.match(r"step\d+\.py$", name) and is_steps(
        os.path.dirname(path)
    ):
        return name
    return None


def attend():
    """Spare the reader two tracebacks of a step started on its own.

    Without NumPy or dezero, the step says what to type. If the program
    that reads its output, such as `head`, stops reading, the step ends
    silently.
    """
    if running_step() is None or hasattr(attend, "done"):
        return
    attend.done = True
    import atexit

    usual = sys.excepthook

    def ending(kind, value, trace):
        if issubclass(kind, NotReady):
            sys.stderr.write(f"{value}\n")
        elif issubclass(kind, BrokenPipeError):
            silence()
        else:
            usual(kind, value, trace)

    sys.excepthook = ending
    atexit.register(flush)


def flush():
    """Write what is left to print, if its reader is still there."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        silence()
    except (AttributeError, ValueError):  # None, or closed
        pass


def silence():
    """Discard whatever would still be printed."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":  # another Python asks what this one lacks
    print(" ".join(lacking(sys.argv[1])))
