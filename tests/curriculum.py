"""The rules that keep text, steps and package one, as functions that read them.

Each check_... takes what it reads (lessons, package, runs, tables) and returns a
list of problems, sentences that say where and what to do; an empty list is a pass.
test_curriculum.py applies them to this repository, and to small made-up ones with
one mistake planted in each, so that every check is known to fail when it should.

    lessons = read_lessons(STEPS)     {number: Lesson}: docstring and code of a step
    package = Package(PACKAGE)        the public names of dezero and their code
    runs = run_lessons(lessons, ...)  what each step prints, writes and calls
"""

import ast
import copy
import importlib.util
import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STEPS = ROOT / "steps"
PACKAGE = ROOT / "dezero"


def load(name, file=None):
    """Return a file of steps/ as a module, and let others there import it."""
    path = STEPS / (file or f"{name}.py")
    spec = importlib.util.spec_from_file_location(name, path)
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


reader = load("reader")  # the one reader of docstrings
machine = load("machine")

LAST_COMPLETE = 22  # steps up to here are programs of their own; core_simple is it
SECOND_ENGINE = range(67, 71)  # an engine beside the package: its Linear is another
NEW_LINES = 120
WIDTH = 72


# ------------------------------------------------------------- the code of a step


@dataclass
class Definition:
    """A class, a function, a constant, or a member of a class.

    key is 'square', 'Variable' or 'Variable.backward'; origin is the number of the
    step it is carried over from, or None where it is new; header is True for a
    class some of whose members have a marker of their own.
    """

    key: str
    node: ast.AST
    source: str
    origin: int | None
    marked: bool = True
    header: bool = False

    @property
    def is_class(self):
        return isinstance(self.node, ast.ClassDef)


@dataclass
class Lesson:
    """A step: its docstring (a reader.Step), its tree, and its definitions."""

    step: object
    lines: list
    tree: ast.Module
    definitions: dict = field(default_factory=dict)

    @property
    def name(self):
        return self.step.path.stem

    @property
    def number(self):
        return int(self.name[4:])

    @property
    def main(self):
        """The statements under if __name__ == "__main__"."""
        return [x for node in self.tree.body if is_main(node) for x in node.body]

    @property
    def new(self):
        """The definitions that are new in this step."""
        return [d for d in self.definitions.values() if d.origin is None]


def read_lessons(folder):
    """Return {number: Lesson} of a folder of steps; raise StepError if one is bad."""
    return {n: read_lesson(path) for n, path in reader.find_steps(folder).items()}


def read_lesson(path):
    text = path.read_text(encoding="utf-8")
    lesson = Lesson(reader.read_step(path), text.splitlines(), ast.parse(text))
    markers = [  # (line number, indented?, origin)
        (at, line.startswith(" "), int(match[1]) if match[1] else None)
        for at, line in enumerate(lesson.lines, start=1)
        if (match := reader.MARKER.fullmatch(line))
    ]

    def marker_above(first, last, indented):
        found = [m for m in markers if first < m[0] < last and m[1] == indented]
        return found[-1] if found else None

    for node in lesson.tree.body:
        keys = names_of(node)
        if not keys or is_main(node):
            continue
        marker = marker_above(0, first_line(node), indented=False)
        origin = marker[2] if marker else None
        inner = isinstance(node, ast.ClassDef) and any(
            node.lineno < at <= node.end_lineno for at, _, _ in markers
        )
        for key in keys:
            source = source_of(lesson.lines, node)
            found = Definition(key, node, source, origin, bool(marker), inner)
            lesson.definitions[key] = found
        if not isinstance(node, ast.ClassDef):
            continue
        for member in node.body:
            own = marker_above(node.lineno, first_line(member), indented=True)
            for name in names_of(member):
                lesson.definitions[f"{node.name}.{name}"] = Definition(
                    f"{node.name}.{name}",
                    member,
                    source_of(lesson.lines, member),
                    own[2] if own else origin,
                    bool(own or marker),
                )
    return lesson


def names_of(node):
    """Return the names that a statement defines: none, one, or several."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        # the setter of a property shares its name
        setter = [d for d in node.decorator_list if isinstance(d, ast.Attribute)]
        setter = [d.attr for d in setter if d.attr in ("setter", "deleter")]
        return [".".join([node.name, *setter])]
    targets = []
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AnnAssign):
        targets = [node.target]
    return [x.id for t in targets for x in ast.walk(t) if is_stored_name(x)]


def is_stored_name(node):
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def is_main(node):
    return isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)


def first_line(node):
    return min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])


def source_of(lines, node):
    """Return the text of a node; markers and empty lines do not count."""
    rows = lines[first_line(node) - 1 : node.end_lineno]
    rows = [row for row in rows if row.strip() and not reader.MARKER.fullmatch(row)]
    return "\n".join(row[node.col_offset :].rstrip() for row in rows)


# -------------------------------------------------------- the code of the package


@dataclass
class Module:
    """One file of the package: what it defines, and what it imports from where."""

    path: Path
    dotted: str  # dezero.functions.conv
    tree: ast.Module
    defined: dict = field(default_factory=dict)  # name -> node
    imported: dict = field(default_factory=lambda: defaultdict(list))  # name -> paths

    @property
    def label(self):
        """The word before the dot in the ledger: all of functions/ is functions."""
        return (self.dotted.split(".") + [self.dotted])[1]


class Package:
    """The modules of dezero, and where each of its names is defined."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.modules = {}
        for path in sorted(self.folder.rglob("*.py")):
            parts = path.relative_to(self.folder.parent).with_suffix("").parts
            dotted = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            text = path.read_text(encoding="utf-8")
            module = Module(path, dotted, ast.parse(text))
            self._read(module)
            self.modules[dotted] = module

    def _read(self, module):
        for node in flat(module.tree.body):
            for name in names_of(node):
                module.defined[name] = node
            for name, path in imports(node, module.dotted, module.path):
                module.imported[name].append(path)

    def resolve(self, dotted):
        """Return the ledger's name for dezero.x.y: where it is defined, or None.

        A module itself gives ''. Re-exports are followed to the defining module.
        """
        return self._resolve(dotted.split("."), set())

    def _resolve(self, parts, seen):
        if tuple(parts) in seen:
            return None
        seen.add(tuple(parts))
        at = max(
            (
                i
                for i in range(1, len(parts) + 1)
                if ".".join(parts[:i]) in self.modules
            ),
            default=0,
        )
        if at == len(parts):
            return ""
        module, rest = self.modules.get(".".join(parts[:at])), parts[at:]
        if module is None:
            return None
        if rest[0] in module.defined:
            return ".".join([module.label, *rest])
        paths = [p.split(".") + rest[1:] for p in module.imported[rest[0]]]
        paths += [p.split(".") + rest for p in module.imported["*"]]
        paths.sort(key=lambda path: "core_simple" in path)  # only if nothing else
        found = (self._resolve(path, seen) for path in paths)
        return next((name for name in found if name is not None), None)

    def public(self):
        """Return the names that must stand in the ledger, in order of definition.

        Everything public that a module defines, and the methods, properties and
        operators of core.Variable. core_simple is step 22, so it is exempt.
        """
        names = {}
        for module in self.modules.values():
            if module.label == "core_simple":
                continue
            for name, node in module.defined.items():
                if name.startswith("_"):
                    continue
                names[f"{module.label}.{name}"] = None
                if (module.label, name) == ("core", "Variable"):
                    for key in filter(is_taught, methods(node)):
                        names[f"core.Variable.{key}"] = None
        return list(names)

    def knows(self, name):
        """Say whether 'module.Name' or 'module.Class.member' is in the package."""
        label, _, rest = name.partition(".")
        top, _, member = rest.partition(".")
        nodes = [m.defined.get(top) for m in self.modules.values() if m.label == label]
        return any(
            node and (not member or member in attributes(node)) for node in nodes
        )

    def at_line(self):
        """Return {(path, first line): 'core.Variable.backward'} of all functions."""
        found = {}
        for module in self.modules.values():
            nodes = list(module.defined.items())
            for name, node in module.defined.items():
                if isinstance(node, ast.ClassDef):
                    nodes += [
                        (f"{name}.{x}", m) for m in node.body for x in names_of(m)
                    ]
            for name, node in nodes:
                if isinstance(node, ast.FunctionDef):
                    name = name.removesuffix(".setter")
                    key = (str(module.path.resolve()), first_line(node))
                    found[key] = f"{module.label}.{name}"
        return found

    def code(self, key, labels):
        """Return [(label, canonical code or None)] of the modules that define key.

        For a method: of the modules that define its class; None where that class
        has no such method.
        """
        top, _, member = key.partition(".")
        found = []
        for module in self.modules.values():
            node = module.defined.get(top)
            if node is None or module.label not in labels:
                continue
            if member:
                members = getattr(node, "body", [])
                nodes = [m for m in members if member in names_of(m)]
                node = nodes[-1] if nodes else None
            code = node and self.canonical(node, self.aliases(module))
            found.append((module.label, code))
        return found

    def aliases(self, module):
        return package_aliases(module.tree, module.dotted, module.path)

    def canonical(self, node, aliases):
        """Return the code of a node as text: no docstrings, annotations, positions.

        Of a class only the head: name, bases and decorators; its members are
        compared one by one. `class Variable(dezero.Variable)`, which adds to the
        class of the package, has the head of that class.
        """
        node = copy.deepcopy(node)
        if isinstance(node, ast.ClassDef):
            node.body = [ast.Pass()]
        node = Canonical(aliases, self.modules).visit(node)
        if isinstance(node, ast.ClassDef):
            node.bases = [b for b in node.bases if ast.unparse(b) != node.name]
        return ast.dump(node)


def methods(node):
    """Return the names of functions in a class, of aliases like __radd__ = __add__."""
    return [
        name.removesuffix(".setter")
        for member in node.body
        if isinstance(member, ast.FunctionDef)
        or (isinstance(member, ast.Assign) and isinstance(member.value, ast.Name))
        for name in names_of(member)
    ]


def is_taught(name):
    """Say whether a method needs a place of its own in the ledger."""
    dunder = name.startswith("__") and name.endswith("__")
    return name != "__init__" and (dunder or not name.startswith("_"))


def attributes(node):
    """Return the names that a class gives its objects: members, slots, self.x."""
    if not isinstance(node, ast.ClassDef):
        return set()
    names = {name for member in node.body for name in names_of(member)}
    for x in ast.walk(node):
        if isinstance(x, ast.Attribute) and isinstance(x.value, ast.Name):
            if x.value.id == "self" and isinstance(x.ctx, ast.Store):
                names.add(x.attr)
    return names


def flat(body):
    """Yield statements, going into if and try."""
    for node in body:
        yield node
        if isinstance(node, (ast.If, ast.Try)):
            handlers = [x for h in getattr(node, "handlers", []) for x in h.body]
            yield from flat(node.body + node.orelse + handlers)


def imports(node, dotted="", path=None):
    """Yield (bound name, dotted path in dezero) of an import statement.

    dotted and path say in which module of the package it stands, if in one.
    """
    if isinstance(node, ast.Import):
        for alias in node.names:
            if alias.name.split(".")[0] == "dezero":
                yield alias.asname or "dezero", alias.name if alias.asname else "dezero"
    elif isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            parts = dotted.split(".") + ["x"] * (path.name == "__init__.py")
            base = ".".join(parts[: -node.level] + base.split(".") * bool(base))
        if base.split(".")[0] == "dezero":
            for alias in node.names:
                target = base if alias.name == "*" else f"{base}.{alias.name}"
                yield alias.asname or alias.name, target


def package_aliases(tree, dotted="", path=None):
    """Return {name: dotted path} of everything that a file imports from dezero."""
    return {
        name: target
        for node in ast.walk(tree)
        for name, target in imports(node, dotted, path)
    }


# Calls that refuse bad input, or make arrays of lists, and return good input as it is:
# the place, among the arguments, of what they return.
CHECKS = {
    "_as_input": 1,
    "_as_floats": 1,
    "_as_shape": 1,
    "number": 2,
    "whole": 2,
    "flag": 2,
    "one_of": 2,
}


def only_refuses(body):
    """Say whether statements do nothing but raise."""
    return all(isinstance(node, ast.Raise) for node in body)


class Canonical(ast.NodeTransformer):
    """Take away what does not change what code does on NumPy, with good input.

    What refuses goes: `if ...: raise`, calls of check_... and of CHECKS, handlers that
    only raise. A step may leave it out, or say it shorter.

    Docstrings and annotations go, and the decorator @named_arguments, which computes
    nothing but an error's text. A name of the package is the same by whichever way
    it came: dezero.add and F.add are add. The module that computes is np, also where
    the package asks for it: xp.exp(x) and cuda.get_array_module(x).exp(x) are
    np.exp(x), and the line xp = cuda.get_array_module(x) goes.
    """

    def __init__(self, aliases, modules):
        self.aliases, self.modules = aliases, modules

    def visit_FunctionDef(self, node):
        self.generic_visit(node)
        node.returns = None
        node.decorator_list = [
            d for d in node.decorator_list if ast.unparse(d) != "named_arguments"
        ]
        if ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        return node

    def visit_arguments(self, node):
        # **options: Any stands in a base class for type checkers: they then take the
        # forward of a subclass, whatever its arguments.
        if node.kwarg and node.kwarg.annotation:
            node.kwarg = None
        return self.generic_visit(node)

    def visit_arg(self, node):
        node.annotation = None
        return node

    def visit_Call(self, node):
        self.generic_visit(node)
        called = (dotted_path(node.func) or "").split(".")[-1]
        if called == "get_array_module":
            return ast.Name("np", ast.Load())
        if called in CHECKS and len(node.args) > CHECKS[called]:
            return node.args[CHECKS[called]]
        return node

    def visit_If(self, node):
        self.generic_visit(node)
        if only_refuses(node.body):
            return node.orelse or None
        return node

    def visit_Try(self, node):
        self.generic_visit(node)
        if all(only_refuses(handler.body) for handler in node.handlers):
            if not node.finalbody:
                return node.body + node.orelse
        return node

    def visit_Expr(self, node):
        called = node.value.func if isinstance(node.value, ast.Call) else None
        name = (dotted_path(called) or "").split(".")[-1] if called else ""
        if name.lstrip("_").startswith("check"):
            return None
        self.generic_visit(node)
        return node

    def visit_Assign(self, node):
        self.generic_visit(node)
        target, _, value = ast.unparse(node).partition(" = ")
        return None if target == value else node

    def visit_AnnAssign(self, node):
        self.generic_visit(node)
        return ast.Assign([node.target], node.value) if node.value else ast.Pass()

    def visit_Name(self, node):
        head, *rest = (dotted_path(node) or "").split(".")
        if isinstance(node, ast.Name) and node.id == "xp":
            return ast.Name("np", node.ctx)
        if head not in self.aliases:
            return self.generic_visit(node)
        parts = self.aliases[head].split(".") + rest
        while len(parts) > 1 and ".".join(parts[:-1]) not in self.modules:
            parts[-2:] = [".".join(parts[-2:])]
        plain = ast.parse(parts[-1], mode="eval").body
        plain.ctx = node.ctx
        return plain

    visit_Attribute = visit_Name


# --------------------------------------------------------------- running the steps

# Runs a step as `python stepNN.py` would, with other eyes open: importing it first,
# counting what it calls in the package, and without a network.
WATCHER = """
import contextlib, importlib.util, io, json, os, runpy, sys

path, package, record, watch = sys.argv[1:]
calls, real = set(), {}

def offline(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo"):
        raise RuntimeError(f"this step asked for the network: {arguments[-1]}")

def profile(frame, event, argument):
    caller = frame.f_back
    if caller and caller.f_code.co_filename.endswith("advice.py"):
        caller = caller.f_back  # the decorator named_arguments stands between
    if event == "call" and caller and caller.f_code.co_filename == path:
        name = frame.f_code.co_filename
        if name not in real:
            real[name] = os.path.realpath(name)
        if real[name].startswith(package):
            calls.add((real[name], frame.f_code.co_firstlineno))

sys.addaudithook(offline)
sys.argv, sys.path[0] = [path], os.path.dirname(path)
printed = io.StringIO()
with contextlib.redirect_stdout(printed):
    spec = importlib.util.spec_from_file_location("imported", path)
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
try:
    if watch:
        sys.setprofile(profile)
    runpy.run_path(path, run_name="__main__")
finally:
    sys.setprofile(None)
    with open(record, "w") as file:
        json.dump({"imported": printed.getvalue(), "calls": sorted(calls)}, file)
"""


@dataclass
class Run:
    """What a step did when it was run twice, in two ways, from another directory."""

    code: int
    stdout: str
    stderr: str
    again: str  # stdout of the second run
    failure: str  # stderr of the second run where that failed
    imported: str  # what it printed when it was imported
    calls: set  # (file, first line) of the package's functions that it called
    left: list  # files it left in the current directory


# What real steps printed in this session, by path: the fixture run_step need not run
# them once more, which saves a minute.
FIRST_RUNS = {}


def run_lessons(lessons, package, scratch, pythonpath=None):
    """Return {number: Run}; every step runs twice, a few at a time."""

    def run(number):
        return run_lesson(lessons[number], package, scratch / f"{number}", pythonpath)

    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        return dict(zip(lessons, pool.map(run, lessons)))


def run_lesson(lesson, package, scratch, pythonpath=None):
    path, record = str(lesson.step.path.resolve()), scratch / "record.json"
    elsewhere = scratch / "elsewhere"
    elsewhere.mkdir(parents=True)
    environment = {k: v for k, v in os.environ.items() if k != "MPLBACKEND"}
    # Nobody's own data: what a step prints does not depend on what was fetched.
    environment["DEZERO_CACHE"] = str(scratch / "cache")
    # Several steps run at once; BLAS threads that wait for each other's cores make
    # step 51 five times as slow.
    environment["OPENBLAS_NUM_THREADS"] = "1"
    if pythonpath:
        environment["PYTHONPATH"] = str(pythonpath)

    def python(*arguments, seed):
        return subprocess.run(
            [sys.executable, "-W", "error", *arguments],
            cwd=elsewhere,
            env={**environment, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=ENDLESS,
        )

    first = python(path, seed="0")
    if not pythonpath:
        FIRST_RUNS[path] = first
    left = sorted(p.name for p in elsewhere.iterdir())
    folder = str(package.folder.resolve()) + os.sep
    watch = "1" if "dezero" in "\n".join(lesson.lines) else ""
    second = python("-c", WATCHER, path, folder, str(record), watch, seed="1")
    seen = {"imported": "", "calls": []}
    if record.exists():
        seen = json.loads(record.read_text())
    return Run(
        first.returncode,
        first.stdout,
        first.stderr,
        second.stdout,
        second.stderr if second.returncode else "",
        seen["imported"],
        {(name, line) for name, line in seen["calls"]},
        left,
    )


NUMBER = re.compile(  # 3, 3., 3.14, .5, 1e-05, 10,000; not the 0 of x0 or the sign
    r"(?<![\w.])(?:\d{1,3}(?:,\d{3})+|\d+|(?=\.\d))(?:\.\d*)?(?:e[-+]?\d+)?"
)


# ~190: measured with a clock, so another one each time, and any of them is right
MEASURED = re.compile(r"(?<=~)\d[\d,]*(?:\.\d+)?")

# Seconds after which a program that does not end is ended. No program comes near it,
# however busy the machine: how long one takes decides nothing here.
ENDLESS = 3600


def same_line(expected, got, rtol):
    """Compare two lines: text exactly, numbers to rtol; None compares exactly.

    Where numbers may differ visibly, so may the blanks that line them up. A number
    behind a ~ was measured with a clock: it must be there, and may be any.
    """
    expected, got = MEASURED.sub("#", expected), MEASURED.sub("#", got)
    if rtol is None:
        return expected == got
    text, got_text = NUMBER.sub("#", expected), NUMBER.sub("#", got)
    numbers, got_numbers = (
        [float(number.replace(",", "")) for number in NUMBER.findall(line)]
        for line in (expected, got)
    )
    if rtol > 1e-9:
        text, got_text = " ".join(text.split()), " ".join(got_text.split())
    return text == got_text and all(
        abs(a - b) <= rtol * abs(a) for a, b in zip(numbers, got_numbers)
    )


def difference(expected, got, rtol=None):
    """Return the first difference of two texts in words, or None."""
    lines = [
        [line.rstrip() for line in text.rstrip().split("\n")]
        for text in (expected, got)
    ]
    for at, (a, b) in enumerate(zip_longest(*lines), start=1):
        if a is None or b is None or not same_line(a, b, rtol):
            return f"line {at}: expected {a!r}, got {b!r}"
    return None


# ---------------------------------------------------------------- check 1: output


def check_output(lessons, runs):
    """Every step prints what its Output: says, always, and leaves nothing behind."""
    problems = []
    for number, lesson in lessons.items():
        step, run, name = lesson.step, runs[number], lesson.name
        if step.output is None:
            problems.append(f"{name}: the docstring has no 'Output:' block")
        elif not step.output.isascii():
            problems.append(f"{name}: Output must be ASCII, to be the same on any OS")
        if run.code != 0:
            problems.append(f"{name}: exit code {run.code}\n{run.stderr.strip()}")
            continue
        if run.stderr:
            problems.append(f"{name}: writes to stderr: {run.stderr.strip()}")
        if step.output is not None:
            text = difference(step.output, run.stdout, step.rtol)
            if text:
                problems.append(f"{name}: Output: is not what it prints, {text}")
        text = difference(run.stdout, run.again)
        if run.failure:
            problems.append(
                f"{name}: fails offline, run after its import\n{run.failure}"
            )
        elif text:
            problems.append(f"{name}: the second run is not like the first, {text}")
        if run.imported:
            problems.append(f"{name}: importing it prints {run.imported!r}")
        if run.left:
            problems.append(
                f"{name}: writes {', '.join(run.left)} into the current directory; "
                "pictures go to figures/"
            )
        for picture in re.findall(r"figures/\S+\.\w+", run.stdout):
            if not (step.path.resolve().parents[1] / picture).is_file():
                problems.append(f"{name}: prints {picture} but writes no such file")
    return problems


# ---------------------------------------------------------------- check 2: markers


def check_markers(lessons):
    """Every definition is marked; what is carried over is the same, to the letter."""
    problems = []
    for lesson in lessons.values():
        name = lesson.name
        for at, line in enumerate(lesson.lines, start=1):
            if line.strip().startswith("# ---") and not reader.MARKER.fullmatch(line):
                problems.append(
                    f"{name}, line {at}: {line.strip()!r} is not a marker; write "
                    "'# --- new in this step ---' or "
                    "'# --- carried over from step N ---'"
                )
        for key, found in lesson.definitions.items():
            if not found.marked:
                problems.append(f"{name}: no marker stands above {key}")
            elif found.is_class and found.header and found.origin is not None:
                problems.append(
                    f"{name}: {key} changes inside, so it stands under "
                    "'# --- new in this step ---'"
                )
            elif found.origin is not None:
                problems += compare_carried(lessons, lesson, found)
            else:
                problems += find_stale(lessons, lesson, found)
    return problems


def compare_carried(lessons, lesson, found):
    """Compare one carried definition with the step that its marker names."""
    where, source = f"{lesson.name}: {found.key}", found.origin
    if source >= lesson.number or source not in lessons:
        return [f"{where} is carried over from step {source}, no earlier step"]
    original = lessons[source].definitions.get(found.key)
    if original is None:
        return [f"{where} is carried over from step {source}, which has no such name"]
    if found.key.count(".") and lesson.definitions[found.key.split(".")[0]].origin:
        return []  # its class is compared as a whole
    text = difference(original.source, found.source)
    return [f"{where} is not as in step {source}, {text}"] if text else []


def find_stale(lessons, lesson, found):
    """Report a definition that is called new but stands in an earlier step."""
    if found.is_class and found.header:
        return []
    for number in sorted((n for n in lessons if n < lesson.number), reverse=True):
        earlier = lessons[number].definitions.get(found.key)
        if earlier is not None:
            if earlier.source != found.source:
                return []
            return [
                f"{lesson.name}: {found.key} is called new, but it stands letter for "
                f"letter in step {earlier.origin or number}: mark it as carried over"
            ]
    return []


def check_headers(lessons):
    """What New: and Carried over: say is what the markers say.

    Prose is allowed ("most of Variable"). Every definition must be named under the
    header of its marker; a member also counts as named where its class is. A name
    under a header must have something under that marker.
    """
    problems = []
    for lesson in lessons.values():
        said = {None: lesson.step.new, **lesson.step.carried}
        every_word = {word for words in said.values() for word in words}
        origins = {d.origin for d in lesson.definitions.values()}
        for origin in sorted(said.keys() | origins, key=lambda n: n or 0):
            header = f"Carried over from step {origin}:" if origin else "New:"
            marked = [k for k, d in lesson.definitions.items() if d.origin == origin]
            words = said.get(origin, [])
            for word in words:
                keys = meant_by(word, lesson.definitions)
                if keys and not keys & set(marked):
                    problems.append(
                        f"{lesson.name}: '{header}' names {word}, which stands "
                        "under another marker"
                    )
                elif not keys and is_code(word) and not occurs(word, lesson.tree):
                    problems.append(
                        f"{lesson.name}: '{header}' names {word}, which is not in "
                        "the code"
                    )
            named = {k for word in words for k in meant_by(word, lesson.definitions)}
            for key in marked:
                members = [k for k in marked if k.startswith(key + ".")]
                if members or lesson.definitions[key].header:
                    continue  # the members speak for their class
                if key in named or key.rpartition(".")[0] in every_word:
                    continue
                problems.append(
                    f"{lesson.name}: {key} is not named in '{header}' of the docstring"
                )
    return problems


def meant_by(word, keys):
    """Return the keys that a word means: itself, its members, methods so named."""
    return {
        key
        for key in keys
        if key == word or key.startswith(word + ".") or key.endswith("." + word)
    }


def is_code(word):
    """Say whether a word of a header looks like a name and not like prose."""
    return any(c in "_." or c.isupper() for c in word)


def occurs(word, tree):
    """Say whether a name is an attribute, argument or variable in the code."""
    name = word.rpartition(".")[2]
    return any(
        name
        in (getattr(x, "attr", None), getattr(x, "arg", None), getattr(x, "id", None))
        for x in ast.walk(tree)
    )


# -------------------------------------------- check 3: the package says the same


def check_package(lessons, package, differences):
    """New code is the code of its namesake in the package, or a listed difference.

    Steps up to 22 add up to core_simple, later ones to the other modules. Where a
    later step goes on with a definition, the later form is compared: the early one
    is there to be improved. Of the second engine only what it teaches is compared.
    """
    problems, needed = [], set()
    codes = {number: {} for number in lessons}
    for number, lesson in lessons.items():
        aliases = package_aliases(lesson.tree)
        for found in lesson.new:
            codes[number][found.key] = package.canonical(found.node, aliases)
    for number, lesson in lessons.items():
        for key, code in codes[number].items():
            if superseded(codes, number, key):
                continue
            rivals = rivals_of(package, lesson, key)
            if not rivals or code in [rival for _, rival in rivals]:
                continue
            entry = (lesson.name, key)
            if entry not in differences:
                entry = (lesson.name, key.split(".")[0])
            needed.add(entry)
            if entry not in differences:
                label, rival = rivals[0]
                what = "differs from" if rival else "is not in"
                problems.append(
                    f"{lesson.name}: {key} {what} dezero/{label}; make them equal, or "
                    f'add to DIFFERENCES ("{lesson.name}", "{key}"): "the reason"'
                )
    for entry in sorted(differences.keys() - needed):
        problems.append(f"DIFFERENCES: {entry} is no difference any more: take it out")
    return problems


def part(number):
    """Return what the steps around this one add up to."""
    if number in SECOND_ENGINE:
        return "second engine"
    return "core_simple" if number <= LAST_COMPLETE else "package"


def superseded(codes, number, key):
    """Say whether a later step of the same part carries the definition on."""
    return any(
        codes[later].get(key, codes[number][key]) != codes[number][key]
        for later in codes
        if later > number and part(later) == part(number)
    )


def rivals_of(package, lesson, key):
    """Return [(label, code)] of the package's definitions that a key must equal."""
    labels = {module.label for module in package.modules.values()}
    taught = [n.split(".")[0] for n in lesson.step.teaches if is_part(key, n)]
    choices = {
        "core_simple": [["core_simple"], taught, labels],
        "package": [taught, labels - {"core_simple"}],
        "second engine": [taught],
    }[part(lesson.number)]
    for choice in choices:
        if rivals := package.code(key, choice):
            return rivals
    return []


def is_part(key, ledger_name):
    """Say whether a ledger name (core.Variable.backward) is about a key's class."""
    return key.split(".")[0] == (ledger_name.split(".") + [""])[1]


# --------------------------------------------------------------- check 4: the ledger


def ledger(lessons):
    """Return {name: [numbers of the steps that have it in Teaches or Family]}."""
    places = defaultdict(list)
    for number, lesson in lessons.items():
        for name in lesson.step.teaches + lesson.step.family:
            places[name].append(number)
    return places


def check_ledger(lessons, package, not_yet_taught, shown_as):
    """Every public name of the package is taught once, and extended only then.

    not_yet_taught maps names to the step, not written yet, that is going to;
    shown_as maps (step, name taught) to what the step calls it.
    """
    problems, places = [], ledger(lessons)
    for name in package.public():
        if name in not_yet_taught and name in places:
            problems.append(
                f"NOT_YET_TAUGHT: {name} is taught in step {places[name][0]}: "
                "take it out"
            )
        elif name not in places and name not in not_yet_taught:
            problems.append(
                f"{name} is in the package, but in no step's Teaches: or Family:"
            )
    for name, number in not_yet_taught.items():
        if name not in package.public():
            problems.append(
                f"NOT_YET_TAUGHT: {name} is not in the package: take it out"
            )
        elif number in lessons and name not in places:
            problems.append(f"NOT_YET_TAUGHT: step {number} exists, without {name}")
    for name, numbers in places.items():
        if len(numbers) > 1:
            problems.append(f"{name} is taught more than once: in steps {numbers}")
        if not package.knows(name):
            problems.append(
                f"step{numbers[0]:02d}: Teaches or Family names {name}, which the "
                "package does not define"
            )
    shown = dict(shown_as)
    for number, lesson in lessons.items():
        new = {found.key for found in lesson.new}
        for name in lesson.step.teaches:
            key = shown.pop((lesson.name, name), name.partition(".")[2])
            if key not in new:
                problems.append(
                    f"{lesson.name}: Teaches names {name}, but {key} is not new there; "
                    "name it where its code is new, or in Family, or in SHOWN_AS"
                )
        for name in lesson.step.extends:
            if not any(n < number for n in places.get(name, [])):
                problems.append(
                    f"{lesson.name}: Extends names {name}, which no earlier step "
                    "teaches"
                )
    problems += [
        f"SHOWN_AS: {entry} is not taught there: take it out" for entry in shown
    ]
    return problems


def check_uses(lessons, package, runs=None):
    """No step uses a name of the package before a step teaches it.

    Uses are read off the code (imports, attributes of modules) and, given runs,
    seen while it runs (methods, properties, operators).
    """
    problems, places = [], ledger(lessons)
    listed = set(places) | set(package.public())
    functions = package.at_line()
    for number, lesson in lessons.items():
        uses = {}  # name in the ledger -> how it was used
        for written in written_uses(lesson):
            name = package.resolve(written)
            if name is None:
                problems.append(f"{lesson.name}: dezero has no {written}")
            elif name:
                uses[name] = f"uses {written}"
        for place in sorted(runs[number].calls) if runs else []:
            name = functions.get(place)
            if name:
                uses.setdefault(name, f"calls {name}")
        for name, how in uses.items():
            if name.startswith("core_simple."):
                continue
            parts = name.split(".")
            prefixes = [".".join(parts[:i]) for i in range(len(parts), 1, -1)]
            entry = next((p for p in prefixes if p in listed), None)
            if entry is None:
                if how.startswith("uses"):
                    problems.append(f"{lesson.name}: {how}, which is not public")
            elif not any(n <= number for n in places.get(entry, [])):
                when = places.get(entry)
                when = f"only step {when[0]} teaches" if when else "no step teaches"
                problems.append(f"{lesson.name}: {how}, but {when} {entry}")
    return problems


def written_uses(lesson):
    """Return the dotted paths into dezero that stand in a step's code."""
    aliases, uses = package_aliases(lesson.tree), set()
    for node in ast.walk(lesson.tree):
        if isinstance(node, ast.ImportFrom):
            uses |= {target for _, target in imports(node)}
        for child in ast.iter_child_nodes(node):
            path = dotted_path(child)
            # the whole of a.b.c, not its part a.b
            if path and not (isinstance(node, ast.Attribute) and dotted_path(node)):
                head, dot, rest = path.partition(".")
                if head in aliases:
                    uses.add(aliases[head] + dot + rest)
    return uses


def dotted_path(node):
    """Return 'a.b.c' for such an expression, None for any other."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        head = dotted_path(node.value)
        return head and f"{head}.{node.attr}"
    return None


# ---------------------------------------------------------- check 5: no step empty


def check_form(lessons, allowed, legacy_seeds=frozenset()):
    """No step is empty, long or wide; none does more on import than define names.

    allowed maps a step number to the packages that steps from there on may import.
    """
    problems = []
    for lesson in lessons.values():
        found = [
            *empty(lesson),
            *too_long(lesson),
            *on_import(lesson),
            *wrong_imports(lesson, allowed),
            *global_state(lesson, legacy_seeds),
        ]
        if lesson.step.number != lesson.number:
            found.append(f"the docstring says step {lesson.step.number}")
        if not lesson.step.exercise:
            found.append("the docstring has no 'Exercise:'")
        for key, d in lesson.definitions.items():
            public = not key.split(".")[-1].startswith("_") and key.count(".") == 0
            if public and not isinstance(d.node, (ast.Assign, ast.AnnAssign)):
                if not ast.get_docstring(d.node):
                    found.append(f"{key} has no docstring")
        problems += [f"{lesson.name}: {text}" for text in found]
    return problems


def check_numbers(lessons):
    """The steps are numbered 1, 2, 3 and so on."""
    numbers = list(lessons)
    if numbers == list(range(1, len(numbers) + 1)):
        return []
    return [f"steps must be numbered from 1 without gaps: {reader.ranges(numbers)}"]


def empty(lesson):
    new = [found for found in lesson.new if isinstance(found.node, ast.FunctionDef)]
    for found in new:
        if all(is_filler(node) for node in found.node.body):
            yield f"{found.key} is empty"
    if not lesson.main:
        yield 'there is no code under if __name__ == "__main__"'
    work = (
        node
        for statement in lesson.main
        for node in ast.walk(statement)
        if isinstance(node, (ast.Call, ast.For, ast.While, ast.BinOp))
    )
    if not new and all(is_print(node) for node in work):
        yield "it defines nothing and computes nothing: it only prints"


def is_filler(node):
    """Say whether a statement does nothing: pass, ..., or a docstring."""
    return isinstance(node, ast.Pass) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    )


def is_print(node):
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "print"


def too_long(lesson):
    for at, line in enumerate(lesson.lines, start=1):
        if len(line) > WIDTH:
            yield f"line {at} has {len(line)} columns, more than {WIDTH}"
    count = len(new_lines(lesson))
    if count > NEW_LINES:
        yield f"{count} lines of new code, more than {NEW_LINES}"


def new_lines(lesson):
    """Return the numbers of the lines of new code.

    Definitions and the demo count; docstrings, comments and empty lines do not.
    """
    rows, drop = set(), set()
    for found in lesson.definitions.values():
        span = range(first_line(found.node), found.node.end_lineno + 1)
        (rows if found.origin is None else drop).update(span)
    for node in lesson.main:
        rows.update(range(node.lineno, node.end_lineno + 1))
    for node in ast.walk(lesson.tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            if ast.get_docstring(node, clean=False) is not None:
                drop.update(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return {
        at
        for at in rows - drop
        if (text := lesson.lines[at - 1].strip()) and not text.startswith("#")
    }


QUIET = {"Path", "resolve"}  # calls that may give a constant its value


def on_import(lesson):
    for node in lesson.tree.body[1:]:
        if isinstance(node, (ast.Import, ast.ImportFrom)) or is_main(node):
            continue
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            continue
        calls = [x.func for x in ast.walk(node) if isinstance(x, ast.Call)]
        names = {getattr(f, "attr", getattr(f, "id", "")) for f in calls}
        if not names_of(node) or names - QUIET:
            yield (
                f"line {node.lineno} runs on import; put it under "
                'if __name__ == "__main__"'
            )


def wrong_imports(lesson, allowed):
    packages = {
        p for first, ps in allowed.items() if lesson.number >= first for p in ps
    }
    for node in ast.walk(lesson.tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "."]
        for name in names:
            top = name.split(".")[0]
            if top not in packages and top not in sys.stdlib_module_names:
                yield f"imports {name}; a step here may import {sorted(packages)}"


LOCAL_RANDOM = {"default_rng", "Generator", "SeedSequence", "PCG64", "Random"}


def global_state(lesson, legacy_seeds):
    for node in ast.walk(lesson.tree):
        paths = [dotted_path(node) or ""]
        if isinstance(node, ast.ImportFrom):
            paths = [f"{node.module}.{alias.name}" for alias in node.names]
        for path in paths:
            if path == "sys.path":
                yield f"line {node.lineno}: no sys.path; pip install -e . once does it"
            match = re.fullmatch(r"(?:np\.|numpy\.)?random\.(\w+)", path)
            if match and not (match[1] in LOCAL_RANDOM or lesson.name in legacy_seeds):
                yield (
                    f"line {node.lineno}: {path} is the global generator; "
                    "use rng = np.random.default_rng(0)"
                )


# ---------------------------------------------------------------- check 6: README


def check_readme(readme, steps):
    """The table of steps is up to date, and every link and picture is there."""
    problems = []
    text = readme.read_text(encoding="utf-8")
    if reader.with_table(text, steps) != text:
        problems.append(
            "README.md: the table is not what the docstrings say; "
            "run: python -m steps table"
        )
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)|src=\"([^\"]+)\"", text):
        target = "".join(target)
        if "://" not in target and not (readme.parent / target).exists():
            problems.append(f"README.md: links to {target}, which does not exist")
    return problems


def check_first_example(readme, run):
    """The first Python block prints what its comments say.

    run(code) returns stdout. A line with print() and a comment shows its result.
    """
    text = readme.read_text(encoding="utf-8")
    block = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    if not block:
        return ["README.md: there is no ```python block"]
    shown = re.findall(r"^print\(.*\) *# (\S.*)$", block[1], re.MULTILINE)
    printed = run(block[1]).splitlines()
    if not shown or len(shown) != len(printed):
        return [f"README.md: the example shows {shown} and prints {printed}"]
    return [
        f"README.md: the example shows {a!r} and prints {b!r}"
        for a, b in zip(shown, printed)
        if not (a == b or a.startswith(b + "  "))
    ]
