"""Check 6: README's table of steps, and its first example."""

import re

from book.table import with_table


def check_readme(readme, steps):
    """The table of steps is up to date, and every link and picture is there."""
    problems = []
    text = readme.read_text(encoding="utf-8")
    if with_table(text, steps) != text:
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
