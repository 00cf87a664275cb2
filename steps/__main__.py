"""Read, run and write the steps.

    python -m steps              this help and the list
    python -m steps list         every step, chapter by chapter
    python -m steps run 16       run a step; or: python -m steps 16
    python -m steps run 16 17    one after the other
    python -m steps run my_steps/step16.py
                                 your own file

    python -m steps start 16     step 16 with gaps, for you to fill, in
                                 my_steps/; --gaps: single lines only
    python -m steps check 16     what is right in your file, and what
                                 is not; --watch: whenever you save it;
                                 --full: with its long trainings
    python -m steps hint 16      the idea, the formula, the first line
    python -m steps answer 16    our code beside yours
    python -m steps try 16       the exercise, judged where it can be
    python -m steps bug          a bug from history, for you to find
    python -m steps progress     how far along you are

    python -m steps play 14      backward of step 14, frame by frame, as
                                 a page for your browser
    python -m steps site         the course as pages for a browser, in
                                 site/; --to FOLDER: elsewhere
    python -m steps diff 16      what step 16 adds to step 15
    python -m steps diff 12 16   how step 16 differs from step 12
    python -m steps where Variable.backward
                                 which step explained a name, and
                                 where it is in the package
    python -m steps words        the glossary: every term, its step
    python -m steps words leaf   what one term means
    python -m steps test         the tests: takes some minutes
    python -m steps test --quick the core of them: under 30 s
    python -m steps test --slow  what only CI runs: each notebook, and
                                 each step once more; --all: everything
    python -m steps doctor       what this machine has and lacks
    python -m steps table        write the table in README.md
    python -m steps --version

If your system calls Python python3 or py, type that. `run` and `test`
need NumPy and dezero; if this Python lacks one of them, they make an
environment in .venv once, and use it from then on. Whatever else you
type after `run 16` is passed on to the step, and after `test` to
pytest. From another directory, name the folder:
python path/to/steps run 16
"""

import os
import subprocess
import sys

# The other files are found beside this one, not in the directory that
# python -m steps was typed in. (With -P, Python leaves that out.)
STEPS = os.path.dirname(os.path.abspath(__file__))
if __name__ == "__main__":
    if getattr(sys.flags, "safe_path", False):
        sys.path.insert(0, STEPS)
    else:
        sys.path[0] = STEPS

import machine

if machine.old_python():  # too old for the syntax of the files below
    sys.exit(f"steps: {machine.old_python()}")

import doctor
from book import plays, reader, table, words
from book.diff import coloured, diff_steps, wants_colour
from book.where import where
from practice import commands as practice

# What --quick runs: the engine, functions of numbers and of shapes,
# layers, optimizers, data, and steps that build the engine. Left out
# are the long chains, the other functions and steps, the notebooks, and
# the tests that keep steps, package and text in agreement.
QUICK = """
core core_simple guards functions_elementwise functions_shape
functions_norm layers layers_conv layers_recurrent optimizers
dataloaders transforms step01 step05 step16 step22
""".split()
LONG = "not long_chain"
CHOICES = {"--quick": None, "--slow": "slow", "--all": ""}  # pytest -m
# On all cores, and a core that is done takes over work from the others:
# on two cores this takes 290 s, and 400 s if each file keeps its core.
CORES = "-n auto --dist worksteal".split()


def run_step(path, arguments, python=sys.executable):
    """Run a step as `python stepNN.py` would; return its exit code."""
    return call([python, str(path), *arguments])


def call(command, **options):
    """Run a program in this terminal; return its exit code."""
    sys.stdout.flush()
    try:
        code = subprocess.call(command, **options)
    except KeyboardInterrupt:  # the program got it too, and said so
        return 130
    return code if code >= 0 else 128 - code  # killed by signal -code


def run(arguments):
    """Run the steps named first, each with the arguments after them."""
    if not arguments:
        raise reader.StepError("run needs the number of a step: run 16")
    own = practice.places.own_file(arguments[0])
    if own:
        python = machine.python("run")
        return call(
            [python, *practice.judge.program(own), *arguments[1:]]
        )
    numbers, rest = [reader.pick(arguments[0])], arguments[1:]
    while rest and reader.looks_like_a_step(rest[0]):
        numbers.append(reader.pick(rest.pop(0)))
    if rest[:1] == ["--"]:
        del rest[0]
    paths = reader.find_steps()
    refuse_options({n: reader.options(paths[n]) for n in numbers}, rest)
    python = machine.python("run")
    for number in numbers:
        if numbers[1:]:
            print(f"--- step {number}", flush=True)
        code = run_step(paths[number], rest, python)
        if code:
            return code
    return 0


def refuse_options(known, arguments):
    """Raise StepError if no step knows an option that was typed.

    known is {number of a step: its options}.
    """
    for word in arguments:
        if not word.startswith("-") or word in sum(known.values(), []):
            continue
        facts = [
            f"step {n} knows {' and '.join(options)}"
            for n, options in known.items()
            if options
        ]
        numbers = " ".join(map(str, known))
        raise reader.StepError(
            f"run {numbers} does not know {word}: "
            + ("; ".join(facts) or "it has no options")
        )


def play(arguments):
    """Write the player of a step, and print where it is."""
    if not arguments:
        raise reader.StepError(
            "play needs the number of a step: play 14; players "
            f"exist for steps {plays.ready()}"
        )
    number = reader.pick(arguments[0])
    plays.check(number)
    return run_step(
        plays.__file__, [str(number)], machine.python("run")
    )


# A program that fails, silently, if Pygments is missing.
HAS_PYGMENTS = """
from importlib.util import find_spec
raise SystemExit(find_spec("pygments") is None)
"""


def write_site(arguments):
    """Write the site, and print where it is."""
    if not arguments:
        arguments = ["--to", os.path.join(machine.ROOT, "site")]
    if arguments[0] != "--to" or len(arguments) != 2:
        raise reader.StepError(
            "site takes --to and a folder, or nothing"
        )
    other = machine.venv_python()
    if (
        machine.lacking("run")
        and not machine.inside_venv()
        and machine.state() != "unfinished"
        and machine.asked(other, "run") == []
        and subprocess.call([other, "-c", HAS_PYGMENTS]) == 0
    ):  # .venv's Python makes the players, too
        return subprocess.call(
            [other, machine.STEPS, "site", *arguments]
        )
    from book.site import build

    print(build.write(arguments[1]))
    return 0


def show_diff(arguments):
    """Print what a step adds to the one before it, or to another."""
    if not arguments:
        raise reader.StepError(
            "diff needs the number of a step: diff 16"
        )
    steps = reader.find_steps()
    *before, number = [reader.pick(argument) for argument in arguments]
    if not before:
        before = [n for n in steps if n < number][-1:]
    old = steps[before[0]] if before else None
    lines = diff_steps(old, steps[number])
    if not lines[2:]:
        lines.append("there is no difference in their code")
    if wants_colour(sys.stdout):
        lines = coloured(lines)
    print("\n".join(lines))
    return 0


def show_where(arguments):
    """Print where a name was explained, and where it is now."""
    if not arguments:
        raise reader.StepError(
            "where needs a name: where Variable.backward"
        )
    print(where(" ".join(arguments)))
    return 0


def show_words(arguments):
    """Print the glossary, or what one word means."""
    print(words.glossary(" ".join(arguments)))
    return 0


def test(arguments):
    """Run the tests, or some of them; the rest goes to pytest."""
    rest = [word for word in arguments if word not in CHOICES]
    if rest[:1] == ["--"]:
        del rest[0]
    python = machine.python("test")
    if "--quick" in arguments:
        files = [f"tests/test_{name}.py" for name in QUICK]
        rest = [*files, "-k", LONG, *rest]
    elif not rest and has_module(python, "xdist"):
        rest = list(CORES)
    for choice, marker in CHOICES.items():
        if choice in arguments and marker is not None:
            rest = ["-m", marker, *rest]
    return call([python, "-m", "pytest", *rest], cwd=machine.ROOT)


def has_module(python, name):
    """Say whether a Python has a module."""
    code = "import sys, importlib.util as u\n"
    code += "sys.exit(not u.find_spec(sys.argv[1]))"
    return subprocess.call([python, "-c", code, name]) == 0


def write_table(arguments):
    """Write the table of steps in README.md."""
    text = table.with_table(table.README.read_text(encoding="utf-8"))
    table.README.write_text(text, encoding="utf-8", newline="\n")
    print(f"README.md: {len(reader.find_steps())} steps in the table")
    return 0


def list_steps(arguments):
    """Print the list of steps."""
    print(table.list_steps())
    return 0


def show_help(arguments):
    """Print the help and the list of steps."""
    print(__doc__)
    return list_steps(arguments)


def show_version(arguments):
    """Print which dezero, and which Python, this is."""
    spec = os.path.join(machine.ROOT, "dezero", "__init__.py")
    version = machine.version_in(spec)
    number = ".".join(map(str, sys.version_info[:3]))
    print(f"dezero {version}, Python {number}")
    return 0


COMMANDS = {  # name: (function, how many arguments it takes)
    "list": (list_steps, 0),
    "run": (run, None),
    "play": (play, 1),
    "site": (write_site, 2),
    "diff": (show_diff, 2),
    "where": (show_where, None),
    "words": (show_words, None),
    "start": (practice.start, None),
    "check": (practice.check, None),
    "hint": (practice.hint, None),
    "answer": (practice.answer, None),
    "progress": (practice.progress, None),
    "try": (practice.try_, None),
    "bug": (practice.bug, None),
    "test": (test, None),
    "doctor": (doctor.main, 0),
    "table": (write_table, 0),
    "help": (show_help, 0),
    "version": (show_version, 0),
}
OTHER_NAMES = {"-h": "help", "--help": "help", "--version": "version"}


def main(arguments):
    """Do what the command line says; return the exit code."""
    name, *rest = arguments or ["help"]
    name = OTHER_NAMES.get(name, name)
    if reader.looks_like_a_step(name):
        name, rest = "run", arguments
    if name not in COMMANDS:
        raise reader.StepError(
            f"there is no command {name!r}; there are list, run, diff, "
            "where, words, play, site, start, check, hint, answer, "
            "progress, try, bug, test, doctor and table "
            "(python -m steps --help)"
        )
    command, most = COMMANDS[name]
    if most is not None and len(rest) > most:
        extra = " ".join(rest[most:])
        raise reader.StepError(f"{name} does not take {extra!r}")
    return command(rest)


if __name__ == "__main__":
    # A folder may have a name that this terminal cannot show.
    sys.stdout.reconfigure(errors="backslashreplace")
    sys.stderr.reconfigure(errors="backslashreplace")
    try:
        code = main(sys.argv[1:])
        sys.stdout.flush()
    except (reader.StepError, machine.MachineError) as error:
        print(f"steps: {error}", file=sys.stderr)
        code = 2
    except BrokenPipeError:  # `head` has seen enough
        machine.silence()
        code = 0
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)
