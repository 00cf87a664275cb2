"""python -m steps start, check: what is typed, and what is printed."""

from book.code import read_lessons
from book.reader import STEPS, StepError, find_steps, pick

from . import judge, places
from .report import report
from .stubs import stub, tasks


def start(arguments):
    """Write the practice file of a step."""
    options = {word for word in arguments if word.startswith("-")}
    words = [word for word in arguments if word not in options]
    if options - {"--gaps", "--force"} or len(words) != 1:
        raise StepError("start needs the number of a step: start 16 [--gaps] [--force]")
    number = pick(words[0])
    lessons = read_lessons(STEPS)
    lesson = lessons[number]
    earlier = [lessons[n] for n in sorted(lessons) if n < number]
    path = places.my_step(number)
    text = stub(lesson, "--gaps" in options, earlier)
    places.write_new(path, text, force="--force" in options)
    count = len(tasks(lesson))
    print(f"{places.shown(path)}: step {number}, with {count} gap{'s' * (count != 1)}.")
    print(f"Fill them in your editor, then type: python -m steps check {number}")
    return 0


def check(arguments):
    """Run a step's tests on the reader's file; without a number, the next one's."""
    if len(arguments) > 1:
        raise StepError("check needs the number of a step, or nothing: check 16")
    number = pick(arguments[0]) if arguments else current()
    verdict = judge.check(number)
    print("\n".join(report(verdict)))
    if not verdict.ok:
        return 1
    print(f"Step {number} is done.")
    following = [n for n in find_steps() if n > number]
    print(f"Ours, beside yours: python -m steps answer {number}")
    if following:
        print(f"The next one:       python -m steps start {following[0]}")
    return 0


def current():
    """Return the number of the step that the reader has begun last."""
    mine = places.my_steps()
    if not mine:
        raise StepError("there is no step of yours yet; begin with: start 1")
    return max(mine, key=lambda n: mine[n].stat().st_mtime)
