"""The notebook of a chapter: its first cells, those of its steps, and the last."""

from pathlib import Path

from .answers import find_milestones, read_milestone
from .cells import capital, step_cells
from .ipynb import KERNEL, cell
from .prose import markdown, prose
from .reader import STEPS, chapter_of

NOTEBOOKS = STEPS.parent / "notebooks"
COMMAND = "python notebooks/build.py"

# What the reader of a chapter will be able to do at its end.
PROMISES = {
    1: [
        "say what the derivative of a program is, and measure one",
        "explain why derivatives are multiplied from the output backwards",
        "write an engine that differentiates any chain of functions, of any length",
        "find a wrong derivative with a gradient check",
    ],
    2: [
        "differentiate any formula of `+ - * / **`, written as Python writes it",
        "walk a graph of any shape in the right order, each function once",
        "tell what keeps memory in use, and free it in time",
        "make a class of your own work with Python's operators, and with NumPy",
        "turn a file that grew too large into a package",
    ],
    3: [
        "draw the graph of any computation",
        "look for a minimum by gradient descent, and by Newton's method",
        "say what must happen for a derivative to have a derivative",
        "compute derivatives of any order, and put a gradient inside a loss",
    ],
    4: [
        "give tensors gradients through reshape, sum, broadcasting and products",
        "build layers, models and optimizers from nothing, and use those of `dezero`",
        "train a network on points, on spirals and on digits",
        "tell from two curves when a network learns by heart",
    ],
    5: [
        "run the same code on a GPU, and keep what was learned in a file",
        "explain convolution and pooling with loops, and make them fast as products",
        "read a large network such as VGG16 layer by layer",
        "let a network read sequences with an RNN and an LSTM",
    ],
    6: [
        "say what another framework will answer, and why: ties, views, leaves, detach",
        "turn an expression into a graph yourself",
        "build a second engine on other principles, up to a network that writes",
        "choose between forward and reverse mode, and count what each costs",
        "say what a graph can do better if it is built before it runs",
    ],
    7: [
        "keep the numbers in a deep network at one size, and say what that costs",
        "give the gradient a path back through any number of layers",
        "turn any text into tokens, and tokens back into text",
        "write attention with masks, heads and positions, and say what each is for",
        "build a GPT, train it well, and judge it beside simpler models",
        "let it write, draw good tokens, and compute nothing twice",
    ],
}

SETUP = """\
# On Colab first: !git clone ADDRESS course   and then: %cd course/notebooks
from setup_course import STEPS, Picture, check  # finds dezero, or installs it"""


def notebook(chapter, lessons):
    """Return the notebook of a chapter, not yet run, as its file has it."""
    mine = [x for x in lessons.values() if chapter_of(x.number)[0] == chapter]
    links = {n: anchor(n, chapter) for n in lessons}
    cells = [
        cell("markdown", "opening", opening(chapter, mine, lessons)),
        cell("code", "setup", SETUP),
    ]
    shadowed = {}
    for lesson in mine:
        cells += step_cells(lesson, links, shadowed)
    cells += milestone(chapter, links)
    cells.append(cell("markdown", "closing", closing(chapter, mine, lessons)))
    return {
        "cells": cells,
        "metadata": {"kernelspec": dict(KERNEL), "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def chapters(lessons):
    """Return the numbers of the chapters that have steps."""
    return sorted({chapter_of(n)[0] for n in lessons})


def path_of(chapter, folder=NOTEBOOKS):
    """Return the file of a chapter."""
    return Path(folder) / f"chapter{chapter}.ipynb"


def anchor(number, chapter):
    """Return the link to a step from a chapter."""
    its = chapter_of(number)[0]
    file = "" if its == chapter else path_of(its).name
    return f"{file}#step{number:02d}"


def opening(chapter, mine, lessons):
    """Return the first cell: what the chapter is for, and its steps."""
    title = chapter_of(mine[0].number)[1]
    around = [
        f"{word} it comes [chapter {n}]({path_of(n).name})"
        for n, word in ((chapter - 1, "before"), (chapter + 1, "after"))
        if n in chapters(lessons)
    ]
    lines = [f"# Chapter {chapter}. {title}", "", "At the end you can", ""]
    lines += [f"- {promise}" + ";" for promise in PROMISES[chapter]]
    lines[-1] = lines[-1].removesuffix(";") + "."
    lines += ["", "| step | | its one idea |", "|---|---|---|"]
    for lesson in mine:
        step = lesson.step
        words = [prose(text) for text in (step.title, step.idea)]
        link = f"[{step.number}]({anchor(step.number, chapter)})"
        lines.append(f"| {link} | {' | '.join(words)} |")
    lines += [
        "",
        "Run the cell below first; then each step runs on its own, whatever was run "
        "before it. You can change any cell and run it again. Code that a step carries "
        "over from earlier ones is folded away. The text and the code are those of the "
        f"files in [steps/](../steps/), from which `{COMMAND}` writes this notebook. "
        f"{capital(', '.join(around))}.",
    ]
    return "\n".join(lines)


def milestone(chapter, links):
    """Return the cells of a milestone: a few lines that use what was built."""
    path = find_milestones().get(chapter)
    if path is None:
        return []
    found = read_milestone(path)
    text = f"## {prose(found.title)}\n\n{markdown(found.text, links)}"
    return [
        cell("markdown", "milestone-01", text),
        cell("code", "milestone-02", found.code),
    ]


def closing(chapter, mine, lessons):
    """Return the last cell: what the steps have written of the framework.

    It lists only what the steps of this chapter write, and has no counts. So another
    operation in the package, on the same idea, changes no notebook.
    """
    fresh = {}
    for lesson in mine:
        for name in lesson.step.teaches:
            module, _, rest = name.partition(".")
            fresh.setdefault(module, []).append(rest)
    text = [
        "## The framework so far",
        "",
        "The steps of this chapter write out these names of `dezero`. The package has "
        "more on the same ideas: `help(dezero.functions)` lists those of one module.",
        "",
        "| module | new in this chapter |",
        "|---|---|",
    ]
    for module, members in sorted(fresh.items()):
        text.append(f"| `{module}` | {', '.join(f'`{x}`' for x in members)} |")
    if chapter + 1 in chapters(lessons):
        text += ["", f"Next: [chapter {chapter + 1}]({path_of(chapter + 1).name})."]
    return "\n".join(text)
