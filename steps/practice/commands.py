"""The commands of python -m steps for the reader's files: start, check and so on."""

import difflib
import sys
import textwrap
import time

from book.answers import find_answers
from book.code import read_lessons
from book.diff import coloured, wants_colour
from book.reader import STEPS, StepError, find_steps, pick

from . import bugs, exercises, hints, judge, memory, places
from . import progress as progress_
from .report import exercise_report, indented, report
from .stubs import stub, tasks


def split(command, arguments, known, most=1, word="the number of a step"):
    """Return the words and options of a command; refuse those it does not take.

    word is what the command takes.
    """
    options = {word for word in arguments if word.startswith("-")}
    words = [word for word in arguments if word not in options]
    if options - set(known) or len(words) > most:
        extra = (sorted(options - set(known)) + words[most:])[0]
        raise StepError(
            f"{command} does not take {extra!r}; it takes {word}"
            + (f", and {', '.join(known)}" if known else "")
        )
    return words, options


def start(arguments):
    """Write the practice file of a step; without a number, of the next one."""
    words, options = split("start", arguments, ["--gaps", "--force"])
    number = pick(words[0]) if words else following(max(places.my_steps(), default=0))
    lessons = read_lessons(STEPS)
    lesson = lessons[number]
    earlier = [lessons[n] for n in sorted(lessons) if n < number]
    path = places.my_step(number)
    text = stub(lesson, "--gaps" in options, earlier)
    places.write_new(path, text, force="--force" in options)
    for kind in ("hints", "tries"):
        memory.counted(kind, number, add=None)
    count = len(tasks(lesson))
    print(f"{places.shown(path)}: step {number}, with {count} gap{'s' * (count != 1)}")
    if count:
        print("Read its text, fill the gaps in your editor, then type:")
    else:
        print("This step needs no code of yours. Read it, then type:")
    print(f"    python -m steps check {number}")
    print(f"To see what it prints: python -m steps run {places.shown(path)}")
    return 0


def following(number):
    """Return the number of the next step; refuse after the last."""
    later = [n for n in find_steps() if n > number]
    if not later:
        raise StepError("you have begun the last step: there is no next one")
    return later[0]


def check(arguments):
    """Run a step's tests on the reader's file; without a number, the last saved."""
    words, options = split("check", arguments, ["--mine", "--watch", "--full"])
    number = pick(words[0]) if words else current()
    if "--watch" in options:
        return watch(number, "--mine" in options)
    return check_once(number, "--mine" in options, "--full" in options)


def check_once(number, mine=False, full=False):
    """Check a step and print the result; return the exit code."""
    path = places.my_step(number)
    verdict = judge.check(
        number,
        limit=10 * judge.LIMIT if full else judge.LIMIT,
        engine=judge.own_engine(number) if mine else None,
        full=full,
    )
    tries = 0 if verdict.ok else memory.counted("tries", number)
    print("\n".join(report(verdict, tries)))
    if not mine:
        mark = memory.fingerprint(number, path)
        progress_.remember(number, mark, verdict.ok)
    if not verdict.ok:
        return 1
    print(f"Step {number} is done" + (", on your own engine." if mine else "."))
    print()
    print(f"Ours beside yours:  python -m steps answer {number}")
    place = read_lessons(STEPS)[number].step.in_package
    if place:
        print(f"In the package:     {place}")
    if number < max(find_steps()):
        print(f"The next one:       python -m steps start {number + 1}")
    else:
        print("That was the last one.")
    return 0


def watch(number, mine):
    """Check a step again whenever its file has changed, until Ctrl-C."""
    path, seen = places.my_step(number), None
    while True:
        changed = path.stat().st_mtime if path.exists() else None
        if changed != seen:
            seen = changed
            if check_once(number, mine) == 0:
                return 0
            print("(watching the file; Ctrl-C stops this)", flush=True)
        time.sleep(0.5)


def current():
    """Return the number of the step that the reader worked on last."""
    mine = places.my_steps()
    if not mine:
        raise StepError("you have no step of your own yet; begin with: start 1")
    return max(mine, key=lambda n: mine[n].stat().st_mtime)


def hint(arguments):
    """Print the next hint for a step: idea, then formula, then the first line."""
    words, _ = split("hint", arguments, [], most=2)
    number = pick(words[0]) if words else current()
    level = min(memory.counted("hints", number), 3)
    lesson = read_lessons(STEPS)[number]
    print(f"Step {number}, hint {level} of 3")
    print("\n".join(hints.hint(lesson, level, *words[1:])))
    if level < 3:
        print(f"More: python -m steps hint {number}")
    else:
        print(f"Still stuck? python -m steps answer {number}")
    return 0


def answer(arguments):
    """Show our code of a step beside the reader's; ask first if theirs fails."""
    words, options = split("answer", arguments, ["--yes"])
    number = pick(words[0]) if words else current()
    lesson = read_lessons(STEPS)[number]
    mine = places.my_step(number)
    sure = "--yes" in options or not mine.exists() or progress_.passed(number)
    if not sure and not asked(f"Step {number} does not pass yet. Show our code?"):
        return 1
    print(f"Ours is {places.shown(lesson.step.path)}.")
    if not mine.exists():
        for found in tasks(lesson):
            print(f"\n# {found.key}\n{found.source}")
        return 0
    old = mine.read_text(encoding="utf-8").splitlines()
    lines = list(
        difflib.unified_diff(
            old[2:] if old[:1] and old[0].startswith("# Your step") else old,
            lesson.lines,
            places.shown(mine),
            places.shown(lesson.step.path),
            lineterm="",
        )
    )
    if not lines:
        print("Yours is the same, letter for letter.")
    elif wants_colour(sys.stdout):
        lines = coloured(lines)
    print("\n".join(lines))
    found = find_answers().get(number)
    if found:
        print(f"\nThe exercise has an answer, too: python -m steps try {number}")
    return 0


def asked(question):
    """Ask a question on the terminal; no input counts as no."""
    try:
        return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        print()
        return False


def progress(arguments):
    """Print how far the reader is."""
    split("progress", arguments, [], most=0, word="nothing")
    print("\n".join(progress_.progress(lambda text: print(text, file=sys.stderr))))
    return 0


def try_(arguments):
    """Write the file of a step's exercise, or judge what the reader wrote in it."""
    words, options = split("try", arguments, ["--answer", "--force"])
    number = pick(words[0]) if words else current()
    path = exercises.mine(number)
    if "--answer" in options:
        return show_answer(number)
    if not path.exists() or "--force" in options:
        places.write_new(path, exercises.begin(number), force="--force" in options)
        print(f"{places.shown(path)}: the exercise of step {number}")
        print(f"When you have written it: python -m steps try {number}")
        return 0
    if not exercises.check_of(number):
        print("No program can judge this exercise. To compare your answer with ours:")
        print(f"    python -m steps try {number} --answer")
        return 0
    found, printed = exercises.judge(number)
    print(places.shown(path))
    print("\n".join(exercise_report(found, printed)))
    if not exercises.passes(found):
        print(f"\nThen: python -m steps try {number}")
        return 1
    print()
    return show_answer(number, asking=False)


def show_answer(number, asking=True):
    """Print the worked answer of an exercise; ask first if it was not tried."""
    if number not in find_answers():
        raise StepError(f"the exercise of step {number} has no worked answer")
    if asking and not exercises.mine(number).exists():
        if not asked("You have not tried this exercise yet. Show the answer?"):
            return 1
    print("\n".join(exercises.answer(number)))
    return 0


def bug(arguments):
    """Give the next bug of the museum, or say whether the reader has fixed it."""
    known = ["--force", "--list"]
    words, options = split("bug", arguments, known, word="the number of a bug")
    museum = bugs.read_bugs()
    mended = memory.recall().get("mended", {})
    if "--list" in options:
        for one in museum.values():
            sign = "fixed" if str(one.number) in mended else "     "
            print(f"{one.number:3}  {sign}  step {one.step:2}  {one.title}")
        return 0
    if words and (not words[0].isdigit() or int(words[0]) not in museum):
        raise StepError(
            f"there is no bug {words[0]!r}; there are bugs 1 to {len(museum)}"
        )
    left = [n for n in museum if str(n) not in mended]
    if not words and not left:
        print(f"You have fixed all {len(museum)} bugs of the museum.")
        return 0
    one = museum[int(words[0]) if words else left[0]]
    if not one.path.exists() or "--force" in options:
        places.write_new(one.path, one.text(), force="--force" in options)
        print(f"{places.shown(one.path)}: bug {one.number} of {len(museum)}")
        print(f"In it, one line of step {one.step} is wrong. The symptom:\n")
        print("\n".join(indented(textwrap.fill(one.symptom.strip(), 68), 4)))
        print(f"\nFind the line, fix it, then type: python -m steps bug {one.number}")
        return 0
    verdict = judge.check(one.step, one.path)
    if not verdict.ok:
        print("\n".join(report(verdict, command=f"bug {one.number}")))
        return 1
    memories = memory.recall()
    memories.setdefault("mended", {})[str(one.number)] = True
    memory.keep(memories)
    print(f"Fixed: {one.title}\n")
    print(textwrap.fill(" ".join(one.story.split()), 72))
    print("\nThe next one: python -m steps bug")
    return 0
