"""progress: how far the reader is, by checking what changed since the last time."""

from book.reader import CHAPTERS, STEPS, chapter_of, find_steps, read_step

from . import judge, memory, places


def passed(number, say=lambda text: None):
    """Say whether the reader's own step passes; run its check if anything changed."""
    path = places.my_step(number)
    if not path.exists():
        return None
    mark = memory.fingerprint(number, path)
    known = memory.recall().get("checked", {}).get(str(number), {})
    if known.get("hash") == mark:
        return known["ok"]
    say(f"checking step {number} ...")
    ok = judge.check(number).ok
    remember(number, mark, ok)
    return ok


def remember(number, mark, ok):
    """Keep what a check found, together with what it depended on."""
    memories = memory.recall()
    memories.setdefault("checked", {})[str(number)] = {"hash": mark, "ok": ok}
    memory.keep(memories)


def progress(say=lambda text: None):
    """Return the lines of a report: chapter by chapter, and what comes next."""
    steps = find_steps()
    state = {number: passed(number, say) for number in steps}
    lines = []
    for first, title in CHAPTERS:
        chapter = chapter_of(first)[0]
        mine = [n for n in steps if chapter_of(n)[0] == chapter]
        signs = "".join({True: "#", False: "+", None: "."}[state[n]] for n in mine)
        done = sum(state[n] is True for n in mine)
        lines.append(
            f"Chapter {chapter}  {signs:15} {done:2} of {len(mine):2}  {title}"
        )
    lines += ["", "# passed   + begun   . not begun"]
    done = sum(value is True for value in state.values())
    lines += ["", f"{done} of {len(steps)} steps pass."]
    begun = [n for n in steps if state[n] is False]
    fresh = [n for n in steps if state[n] is None]
    if begun:
        lines.append(f"Go on:  python -m steps check {begun[0]}")
    elif fresh:
        title = read_step(find_steps(STEPS)[fresh[0]]).title
        lines.append(f"Next:   python -m steps start {fresh[0]}   ({title})")
    open_chapters = [chapter_of(n)[0] for n in steps if state[n] is not True]
    if open_chapters:
        chapter = open_chapters[0]
        left = sum(1 for n in steps if chapter_of(n)[0] == chapter and not state[n])
        lines += [
            f"{left} more step{'s' * (left != 1)} to the end of chapter {chapter} and "
            "its milestone, a small program",
            f"that uses all of it: at the end of notebooks/chapter{chapter}.ipynb",
        ]
    return lines
