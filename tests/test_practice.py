"""start, check, hint, answer, progress, try and bug, as a reader meets them."""

import ast
import os
import re
import subprocess
import sys
from xml.etree import ElementTree

import pytest
from book.reader import StepError, find_steps
from curriculum.course import course
from curriculum.places import ROOT, STEPS
from practice import (
    clock,
    commands,
    exercises,
    hints,
    judge,
    memory,
    places,
    progress,
)
from practice.judge import Verdict
from practice.notes import read_hints
from practice.plugin import briefly, lines_until
from practice.report import report
from practice.stubs import (
    YOURS,
    began,
    draws,
    goal,
    known_lines,
    only_raises,
    stub,
    tasks,
)
from practice.stubs import gap as taken_out

LESSONS = course()


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty folder of the reader's, with blanks and umlauts in its name."""
    path = tmp_path / "naïve größe" / "my steps"
    monkeypatch.setenv("STEPS_FOLDER", str(path))
    monkeypatch.setattr(commands, "read_lessons", lambda _: LESSONS)
    return path


@pytest.fixture
def shell(capsys):
    """Return a function: a command's exit code, and what it printed."""

    def run(name, *arguments):
        code = getattr(commands, name)(list(arguments))
        return code, capsys.readouterr().out

    return run


def reference(number):
    return find_steps()[number].read_text(encoding="utf-8")


def mine(number, text):
    """Write the reader's own step."""
    path = places.my_step(number)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def said(verdict, **options):
    return "\n".join(report(verdict, **options))


def inline(text):
    """Return a text without its line breaks."""
    return " ".join(text.split())


def cli(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "steps", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
    )


# ------------------------------------------------------------------------ start


def test_start_writes_once(shell, folder):
    code, printed = shell("start", "7")
    path = folder / "step07.py"
    assert code == 0
    assert "step 7, with 4 gaps" in printed
    assert "    python -m steps check 7\n" in printed
    assert printed.endswith(f": python -m steps run {path}\n")
    path.write_text("# my work\n")
    with pytest.raises(StepError, match="stays as it is; to start over, add --force"):
        shell("start", "7")
    assert path.read_text() == "# my work\n"
    shell("start", "7", "--force")
    assert (folder / "step07.py.bak").read_text() == "# my work\n"
    assert path.read_text(encoding="utf-8").startswith("# Your step 7.")
    names = {x.name for x in folder.iterdir()}
    assert names == {"step07.py", "step07.py.bak", ".steps.json"}


def test_start_without_a_number_begins_the_next(shell, folder):
    for _ in range(3):
        shell("start")
    assert sorted(x.name for x in folder.glob("step*.py")) == [
        "step01.py",
        "step02.py",
        "step03.py",
    ]


def test_start_where_there_is_nothing_to_write(shell):
    _, printed = shell("start", "23")
    assert "with 0 gaps" in printed
    assert "needs no code of yours" in printed


@pytest.mark.parametrize("arguments", [["7", "8"], ["7", "--all"], ["99"], ["x"]])
def test_start_refuses(shell, arguments):
    with pytest.raises(StepError):
        shell("start", *arguments)


@pytest.mark.parametrize("gaps", [False, True], ids=["bodies", "lines"])
@pytest.mark.parametrize("number", LESSONS)
def test_a_practice_file(number, gaps):
    """It compiles, is no wider than ours, and has one gap for each task."""
    lesson = LESSONS[number]
    text = stub(lesson, gaps, [LESSONS[n] for n in LESSONS if n < number])
    tree = ast.parse(text)
    wide = [x for x in text.splitlines() if len(x) > 72 and x not in lesson.lines]
    assert not wide
    assert text.count(f'"{YOURS}') == len(tasks(lesson))
    assert ast.get_docstring(tree) == ast.get_docstring(lesson.tree)
    names = [x.name for x in lesson.tree.body if hasattr(x, "name")]
    assert [x.name for x in tree.body if hasattr(x, "name")] == names
    if tasks(lesson):
        assert text.splitlines()[2:] != lesson.lines


def test_only_a_few_steps_have_no_gap():
    assert [n for n in LESSONS if not tasks(LESSONS[n])] == [23]


def gaps_of(number):
    """Return the practice file of a step with single lines taken out."""
    return stub(LESSONS[number], True, [LESSONS[n] for n in LESSONS if n < number])


@pytest.mark.parametrize("number", LESSONS)
def test_a_gap_of_a_line_says_how_it_begins(number):
    assert f'"{YOURS}(...)"' not in gaps_of(number)


@pytest.mark.parametrize("number", [44, 45, 57, 63])
def test_a_yield_leaves_a_gap_that_says_so(number):
    assert f'"{YOURS}yield ..."' in gaps_of(number)


def test_a_call_of_a_longer_expression_leaves_its_method():
    assert f'"{YOURS}(...).backward(...)"' in gaps_of(66)


def test_a_gap_is_a_line_that_is_new_in_its_step():
    """Wherever a function has one that can be taken out alone."""
    assert f'"{YOURS}self.generation = ..."' in gaps_of(16)
    for number, lesson in LESSONS.items():
        earlier = [LESSONS[n] for n in LESSONS if n < number]
        for task in tasks(lesson):
            known = known_lines(task.key, earlier)
            first, last, _ = taken_out(lesson, task, known)
            new = [
                node
                for node in ast.walk(task.node)
                if isinstance(node, (ast.Assign, ast.AugAssign, ast.Return))
                and lesson.lines[node.lineno - 1].strip() not in known
            ]
            lines = {line.strip() for line in lesson.lines[first - 1 : last]}
            assert not new or lines - known, (number, task.key)


def test_what_is_kept_and_what_gaps_are_for():
    """The names in hints.toml exist, and each goal belongs to a gap."""
    for number, about in read_hints().items():
        lesson, gaps = LESSONS[number], [x.key for x in tasks(LESSONS[number])]
        new = [x.key for x in lesson.new]
        assert set(about) <= {"idea", "formula", "kept", "goals"}, number
        assert set(about.get("kept", [])) <= set(new), number
        assert set(about.get("goals", [])) <= set(gaps), number


def test_goals():
    """Each gap says what it must do: by its docstring, its formula, or by hand."""
    said = {
        (n, x.key): goal(LESSONS[n], x)
        for n in (6, 7, 19, 20, 75)
        for x in tasks(LESSONS[n])
    }
    assert said[6, "Square.backward"] == "return the gradient: gx = 2 * x * gy"
    assert said[7, "Variable.set_creator"] == (
        "Remember the Function that computed this Variable"
    )
    assert said[19, "Variable.ndim"] == "return the number of axes of the array"
    assert said[75, "Tokenizer.__len__"] == "return how many tokens there are"
    assert said[20, "Variable.__add__"] == "return self + other, as a Variable"
    assert said[20, "Mul.forward"] == "return the result: y = x0 * x1"
    for (n, key), text in said.items():
        assert "A box that holds" not in text, (n, key)


def test_a_goal_begins_with_a_verb():
    """Not with what the result is: a reader is to do something."""
    noun = re.compile(r"(?i)(the|so|has|gradients?|largest|smallest|\d\S*) ")
    equation = re.compile(r"(y|h|gx\d?) = |\w+ is ")  # v = ..., p -= ... are steps
    for number, lesson in LESSONS.items():
        for task in tasks(lesson):
            said = goal(lesson, task)
            assert not noun.match(said), (number, task.key, said)
            assert not equation.match(said), (number, task.key, said)


def test_pictures_and_error_messages_are_no_task():
    four = {x.key: x.node for x in LESSONS[4].new}
    assert draws(four["draw"])
    assert not draws(four["numerical_diff"])
    two = {x.key: x.node for x in LESSONS[2].new}
    assert only_raises(two["Function.forward"])


# ------------------------------------------------------------------------ check


def test_an_untouched_file_is_a_task(shell):
    shell("start", "7")
    code, printed = shell("check")
    assert code == 1
    assert "0 of " in printed and "4 gaps left" in printed
    assert "Nothing is broken: the gaps in this file are your task." in printed
    assert "keep data; grad and creator are None at first" in printed
    lines = places.my_step(7).read_text(encoding="utf-8").splitlines()
    (line,) = re.findall(r"A test stopped at the gap in line (\d+):", inline(printed))
    assert lines[int(line) - 1].lstrip().startswith("raise NotImplementedError(")
    assert printed.rstrip().endswith("Then: python -m steps check 7")
    assert max(map(len, printed.splitlines()[1:])) <= 72
    assert memory.counted("tries", 7) == 2  # the next one offers a hint
    verdict = Verdict(7, places.my_step(7), broken="line 1: what?")
    assert "Stuck? python -m steps hint 7" in said(verdict, tries=2)


def test_a_typing_mistake_is_shown_with_its_line(shell):
    mine(7, "x = 1\nif x\n    pass\n")
    code, printed = shell("check", "7")
    assert code == 1
    assert "Python cannot run this file:" in printed
    assert re.search(r"line 2: .*\n  if x\n +\^", printed)


@pytest.mark.parametrize("place", ["body", "program"])
def test_a_check_cannot_type_anything(place):
    """Where a test calls it, and where the program of the step does."""
    text = reference(2)
    if place == "body":
        text = text.replace("return x**2", "return int(input()) * x")
        where = "in your file, line "
    else:
        text = text.rstrip() + "\n    c = input()\n"
        where = f"line {len(text.splitlines())}: c = input()"
    assert text != reference(2)
    verdict = judge.check(2, mine(2, text))
    printed = inline(said(verdict))
    assert "a check cannot type anything. Write the value into the code" in printed
    assert where in printed
    assert "stdin" not in printed and "EOF" not in printed
    if place == "program":  # the same where check itself runs it
        judged = Verdict(2, verdict.path, tests=[{"test": "test_x", "passed": True}])
        judged.output = judge.missing_output(
            LESSONS[2].step, verdict.path, sys.executable, ROOT, 60, None
        )
        printed = inline(said(judged))
        assert "a check cannot type anything" in printed and where in printed


@pytest.mark.parametrize("text", ["", " \n\n"])
def test_an_empty_file_is_made_again(shell, text):
    mine(12, text)
    code, printed = shell("check", "12")
    assert code == 1
    assert "This file is empty." in printed and "has no attribute" not in printed
    assert "\n    python -m steps start 12 --force\n" in printed


def test_an_endless_loop_is_stopped():
    text = reference(7).replace(
        "        func = self.creator\n",
        "        while True:\n            func = self.creator\n",
        1,
    )
    verdict = judge.check(7, mine(7, text), limit=2)
    assert not verdict.ok
    printed = said(verdict)
    assert "stopped after 2 seconds. Is there a loop that never ends?" in " ".join(
        printed.split()
    )
    loop = text.splitlines().index("        while True:") + 1
    assert re.search(rf"It\s+was\s+at\s+line\s+({loop}|{loop + 1})\b", printed)


@pytest.mark.parametrize(
    "line, function, place",
    [
        ("61", "backward", "at line 61"),
        ("61", "<module>", "at line 61"),
        ("???", "backward", "in backward"),
        ("???", "<module>", "outside of any function"),
    ],
)
def test_where_a_loop_was_even_if_python_has_no_line(folder, line, function, place):
    """A stack as faulthandler writes it: the innermost frame comes first."""
    folder.mkdir(parents=True)
    stack = folder / "report.stack"
    stack.write_text(
        "Current thread 0x00007f (most recent call first):\n"
        '  File "/numpy/sum.py", line 9 in sum\n'
        f'  File "/in line 3/step07.py", line {line} in {function}\n'
        '  File "/in line 3/step07.py", line 99 in main\n'
    )
    assert judge.where(stack, folder / "step07.py") == place
    verdict = Verdict(7, folder / "step07.py", endless="test_x", stack=place)
    assert f"It was {place}." in " ".join(said(verdict).split())


@pytest.mark.parametrize(
    "passed, worked, ended",
    [(59, 59, False), (61, 61, True), (61, 500, True), (30, 240, False)]
    + [(590, 59, False), (590, 61, True), (590, 0, False), (601, 0, True)],
)
def test_a_busy_machine_has_more_time(monkeypatch, passed, worked, ended):
    """On the wall 590 s have passed, and the code has worked for 59 of them."""
    monkeypatch.setattr(clock.time, "monotonic", lambda: 1000.0 + passed)
    monkeypatch.setattr(clock.time, "process_time", lambda: 3.0 + worked)
    assert clock.over(60, (1000.0, 3.0)) is ended


@pytest.mark.parametrize("place", ["body", "program"])
def test_a_program_without_an_end_is_stopped(tmp_path, place):
    """Where a test runs it, and where check does: neither goes on in the background."""
    number = 7 if place == "body" else 2
    path = mine(number, reference(number) + "    while True:\n        number = 1\n")
    assert reference(number).rstrip().splitlines()[-1].startswith("    ")
    if place == "program":
        python = sys.executable
        told = judge.missing_output(course()[2].step, path, python, tmp_path, 2, None)
        assert told == "(stopped after 2 s: is there a loop that never ends?)"
    else:
        printed = " ".join(said(judge.check(number, path, limit=3)).split())
        assert "stopped after 3 s: is there a loop that never ends?" in printed


def test_a_wrong_gradient():
    text = reference(6).replace(
        "        return 2 * self.input.data * gy",
        '        print("gy is", gy)\n        return self.input.data * gy',
    )
    printed = said(judge.check(6, mine(6, text)))
    for word in ("the test", "expected", "got", "you printed", "gy is"):
        assert f"\n  {word}\n" in printed or f"    {word}" in printed, printed
    assert "load_step" not in printed.split("the test")[1].split("expected")[0]


def test_what_the_test_did_before_it_failed():
    """The names in its last line are explained by the lines above it."""
    text = reference(14).replace("gx if x.grad is None else x.grad + gx", "gx")
    printed = said(judge.check(14, mine(14, text)))
    assert (
        """First: uses are counted (2)

  the test
    uses = 2
    import step14 as step
    x = y = step.Variable(np.array(3.0))
    for _ in range(uses - 1):
        y = step.add(y, x)
    y.backward()
    assert (y.data, x.grad) == (3.0 * uses, uses)
  expected
    (6.0, 2)
  got
    (array(6.), array(1.))
"""
        in printed
    )


A_TEST = '''
@pytest.mark.parametrize("n", [1])
def test_x(n):
    """What it asks."""
    x = f(
        n
    )
    if x > 2:
        y = 1
    with pytest.raises(ValueError):
        f(-1)
    assert x
'''


@pytest.mark.parametrize(
    "failed, last, count",
    [
        ("    x = f(", ")", 3),
        ("        n", ")", 3),
        ("    if x > 2:", "if x > 2:", 4),
        ("        y = 1", "    y = 1", 5),
        ("    with pytest.raises(ValueError):", "    f(-1)", 7),
        ("    assert x", "assert x", 8),
    ],
)
def test_a_test_is_shown_up_to_the_line_that_failed(failed, last, count):
    at = A_TEST.split("\n").index(failed) + 1
    lines = lines_until(A_TEST, at).split("\n")
    assert (lines[0], lines[-1], len(lines)) == ("x = f(", last, count)
    lines = lines_until(A_TEST, at, most=3).split("\n")
    assert len(lines) == 3 and lines[-1] == last
    assert (lines[0] == "...") == (count > 3)


def test_a_line_outside_of_any_function_is_not_shown():
    assert lines_until(A_TEST + "x = 1", len(A_TEST.split("\n"))) == ""


def test_long_values_are_shown_from_where_they_differ():
    ours, theirs = briefly([*range(100)], [*range(60), "x", 61])
    assert ours.startswith("... ") and theirs.startswith("... ")
    assert 20 < ours.index("60, 61") < 30 and 20 < theirs.index("'x', 61") < 30
    assert briefly([1, 2], [1, 3]) == ["[1, 2]", "[1, 3]"]
    assert briefly("a" * 50 + "\n", 2)[1] == "2"
    assert briefly([0] * 900, 1)[0].endswith(" ...")

    class Broken:
        def __repr__(self):
            raise ValueError

    assert briefly(Broken(), 1)[0] == "<Broken, whose repr raises ValueError>"


def test_an_error_in_the_readers_file_has_its_line():
    text = reference(6).replace("return np.exp(x)", "return np.expp(x)")
    path = mine(6, text)
    printed = said(judge.check(6, path))
    at = text.splitlines().index("        return np.expp(x)") + 1
    assert f"in your file, line {at}\n    return np.expp(x)" in printed
    assert "AttributeError: module 'numpy' has no attribute 'expp'" in printed


def failing(files, scratch):
    """Return {number: names of the tests that fail} of a reader's files.

    One run of pytest for all of them; the tests of each must not be skipped, all.
    """
    numbers = sorted(files)
    tests = [f"tests/test_step{number:02d}.py" for number in numbers]
    report = scratch / "report.xml"
    options = ["-q", "--tb=no", "-p", "no:cacheprovider", f"--junitxml={report}"]
    pairs = [f"{number}={mine(number, files[number])}" for number in numbers]
    subprocess.run(
        [sys.executable, "-m", "pytest", *options, *tests],
        cwd=ROOT,
        env={
            **os.environ,
            "STEPS_MINE": "\n".join(pairs),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        },
        capture_output=True,
        timeout=300,
    )
    found, ran = {number: [] for number in numbers}, set()
    for case in ElementTree.parse(report).iter("testcase"):
        number = int(case.get("classname")[-2:])
        kinds = {child.tag for child in case}
        if "skipped" not in kinds:
            ran.add(number)
        if kinds & {"failure", "error"}:
            found[number].append(case.get("name"))
    assert ran == set(numbers)
    return found


def test_an_older_form_is_a_beginning_only_where_it_is_alike():
    """Each step of chapter 5 has a train of its own, but most are of another model."""
    begun = {}
    for number, lesson in LESSONS.items():
        earlier = [LESSONS[n] for n in LESSONS if n < number]
        for task in tasks(lesson):
            begun[number, task.key] = began(task, earlier)
    alike = {(9, "Variable.__init__"): 7, (11, "Function.__call__"): 9}
    alike |= {(50, "train"): 45, (84, "MultiHeadAttention.lookup"): 78}
    assert alike.items() <= begun.items()
    others = [(42, "fit"), (43, "predict"), (44, "predict"), (58, "Conv2d.forward")]
    others += [(61, "gradient"), (68, "Linear.__init__"), (72, "learn"), (81, "train")]
    others += [(85, "backward"), (1, "Variable.__init__")]
    assert {begun[other] for other in others} == {None}


def test_a_file_without_the_work_fails(tmp_path):
    """An empty one, one that only prints, the step before, and one with its gaps."""
    files = {
        2: "",
        3: f"print({LESSONS[3].step.output!r})\n",
        7: reference(6),
        9: stub(LESSONS[9]),
        14: reference(13),
        15: stub(LESSONS[15]),
        16: "",
        22: stub(LESSONS[22], gaps=True),
        30: f"print({LESSONS[30].step.output!r})\n",
    }
    found = failing(files, tmp_path)
    for number, names in found.items():
        assert len(names) > 2, (number, names)


def test_a_program_that_takes_long_is_left_out(folder):
    """The reader is told, and told how to run it."""
    verdict = Verdict(60, folder / "step60.py", short=True)
    verdict.tests = [
        {"test": "test_x", "passed": True},
        {"test": "test_y", "passed": None, "why": judge.LONG_PROGRAM},
    ]
    printed = said(verdict)
    assert "1 of 1 tests of step 60 pass." in printed
    assert "python -m steps check 60 --full" in printed


def test_a_file_that_does_not_print_its_output_fails():
    text = reference(2).replace('print("square of 3:", y.data)', "pass")
    verdict = Verdict(2, mine(2, text))
    verdict.tests = [{"test": "test_x", "passed": True}]
    step = LESSONS[2].step
    verdict.output = judge.missing_output(
        step, verdict.path, sys.executable, ROOT, 60, None
    )
    assert verdict.output == "square of 3: 9.0"
    assert "All tests pass, but this line is not printed:\n  square of 3: 9.0" in said(
        verdict
    )


OWN_BACKWARD = '''
        if self.creator is None:
            return
        maker = self.creator
        give_back(maker, self.grad)
        print("gave back through", type(maker).__name__)
        maker.input.backward()


def give_back(maker, gradient):
    """A helper that our step does not have."""
    maker.input.grad = maker.backward(gradient)
'''


def test_another_way_of_writing_it_passes(shell):
    """Other helpers, another order of methods, and prints of the reader's own."""
    lines = reference(7).split("\n")
    found = {x.key: x.node for x in LESSONS[7].new}
    backward = found["Variable.backward"]
    body = backward.body[1]
    lines[body.lineno - 1 : backward.end_lineno] = OWN_BACKWARD.strip("\n").split("\n")
    setter = found["Variable.set_creator"]
    text = "\n".join(lines)
    moved = "\n".join(lines[setter.lineno - 1 : setter.end_lineno])
    text = text.replace(moved + "\n", "")
    text = text.replace(
        "    def __init__(self, data):", moved + "\n\n    def __init__(self, data):", 1
    )
    mine(7, text)
    code, printed = shell("check", "7")
    assert code == 0, printed
    assert "Step 7 is done." in printed
    assert "Ours beside yours:  python -m steps answer 7" in printed
    assert "In the package:     dezero/core/variable.py" in printed
    assert "The next one:       python -m steps start 8" in printed
    assert progress.passed(7) is True  # known, without another run


def test_exit_codes_of_the_command_line(folder):
    done = cli("start", "1")
    assert done.returncode == 0, done.stderr
    assert (folder / "step01.py").exists()
    (folder / "step01.py").write_text("if", encoding="utf-8")
    done = cli("check")
    assert (done.returncode, done.stderr) == (1, "")
    done = cli("check", "5")
    assert done.returncode == 2
    assert "begin it with: python -m steps start 5" in done.stderr


def test_check_before_anything_was_begun(shell):
    with pytest.raises(StepError, match="begin with: start 1"):
        shell("check")


def test_tests_of_our_own_file_are_not_asked_of_a_reader():
    """Each step's tests still look at the reader's file, at least with one test."""
    for number in LESSONS:
        text = (ROOT / "tests" / f"test_step{number:02d}.py").read_text("utf-8")
        assert "load_step" in text or "run_step" in text, number


# ------------------------------------------------------------ the reader's engine


def test_a_step_on_the_readers_own_engine(monkeypatch):
    """Step 24 runs on a step 22 of the reader's, and sees what is wrong with it."""
    engine = mine(22, reference(22).replace("return x0 * x1", 'print("mine!")', 1))
    mine(24, reference(24))
    monkeypatch.setattr(judge, "check", lambda *a, **k: Verdict(22, engine))
    with pytest.raises(StepError, match="does not pass yet: python -m steps check 22"):
        judge.own_engine(24)
    monkeypatch.undo()
    os.utime(engine, (0, 0))
    assert not judge.check(24, mine(24, reference(24)), engine=engine).ok
    engine.write_text(reference(22), encoding="utf-8")
    os.utime(engine, (0, 0))  # as within one second: old bytecode would look right
    assert judge.check(24, mine(24, reference(24)), engine=engine).ok


@pytest.mark.parametrize("number", [22, 30])
def test_other_steps_have_an_engine_of_their_own(number):
    with pytest.raises(StepError, match="works for steps 23 to 29"):
        judge.own_engine(number)


# ----------------------------------------------------------- hint, answer, progress


def test_hints_come_in_levels(shell):
    shell("start", "7")
    printed = [shell("hint", "7")[1] for _ in range(4)]
    assert "Step 7, hint 1 of 3\nThe idea, in other words:" in printed[0]
    assert "More: python -m steps hint 7" in printed[0]
    assert "hint 2 of 3\nMore precisely:\n" in printed[1]
    assert "hint 2 of 3" in printed[1] and "func = self.creator" in printed[1]
    assert "Variable.__init__ begins like this:\n    self.data = data" in printed[2]
    assert "Still stuck? python -m steps answer 7" in printed[2]
    assert printed[3] == printed[2]
    _, printed = shell("hint", "7", "set_creator")
    assert "Variable.set_creator begins like this:" in printed
    with pytest.raises(
        StepError, match="step 7 has no gap 'foo'; its gaps are Variable"
    ):
        shell("hint", "7", "foo")


@pytest.mark.parametrize("number", LESSONS)
@pytest.mark.parametrize("level", [1, 2, 3])
def test_each_hint_is_narrow(number, level):
    lines = hints.hint(LESSONS[number], level)
    assert lines[0] and (level < 3 or not tasks(LESSONS[number]) or len(lines) == 2)
    assert level == 3 or max(map(len, lines)) <= 72


def test_the_third_hint_is_about_the_first_gap_left(shell):
    shell("start", "7")
    path = places.my_step(7)
    gap = f'raise NotImplementedError(\n            "{YOURS}keep data; grad and '
    text = path.read_text(encoding="utf-8")
    assert gap in text
    first = hints.wanted(LESSONS[7]).key
    body = "self.data, self.grad, self.creator = data, None, None"
    at, end = text.index(gap), text.index("\n\n", text.index(gap))
    mine(7, text[:at] + body + text[end:])
    second = hints.wanted(LESSONS[7]).key
    assert (first, second) == ("Variable.__init__", "Variable.set_creator")


def test_answer_asks_once(shell, monkeypatch):
    shell("start", "7")
    monkeypatch.setattr(progress, "passed", lambda number: False)
    asked = []

    def no(question):
        asked.append(question)
        return "n"

    monkeypatch.setattr("builtins.input", no)
    code, printed = shell("answer", "7")
    assert (code, printed) == (1, "")
    assert asked == ["Step 7 does not pass yet. Show our code? [y/N] "]
    monkeypatch.setattr("builtins.input", lambda question: "y")
    code, printed = shell("answer", "7")
    assert code == 0
    assert "+        self.creator = func" in printed
    code, printed = shell("answer", "7", "--yes")
    assert "+        self.creator = func" in printed
    monkeypatch.setattr(progress, "passed", lambda number: True)
    mine(7, reference(7))
    assert "Yours is the same, letter for letter." in shell("answer", "7")[1]


def test_progress_runs_only_what_changed(shell, monkeypatch):
    runs = []

    def check(number):
        runs.append(number)
        ok = "wrong" not in places.my_step(number).read_text()
        found = [{"test": "test_x", "passed": ok}]
        return Verdict(number, places.my_step(number), tests=found)

    monkeypatch.setattr(judge, "check", check)
    _, printed = shell("progress")
    assert f"0 of {len(find_steps())} steps pass." in printed and runs == []
    assert (
        "10 more steps to the end of chapter 1 and its milestone, a small program\n"
        "that uses all of it: at the end of notebooks/chapter1.ipynb" in printed
    )
    mine(1, "right")
    mine(2, "wrong")
    _, printed = shell("progress")
    assert runs == [1, 2]
    assert (
        "Chapter 1  #+" in printed
        and f"1 of {len(find_steps())} steps pass." in printed
    )
    assert "Go on:  python -m steps check 2" in printed
    shell("progress")
    assert runs == [1, 2]
    mine(2, "right now")
    _, printed = shell("progress")
    assert runs == [1, 2, 2]
    assert "Next:   python -m steps start 3" in printed
    memory.path().write_text("{ damaged", encoding="utf-8")
    shell("progress")
    assert runs == [1, 2, 2, 1, 2]


# ------------------------------------------------------------------- try and bug


def test_try(shell, folder):
    code, printed = shell("try_", "13")
    path = folder / "exercise13.py"
    assert code == 0 and "the exercise of step 13" in printed
    code, printed = shell("try_", "13")
    assert code == 1
    assert "not written yet" in printed and "Then: python -m steps try 13" in printed
    answer = (STEPS / "answers" / "answer13.py").read_text("utf-8")
    path.write_text(answer.replace("return gy * x1, gy * x0", "return gy, gy"), "utf-8")
    code, printed = shell("try_", "13")
    assert code == 1
    assert "right: 2 * 3\n  not yet: d(x * y)/dx at x = 2, y = 3" in printed
    assert "expected\n      3.0\n    got\n      " in printed
    path.write_text(answer, "utf-8")
    code, printed = shell("try_", "13")
    assert code == 0
    assert "Each input\ngets the value of the other one." in printed


def test_try_stops_what_does_not_end(folder):
    path = folder / "exercise02.py"
    folder.mkdir(parents=True)
    path.write_text("while True:\n    pass\n")
    found, _ = exercises.judge(2, limit=2)
    assert "stopped after 2 s" in found[-1]["error"]


def test_try_of_what_ends_python(folder):
    path = folder / "exercise02.py"
    folder.mkdir(parents=True)
    path.write_text("import os\nos._exit(3)\n")
    found, _ = exercises.judge(2)
    assert found[-1]["error"] == "Python ended before the check did"


def test_the_answer_of_an_exercise_is_asked_for(shell, monkeypatch):
    monkeypatch.setattr("builtins.input", lambda question: "")
    assert shell("try_", "23", "--answer")[0] == 1
    monkeypatch.setattr(exercises, "check_of", lambda number: None)
    shell("try_", "23")
    code, printed = shell("try_", "23")
    assert code == 0 and "No program can judge this exercise" in printed
    assert "The program needs no change." in shell("try_", "23", "--answer")[1]


def test_there_is_no_bug_999(shell):
    with pytest.raises(StepError, match="there is no bug '999'"):
        shell("bug", "999")
