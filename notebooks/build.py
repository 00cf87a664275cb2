"""Write the notebooks from the steps, and run them.

    python notebooks/build.py              all chapters
    python notebooks/build.py 3 4          chapters 3 and 4
    python notebooks/build.py --check      are they what the steps say?
    python notebooks/build.py --gallery    run the notebooks of gallery/ again
    python notebooks/build.py --gallery vae --check
                                           does vae.ipynb run? writes nothing

A chapter has one source, the files of steps/; whoever wants to change it edits a step
and runs this. The docstring becomes prose with its formulas typeset, each definition
a cell, what stands under `if __name__ == "__main__":` the cells after them, and each
picture a cell that shows it. Then the notebook is run: offline, each warning an
error, and what it prints must be the step's `Output:`. The notebooks of gallery/
are their own source and only run.

Needs `pip install -e ".[test]"`. With --to FOLDER the result goes there.
"""

import argparse
import ast
import builtins
import copy
import functools
import importlib.util
import itertools
import json
import os
import re
import sys
import tempfile
import textwrap
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HERE = ROOT / "notebooks"
GALLERY = HERE / "gallery"
COMMAND = "python notebooks/build.py"


def load(path):
    """Return tests/curriculum.py as a module: it reads the code of a step."""
    if path.stem not in sys.modules:
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = sys.modules[path.stem] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[path.stem]


curriculum = load(ROOT / "tests" / "curriculum.py")
reader = curriculum.reader

# What the reader of a chapter will be able to do at its end.
PROMISES = {
    1: [
        "say what a derivative is for a program, and measure one",
        "explain why derivatives are multiplied from the output backwards",
        "write an engine that differentiates any chain of functions, of any length",
        "find a wrong derivative with a gradient check",
    ],
    2: [
        "differentiate any formula of `+ - * / **`, written as Python writes it",
        "walk a graph of any shape in the right order, each function once",
        "tell what keeps memory alive, and let it go in time",
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
        "see from two curves when a network learns by heart",
    ],
    5: [
        "run the same code on a GPU, and keep what was learned in a file",
        "explain convolution and pooling by loops, and make them fast as products",
        "read a large network such as VGG16 layer by layer",
        "let a network read sequences with an RNN and an LSTM",
    ],
    6: [
        "say what another framework will answer, and why: ties, views, leaves, detach",
        "turn an expression into a graph yourself",
        "build a second engine, on other principles, up to a network that writes",
        "choose between forward and reverse mode, and count what each costs",
        "tell what a graph that is built before it runs can do better",
    ],
}


# ------------------------------------------------------------------- formulas
# A formula in a docstring is nearly Python. What Python's parser understands
# becomes LaTeX; what it does not stays a block of text, as it stands in the step.


class NotAFormula(Exception):
    """Leave this text as it is."""


RELATIONS = {
    "=": "=",
    "~": r"\sim",
    "<=": r"\le",
    ">=": r"\ge",
    "<-": r"\leftarrow",
    "+=": r"\mathrel{{+}{=}}",
    "-=": r"\mathrel{{-}{=}}",
}
RELATION = re.compile(r" (=|~|<=|>=|<-|\+=|-=) ")
GREEK = {"alpha", "beta", "gamma", "delta", "theta", "mu", "sigma", "pi"}
FUNCTIONS = {"sin", "cos", "tan", "tanh", "exp", "log", "max", "min"}
CALLABLE = re.compile(r"[a-z][a-z0-9_]*'*|d")
SUM, TERM, FACTOR, POWER, ATOM = range(5)  # how tightly a text holds together


def formula(text):
    """Return [(left side, relation and right side)] of a formula, in LaTeX.

    >>> formula("gx = 2 * x * gy")
    [('g_{x}', '= 2 \\\\, x \\\\cdot g_{y}')]
    """
    # words and numbers side by side are no formula, nor is a shape: x (N, D)
    if re.search(r"--|->|[|;:\"]|[\w\])] \(|,$|\.$(?<!\.\.\.)", text):
        raise NotAFormula(text)
    left, *rest = RELATION.split(f" {text} ".replace("  ", " "))
    sides = [expression(side.strip()) for side in (left, *rest[1::2])]
    if not rest:
        return [("", sides[0])]
    signs = [RELATIONS[sign] for sign in rest[::2]]
    parts = [f"{sign} {side}" for sign, side in zip(signs, sides[1:])]
    return [(sides[0], " ".join(parts))]


def expression(text):
    """Return the LaTeX of one side of a formula."""
    text = re.sub(r"\bd(\w+)/d(\w+)", r"D__\1__\2", text)  # one fraction
    text = re.sub(r"\b(\w+)!", r"factorial(\1)", text)
    text = text.replace("...", "DOTS")
    text = re.sub(r"'", "PRIME", text)
    text = re.sub(r"\blog (?=\w)", "LOG ** ", text)  # log p[0]
    text = re.sub(r"\b(\d+) (?=[A-Z]\b)", r"\1 * ", text)  # 2 P
    text = re.sub(r"(?<=\[)([a-z]+ )+[a-z]+(?=\])", joined, text)
    over = re.fullmatch(r"(.*)\bsum over ([a-z](?:, [a-z])*) of (.*)", text)
    if over:
        head, under, body = over.groups()
        head = tex(parse(head + "REST"))[0].removesuffix(r"\mathrm{REST}")
        return rf"{head}\sum_{{{under}}} {tex(parse(body))[0]}"
    return tex(parse(text))[0]


def joined(match):
    """Make one name of several words."""
    return match[0].replace(" ", "_SPACE_")


def parse(text):
    """Return the syntax tree of an expression."""
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError:
        raise NotAFormula(text) from None


def tex(node):
    """Return (LaTeX, how tightly it holds together) of an expression."""
    match node:
        case ast.Constant(value=int() | float() as value):
            return number(value), ATOM
        case ast.Name(id=name):
            return symbol(name), FACTOR if name.startswith("D__") else ATOM
        case ast.Attribute(value=ast.Name(id=name), attr="T"):
            return rf"{symbol(name)}^{{\top}}", POWER
        case ast.UnaryOp(op=ast.USub(), operand=x):
            return "-" + tight(x, FACTOR), SUM
        case ast.BinOp(left=ast.Name(id="LOG"), op=ast.Pow(), right=x):
            return rf"\log {tight(x, POWER)}", FACTOR
        case ast.BinOp(left=x, op=op, right=y):
            return binary(x, op, y)
        case ast.Subscript(value=ast.Name(id=name), slice=index):
            base = symbol(name)
            base = f"({base})" if "_" in base or "{" in base else base
            items = index.elts if isinstance(index, ast.Tuple) else [index]
            return f"{base}_{{{', '.join(tex(x)[0] for x in items)}}}", ATOM
        case ast.Tuple(elts=items) if len(items) > 1:
            return brackets(", ".join(tex(x)[0] for x in items)), ATOM
        case ast.Call(func=ast.Name(id=name), args=items, keywords=[]) if items:
            return call(name, items)
    raise NotAFormula(ast.unparse(node))


def binary(x, op, y):
    """Return the LaTeX of x op y, with the brackets that it needs."""
    match op:
        case ast.Add():
            return f"{tight(x, SUM)} + {tight(y, TERM)}", SUM
        case ast.Sub():
            return f"{tight(x, SUM)} - {tight(y, TERM)}", SUM
        case ast.Mult():
            numbers = isinstance(x, ast.Constant), starts_with_number(y)
            dot = r"\," if numbers == (True, False) else r"\cdot"
            total = isinstance(y, ast.Call) and y.func.id == "sum"
            return f"{tight(x, TERM)} {dot} {tight(y, TERM + (not total))}", TERM
        case ast.MatMult():
            return rf"{tight(x, TERM)} \mathbin{{@}} {tight(y, FACTOR)}", TERM
        case ast.Div():
            return rf"\frac{{{tex(x)[0]}}}{{{tex(y)[0]}}}", FACTOR
        case ast.FloorDiv():
            fraction = rf"\frac{{{tex(x)[0]}}}{{{tex(y)[0]}}}"
            return rf"\left\lfloor {fraction} \right\rfloor", ATOM
        case ast.Pow():
            return f"{tight(x, ATOM)}^{{{tex(y)[0]}}}", POWER
    raise NotAFormula(type(op).__name__)


def starts_with_number(node):
    """Say whether a product begins with a number: 2 * x."""
    while isinstance(node, ast.BinOp) and not isinstance(node.op, ast.Div):
        node = node.left
    return isinstance(node, ast.Constant)


def tight(node, wanted):
    """Return the LaTeX of a node, in brackets if it holds together less."""
    text, bond = tex(node)
    return text if bond >= wanted else brackets(text)


def brackets(text):
    """Return LaTeX in brackets that are as tall as it is."""
    tall = r"\frac" in text or r"\sum" in text
    return rf"\left({text}\right)" if tall else f"({text})"


def call(name, items):
    """Return the LaTeX of a call such as sin(x) or f(x, y)."""
    inside = ", ".join(tex(x)[0] for x in items)
    plain = name.replace("PRIME", "'")
    if plain == "sqrt":
        return rf"\sqrt{{{inside}}}", ATOM
    if plain == "factorial":
        return tight(items[0], ATOM) + "!", ATOM
    if plain == "sum":
        return rf"\sum {tight(items[0], TERM)}", TERM
    if not CALLABLE.fullmatch(plain):  # a class: that is code
        raise NotAFormula(plain)
    if plain in FUNCTIONS:
        head = rf"\{plain}"
    elif len(plain.rstrip("'")) == 1:
        head = plain
    else:
        head = rf"\operatorname{{{escaped(plain)}}}"
    return head + brackets(inside), ATOM


def symbol(name):
    """Return the LaTeX of a name: x0, gx, gamma, rate."""
    if match := re.fullmatch(r"D__(\w+)__(\w+)", name):
        return rf"\frac{{d{symbol(match[1])}}}{{d{symbol(match[2])}}}"
    if name == "DOTS":
        return r"\dots"
    if "_SPACE_" in name:
        return rf"\text{{{name.replace('_SPACE_', ' ')}}}"
    base, primes = name.replace("PRIME", ""), "'" * name.count("PRIME")
    if match := re.fullmatch(r"([A-Za-z])(\d+)", base):
        return f"{match[1]}{primes}_{{{match[2]}}}"
    if match := re.fullmatch(r"([gv])([xyWbcphtr]\d*)", base):
        return f"{match[1]}{primes}_{{{symbol(match[2])}}}"
    if base in GREEK:
        return rf"\{base}{primes}"
    if base == "eps":
        return rf"\varepsilon{primes}"
    return (base if len(base) == 1 else rf"\mathrm{{{escaped(base)}}}") + primes


def number(value):
    """Return the LaTeX of a number."""
    text = repr(value)
    if match := re.fullmatch(r"1e([-+]?\d+)", text):
        return f"10^{{{int(match[1])}}}"
    if "e" in text:
        raise NotAFormula(text)
    return text


def escaped(name):
    """Return a name as LaTeX can have it."""
    return name.replace("_", r"\_")


TEXT = re.compile(r"\(?[A-Za-z][A-Za-z0-9 ,.:;'-]*\)?")


def typeset(lines):
    """Return the LaTeX of a block of lines, or None where one is no formula.

    Formulas stand side by side, two blanks or more apart, with words beside them;
    what begins in the same column is aligned.
    """
    rows = []  # of {column: text}
    for line in lines:
        row = {m.start(): m[0] for m in re.finditer(r"\S+(?: \S+)*", line)}
        first = min(row)
        for at in sorted(row)[1:]:  # '= 2' after two blanks goes on
            if re.match(r"(=|~|<=|[+-]=) ", row[at]):
                row[first] += " " + row.pop(at)
            first = at if at in row else first
        on = rows and rows[-1][min(rows[-1])].endswith(" of")
        if on or rows and re.match(r"[-+*/@] ", row[min(row)]):  # goes on from above
            for at, text in zip(sorted(rows[-1]), row.values()):
                rows[-1][at] += " " + text
        else:
            rows.append(row)
    try:
        cells = [{at: segment(text) for at, text in row.items()} for row in rows]
    except NotAFormula:
        return None
    if not any(left and right for row in cells for left, right in row.values()):
        return None
    columns = sorted({at for row in cells for at in row})
    ends = [at + len(text) for row in rows for at, text in row.items()]
    starts = [at for row in rows for at in row]
    texts = []
    for row, source in zip(cells, rows):
        if any(a < c < b for a, b in zip(starts, ends) for c in columns):
            parts = [" ".join(pair).strip() for _, pair in sorted(row.items())]
            wide = sum(map(len, source.values())) > 90
            gap = " \\\\\n& \\quad " if wide else r" \quad "
            texts.append("& " + gap.join(parts))  # no columns to align
            continue
        pairs = [row.get(at, ("", "")) for at in columns]
        while pairs[-1] == ("", ""):
            pairs.pop()
        texts.append(r" &\quad ".join(f"{a} & {b}".strip() for a, b in pairs))
    if len(texts) == 1 and len(columns) == 1:
        return texts[0].replace("& ", "")
    body = " \\\\\n".join(texts)
    return f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"


def segment(text):
    """Return (left, right) of one formula, or of words between formulas."""
    words = TEXT.fullmatch(text)
    if words and not re.search(r"\w\(", text):
        return "", rf"\text{{{text}}}"
    return formula(text)[0]


# ---------------------------------------------------------------------- prose


def nested(left, right, depth=3):
    """Return the pattern of brackets with brackets inside them."""
    inside = rf"[^\{left}\{right}]"
    if depth:
        inside = rf"(?:{inside}|{nested(left, right, depth - 1)})"
    return rf"\{left}{inside}*\{right}"


PART = (
    r"(?:log [a-z]\b|[A-Za-z_]\w*(?:'+(?=\())?"  # a name, or f' in f'(x)
    r"|\.\.\.|\d+ [A-Z]\b|\d+(?:,\d{3})*(?:\.\d+)?(?:e-?\d+)?)"  # 2 P, or a number
)
TAIL = rf"(?:\.[A-Za-z_]\w*|{nested('(', ')')}|{nested('[', ']')})*"
ITEM = rf"(?:{PART}{TAIL}|{nested('(', ')')})"
OPERATOR = r"\s?(?:\*\*|\*|@)\s?|\s(?://|/|\+|-|=|\+=|-=|==|<=|>=)\s|(?<=\w)=(?=\w)"
PATH = r"(?:[\w.-]+/)+[\w-]+\.[a-z]+"
WORD = re.compile(r"\w+|.", re.DOTALL)
PIECE = re.compile(
    rf"(?P<said>`[^`]+`)|(?P<path>{PATH})"
    rf"|(?P<code>(?<![\w.])-?(?P<item>{ITEM})(?:(?:{OPERATOR})-?{ITEM})*(?!\w))"
    rf"|(?P<other>.)",
    re.DOTALL,
)


def prose(text, links=None):
    """Return text as Markdown: code in backticks, nothing else with a meaning.

    links maps the number of a step to where it is.

    >>> prose("x.grad is 2 * x, a < b, and snake_case (step 3)", {3: "#step03"})
    '`x.grad` is `2 * x`, a \\\\< b, and `snake_case` ([step 3](#step03))'
    """
    found, at = [], 0
    while match := PIECE.match(text, at):
        piece, at = match[0], match.end()
        if match["said"]:
            found.append(" ".join(piece.split()))
        elif match["path"] or match["code"] and is_code(piece):
            found.append(f"`{' '.join(piece.split())}`")
        elif match["code"] and is_code(match["item"]):  # x.grad of: x.grad - mostly
            at = match.end("item")
            found.append(f"`{' '.join(text[match.start() : at].split())}`")
        else:  # a word, a bracket, a sign; what follows is looked at anew
            at = WORD.match(text, match.start()).end()
            found.append(escape(text[match.start() : at]))
    text = "".join(found)
    text = re.sub(r"^([#>+=-])", r"\\\1", text, flags=re.M)
    text = re.sub(r"^(\d+)\.(?= )", r"\1\\.", text, flags=re.M)

    def link(match):
        where = (links or {}).get(int(match[2]))
        return f"[{match[0]}]({where})" if where else match[0]

    return re.sub(r"\b([Ss]tep\s)(\d+)\b(?!['’]?\w*`)", link, text)


def is_code(piece):
    """Say whether a piece of prose is surely code."""
    if re.fullmatch(r"e\.g|i\.e|[-(]?\d[\d,.]*[%)]?", piece):
        return False
    try:
        text = " ".join(piece.replace("'", "").split())
        text = re.sub(r"(\d) (?=[A-Z])", r"\1 * ", text)
        text = re.sub(r"\blog (\w)", r"log(\1)", text)
        tree = ast.parse(text).body[0]
    except SyntaxError:
        return False
    if isinstance(tree, (ast.Assign, ast.AugAssign)):
        return is_known(tree)
    if not isinstance(tree, ast.Expr):  # pass, break
        return False
    if piece.startswith("("):
        return bool(re.search(r"\*|@| [-+/] ", piece)) and is_known(tree)
    match tree.value:
        case ast.Name(id=name):
            return "_" in name and name != "_"
        case ast.Attribute() | ast.Call() | ast.Subscript():
            return True
        case ast.BinOp() | ast.Compare() | ast.UnaryOp():
            return not re.fullmatch(r"-?[\w.,]+", piece) and is_known(tree)
    return False


def is_known(tree):
    """Say whether the names in it are x0, gy1, or stand in the code of a step."""
    names = {x.id for x in ast.walk(tree) if isinstance(x, ast.Name)}
    words = {x for x in names if not re.fullmatch(r"g?[A-Za-z]\d*", x)}
    return words <= identifiers()


@functools.cache
def identifiers():
    """Return all names in the code of the steps."""
    return {
        getattr(x, "id", None) or getattr(x, "attr", None) or getattr(x, "arg", None)
        for path in reader.find_steps().values()
        for x in ast.walk(reader.parse(path))
    }


def escape(text):
    """Return text without anything that Markdown would take for its own."""
    return re.sub(r"([\\`*_<$|~]|\](?=\())", r"\\\1", text)


def markdown(text, links):
    """Return the prose of a docstring as Markdown, its blocks with it."""
    result, block = [], []
    for paragraph, indented in paragraphs(text):
        if indented:
            block.append(paragraph)
            continue
        result += blocks(block)
        block = []
        if all(re.match(r"\d\. |   ", line) for line in paragraph):
            result.append(items(paragraph, links))
        else:
            margin = "   " if paragraph[0].startswith("   ") else ""
            words = prose("\n".join(line.strip() for line in paragraph), links)
            result.append(textwrap.indent(words, margin))
    result += blocks(block)
    return "\n\n".join(result)


def paragraphs(text):
    """Yield (lines, indented?) of the paragraphs of a text."""
    for paragraph in re.split(r"\n\s*\n", text.strip("\n")):
        lines = paragraph.split("\n")
        for indented, run in itertools.groupby(lines, lambda x: x.startswith("    ")):
            yield list(run), indented


def items(lines, links):
    """Return a numbered list: its numbers keep their meaning."""
    result = []
    for line in lines:
        head = re.match(r"\d\. |   ", line)[0]
        result.append(head + prose(line[len(head) :], links))
    return "\n".join(result)


def blocks(indented):
    """Return the indented paragraphs: formulas typeset, the rest as they stand."""
    result, text = [], []
    for lines in indented:
        tex_code = typeset(lines)
        if tex_code is None:
            text.append("\n".join(lines))
            continue
        result += [fenced(text)] * bool(text) + [f"$$\n{tex_code}\n$$"]
        text = []
    return result + [fenced(text)] * bool(text)


def fenced(paragraphs):
    """Return a block of code or of text: a drawing, a table."""
    text = textwrap.dedent("\n\n".join(paragraphs))
    try:
        ast.parse(text)
        language = "python"
    except SyntaxError:
        language = "text"
    return f"```{language}\n{text}\n```"


# ---------------------------------------------------------------- the cells


def cell(kind, name, source, **metadata):
    """Return a cell as a notebook has it in its file."""
    made = {"cell_type": kind, "id": name, "metadata": metadata, "source": source}
    if kind == "code":
        made |= {"execution_count": None, "outputs": []}
    return made


# What Jupyter writes, so that it changes nothing when it saves a notebook.
KERNEL = {
    "display_name": "Python 3 (ipykernel)",
    "language": "python",
    "name": "python3",
}

SETUP = """\
# Run this cell first. It looks for the repository that the notebook
# belongs to, and installs its package where that is missing.
REPOSITORY = ""  # only for Colab: the address to clone it from

import importlib.util
import site
import subprocess
import sys
import sysconfig
from pathlib import Path

from IPython.display import Image as Picture

here = Path.cwd()
places = [here, *here.parents, here / "repository"]
found = [p for p in places if (p / "steps" / "step01.py").is_file()]
if not found and not REPOSITORY:
    raise FileNotFoundError(
        f"neither {here} nor a folder above it has steps/step01.py: open "
        "this notebook in a clone of the repository, or write the address "
        "of one into the third line of this cell"
    )
if not found:
    found = [here / "repository"]
    subprocess.check_call(["git", "clone", "-q", REPOSITORY, found[0]])
STEPS = found[0] / "steps"

spec = importlib.util.find_spec("dezero")
if spec is None or spec.origin is None:  # None: a folder of that name
    pip = [sys.executable, "-m", "pip", "install", "--quiet"]
    subprocess.check_call([*pip, "-e", found[0]])
    site.addsitedir(sysconfig.get_path("purelib"))  # no restart needed
elif not Path(spec.origin).with_name("func.py").is_file():
    raise ImportError(
        f"the package dezero in {Path(spec.origin).parent} is not the one "
        "of this course, but another of that name: run %pip uninstall -y "
        "dezero in a cell, restart the kernel, and run this cell again"
    )"""


def notebook(chapter, lessons):
    """Return the notebook of a chapter, not yet run, as its file has it."""
    mine = [x for x in lessons.values() if reader.chapter_of(x.number)[0] == chapter]
    links = {n: anchor(n, chapter) for n in lessons}
    cells = [
        cell("markdown", "opening", opening(chapter, mine, lessons)),
        cell("code", "setup", SETUP),
    ]
    shadowed = {}
    for lesson in mine:
        cells += step_cells(lesson, lessons, links, shadowed)
    cells.append(cell("markdown", "closing", closing(chapter, lessons)))
    return {
        "cells": cells,
        "metadata": {"kernelspec": dict(KERNEL), "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def chapters(lessons):
    """Return the numbers of the chapters that have steps."""
    return sorted({reader.chapter_of(n)[0] for n in lessons})


def path_of(chapter, folder=HERE):
    """Return the file of a chapter."""
    return Path(folder) / f"chapter{chapter}.ipynb"


def anchor(number, chapter):
    """Return the link to a step from a chapter."""
    its = reader.chapter_of(number)[0]
    file = "" if its == chapter else path_of(its).name
    return f"{file}#step{number:02d}"


def opening(chapter, mine, lessons):
    """Return the first cell: what the chapter is for, and its steps."""
    title = reader.chapter_of(mine[0].number)[1]
    around = [
        f"{word} it comes [chapter {n}]({path_of(n).name})"
        for n, word in ((chapter - 1, "before"), (chapter + 1, "after"))
        if n in chapters(lessons)
    ]
    lines = [f"# Chapter {chapter}. {title}", "", "At its end you will be able to", ""]
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
        "before it. Any cell may be changed and run again. What a step carries over "
        "from earlier ones is folded away. The text and the code are those of the "
        f"files in [steps/](../steps/), from which `{COMMAND}` writes this notebook. "
        f"{capital(', '.join(around))}.",
    ]
    return "\n".join(lines)


def step_cells(lesson, lessons, links, shadowed):
    """Return the cells of a step.

    shadowed maps Python's own names to the step of this chapter that has used one
    for something else, as step 39 uses sum.
    """
    step, name = lesson.step, lesson.name
    numbers = itertools.count(1)
    cells = []

    def add(kind, source, **metadata):
        cells.append(cell(kind, f"{name}-{next(numbers):02d}", source, **metadata))

    add("markdown", step_text(lesson, links))
    if context := missing(lesson):
        add("code", context)
    if found := head(lesson, shadowed):
        add("code", found)
    for origins, source in definitions(lesson):
        if origins:
            names = ", ".join(f"{n}" for n in origins)
            title = f"# Carried over from step{'s' * (len(origins) > 1)} {names}."
            hidden = {"jupyter": {"source_hidden": True}, "tags": ["carried-over"]}
            add("code", f"{title}\n\n{source}", **hidden)
        else:
            add("code", source)
    shown = pictures(step)
    sources = demos(lesson)
    last = {  # a picture follows the last cell that speaks of it
        picture: max((i for i, x in enumerate(sources) if picture in x), default=-1)
        for picture in shown
    }
    for i, source in enumerate(sources):
        add("code", source)
        for picture, at in last.items():
            if at % len(sources) == i:
                add("code", f'Picture(FIGURES / "{picture}")')
    if step.exercise:
        words = prose(capital(step.exercise), links)
        add("markdown", f"### Exercise\n\n{words}")
        yours = f"# your code for step {step.number}"
        cells.append(cell("code", f"{name}-exercise", yours))
    shadowed |= dict.fromkeys(own_builtins(lesson), step.number)
    return cells


def capital(text):
    """Return a sentence with a capital in front, unless it begins with code."""
    word = re.match(r"[a-z]+ ", text)
    return text[0].upper() + text[1:] if word and word[0] not in "a b x y" else text


def step_text(lesson, links):
    """Return the text of a step: heading, prose, and its headers in a line or two."""
    step, links = lesson.step, {**links, lesson.number: None}
    heading = f"## Step {step.number}. {prose(step.title)}: {prose(step.idea)}"
    said = dict(step.headers)
    lines = [f"File: [steps/{step.path.name}](../steps/{step.path.name})."]
    if new := said.get("New"):
        lines.append(f"New: {names(new, lesson)}")
    carried = [
        f"{linked(header.split()[-1], links)}: {names(text, lesson)}".rstrip(".")
        for header, text in step.headers
        if "step" in header
    ]
    if carried:
        lines.append(f"Carried over from step {'; from step '.join(carried)}.")
    ledger = [
        f"{words} {names(said[header], lesson)}".rstrip(".")
        for header, words in [
            ("Teaches", "Of `dezero` it teaches"),
            ("Family", "On the same idea the package has"),
            ("Extends", "It extends"),
        ]
        if header in said
    ]
    lines = [" ".join(lines)]
    if ledger:
        lines.append(f"{'. '.join(ledger)}.")
    # an anchor of our own: each program makes another one of a heading
    top = f'<a id="{lesson.name}"></a>\n\n{heading}'
    small = "\n>\n".join(f"> {line}" for line in lines)
    return f"{top}\n\n{markdown(step.prose, links)}\n\n{small}"


def linked(number, links):
    """Return the number of a step as a link to it."""
    where = links.get(int(number))
    return f"[{number}]({where})" if where else number


def names(text, lesson):
    """Return a list of names as Markdown; words among them stay words."""
    known = set(lesson.definitions) | {
        part for key in lesson.definitions for part in key.split(".")
    }
    text = " ".join(text.split())

    def mark(match):
        word = match[0]
        code = word in known or re.search(r"[._]|^[A-Z]|\d$", word)
        return f"`{word}`" if code else word

    return reader.NAME.sub(mark, text)


def missing(lesson):
    """Return a cell for what Python gives a program and not a notebook."""
    used = {
        curriculum.dotted_path(node)
        for node in ast.walk(lesson.tree)
        if isinstance(node, (ast.Name, ast.Attribute))
    }
    lines = []
    if used & {"__file__", "sys.argv"}:
        lines = [
            "# A program knows its file; a notebook has to be told.",
            f'__file__ = str(STEPS / "{lesson.name}.py")',
        ]
    if "sys.argv" in used:
        long = any("--full" in line for line in lesson.lines)
        more = '  # or [__file__, "--full"], which takes longer' * long
        lines.append(f"sys.argv = [__file__]{more}")
    return "\n".join(lines)


def head(lesson, shadowed):
    """Return the imports of a step in one cell."""
    nodes = [n for n in lesson.tree.body if isinstance(n, (ast.Import, ast.ImportFrom))]
    lines = []
    if nodes:
        lines = lesson.lines[nodes[0].lineno - 1 : nodes[-1].end_lineno]
    used = {x.id for x in ast.walk(lesson.tree) if isinstance(x, ast.Name)}
    back = sorted(used & shadowed.keys() - own_builtins(lesson))
    if back:
        steps = " and ".join(str(n) for n in sorted({shadowed[x] for x in back}))
        note = f"# step {steps} had its own"
        lines = [f"from builtins import {', '.join(back)}  {note}", ""] + lines
    return "\n".join(lines).strip("\n")


def own_builtins(lesson):
    """Return the names of Python's own that a step uses for something else."""
    stored = {x.id for x in ast.walk(lesson.tree) if curriculum.is_stored_name(x)}
    top = {key for key in lesson.definitions if "." not in key}
    imported = {
        alias.asname or alias.name
        for node in lesson.tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    return (stored | top | imported) & vars(builtins).keys()


def statements(lines, nodes):
    """Yield (node, first line, last line), the comments above it included."""
    end = 0
    for node in nodes:
        first = curriculum.first_line(node)
        while first - 1 > end and is_comment(lines[first - 2]):
            first -= 1
        end = node.end_lineno
        yield node, first, end


def is_comment(line):
    """Say whether a line is a comment that belongs to the code below it."""
    return line.strip().startswith("#") and not reader.MARKER.fullmatch(line)


def definitions(lesson):
    """Yield (steps it is carried over from, source) for each cell of definitions.

    What is carried over is one cell as far as it stands together; its markers stay.
    """
    nodes = [
        node
        for node in lesson.tree.body[1:]
        if not isinstance(node, (ast.Import, ast.ImportFrom))
        and not curriculum.is_main(node)
    ]
    parts = []  # (origins, first line, last line, is a constant?)
    for node, first, last in statements(lesson.lines, nodes):
        origin = lesson.definitions[curriculum.names_of(node)[0]].origin
        constant = isinstance(node, (ast.Assign, ast.AnnAssign))
        previous = parts[-1] if parts else None
        if origin and previous and previous[0]:
            parts[-1] = (previous[0] | {origin}, previous[1], last, False)
        elif constant and previous and previous[3] and previous[2] + 1 == first:
            parts[-1] = (*previous[:2], last, True)
        else:
            parts.append(({origin} if origin else set(), first, last, constant))
    for origins, first, last, _ in parts:
        yield sorted(origins), "\n".join(lesson.lines[first - 1 : last])


def demos(lesson):
    """Return what stands under if __name__ == "__main__", a cell for each part."""
    cells, end = [], None
    for _, first, last in statements(lesson.lines, lesson.main):
        lines = [line.removeprefix("    ") for line in lesson.lines[first - 1 : last]]
        if cells and not any(not line for line in lesson.lines[end : first - 1]):
            cells[-1] += lesson.lines[end : first - 1] + lines
        else:
            cells.append(lines)
        end = last
    return ["\n".join(lines) for lines in cells]


def pictures(step):
    """Return the names of the pictures in figures/ that a step prints."""
    name = r"figures/([\w-]+?)(\d*)\.png"
    found = {}
    for match in re.finditer(rf"{name}(?: to {name})?", step.output or ""):
        stem, first, other, last = match.groups()
        if other == stem:
            numbers = range(int(first), int(last) + 1)
            found |= {f"{stem}{n}.png": None for n in numbers}
        else:
            found[f"{stem}{first}.png"] = None
    return list(found)


# ------------------------------------------------------- what there is so far


def closing(chapter, lessons):
    """Return the last cell: names and size of the framework so far."""
    upto = [x for x in lessons.values() if reader.chapter_of(x.number)[0] <= chapter]
    taught, family, fresh, lines = [], [], {}, {}
    for lesson in upto:
        taught += lesson.step.teaches
        family += lesson.step.family
        for name in lesson.step.teaches + lesson.step.family:
            if reader.chapter_of(lesson.number)[0] == chapter:
                module, _, rest = name.partition(".")
                fresh.setdefault(module, []).append(rest)
        lines |= code_sizes(lesson)  # the last form of a definition counts
    count = len(taught) + len(family)
    before = count - sum(map(len, fresh.values()))
    text = [
        "## The framework so far",
        "",
        f"You have now met {count} public names of `dezero`, {count - before} of them "
        f"in this chapter. The steps write {len(taught)} of the {count} out, in "
        f"{sum(lines.values())} lines of code: the last form of each counts, without "
        "docstrings, comments and blank lines. The package has the other "
        f"{len(family)} on the same ideas.",
        "",
        "| module | new in this chapter |",
        "|---|---|",
    ]
    for module, members in sorted(fresh.items()):
        text.append(f"| `{module}` | {', '.join(f'`{x}`' for x in members)} |")
    if chapter + 1 in chapters(lessons):
        text += ["", f"Next: [chapter {chapter + 1}]({path_of(chapter + 1).name})."]
    return "\n".join(text)


def code_sizes(lesson):
    """Return {(module, definition): lines} of what a step teaches or extends.

    A member counts with its class, and a simple form (conv2d_simple, numerical_diff)
    with the name that the step teaches instead (conv2d, numerical_grad).
    """
    modules = {
        name.partition(".")[2]: name.partition(".")[0]
        for name in lesson.step.extends + lesson.step.teaches
    }
    elsewhere = {
        name.split("_")[0]: module
        for name, module in modules.items()
        if name not in lesson.definitions
    }
    sizes, code = {}, curriculum.new_lines(lesson)
    for key, found in lesson.definitions.items():
        names = key, key.split(".")[0], key.split("_")[0]
        module = modules.get(names[0], modules.get(names[1], elsewhere.get(names[2])))
        if module and found.origin is None:
            members = {k for k in lesson.definitions if k.startswith(f"{key}.")}
            inner = (lesson.definitions[k].node for k in members)
            sizes[module, key] = len(
                code & (rows(found.node) - set().union(*map(rows, inner)))
            )
    return sizes


def rows(node):
    """Return the numbers of the lines of a definition."""
    return set(range(curriculum.first_line(node), node.end_lineno + 1))


# ---------------------------------------------------------------- running it

# Run before the first cell, and kept out of the notebook.
STRICT = """
def strict():
    import os, sys, warnings

    def offline(event, arguments):
        if event == "socket.getaddrinfo" or (
            event == "socket.connect" and isinstance(arguments[1], tuple)
            and arguments[1][0] not in ("127.0.0.1", "::1")
        ):
            raise RuntimeError(f"this cell asked for the network: {arguments}")

    sys.addaudithook(offline)
    warnings.simplefilter("error")
    for kernel in "IPython ipykernel jupyter_client traitlets tornado zmq".split():
        warnings.filterwarnings("ignore", module=kernel + r"(\\.|$)")
    os.environ["PYTHONWARNINGS"] = "error"  # for programs that a cell starts

strict()
del strict
"""


class BuildError(RuntimeError):
    """A notebook that does not run, or does not do what its steps say."""


def execute(book, folder, limit=curriculum.ENDLESS):
    """Return the notebook with the outputs of a run in folder; raise BuildError.

    Offline, with an empty cache, warnings as errors, one BLAS thread. What differs
    from run to run is taken out.
    """
    import nbformat
    from jupyter_client import AsyncKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError

    book = nbformat.from_dict(copy.deepcopy(book))
    book.cells.insert(0, nbformat.from_dict(cell("code", "strict", STRICT)))
    with tempfile.TemporaryDirectory() as scratch:
        environment = {
            **os.environ,
            "DEZERO_CACHE": str(Path(scratch) / "cache"),
            "IPYTHONDIR": str(Path(scratch) / "ipython"),
            "OPENBLAS_NUM_THREADS": "1",
        }
        for name in ("MPLBACKEND", "PYTHONWARNINGS"):  # as where a notebook is opened
            environment.pop(name, None)
        # Through a file and not a port where that is possible: nobody listens.
        transport = "ipc" if os.name == "posix" else "tcp"
        file = str(Path(scratch) / "kernel.json")
        kernel = AsyncKernelManager(
            kernel_name="python3", transport=transport, connection_file=file
        )
        client = NotebookClient(
            book,
            km=kernel,
            timeout=limit,
            record_timing=False,
            resources={"metadata": {"path": str(folder)}},
        )
        try:
            client.execute(env=environment, cleanup_kc=True)
        except (CellExecutionError, CellTimeoutError) as error:
            raise BuildError(str(error)) from None
    book.cells.pop(0)
    tidy(book)
    return book


def tidy(book):
    """Take out of a notebook what differs from run to run.

    What is left is what Jupyter writes after Run All: its kernel, and what that says
    about its language, the version too.
    """
    language = book["metadata"].get("language_info", {"name": "python"})
    book["metadata"] = {"kernelspec": dict(KERNEL), "language_info": language}
    count = itertools.count(1)
    for found in book["cells"]:
        for name in ("execution", "collapsed", "scrolled"):
            found["metadata"].pop(name, None)
        if found["cell_type"] != "code":
            continue
        found["execution_count"] = next(count)
        found["outputs"] = whole(found["outputs"])
        for output in found["outputs"]:
            if "execution_count" in output:
                output["execution_count"] = found["execution_count"]
            if "image/png" in output.get("data", {}):
                output["data"]["image/png"] = smaller(output["data"]["image/png"])


def whole(outputs):
    """Return outputs with each stream in one piece: the clock cuts them."""
    merged = []
    for output in outputs:
        if merged and merged[-1].get("name") == output.get("name", 0):
            merged[-1]["text"] = text_of(merged[-1]) + text_of(output)
        else:
            merged.append(copy.copy(output))
    return merged


def size_of(path):
    """Return the bytes of a notebook with its pictures as they are built: smaller.

    Jupyter writes them as they were drawn.
    """
    size = path.stat().st_size
    book = json.loads(path.read_text(encoding="utf-8"))
    for found in book["cells"]:
        for output in found.get("outputs", []):
            png = "".join(output.get("data", {}).get("image/png", ""))
            size -= len(png) - len(smaller(png)) if png else 0
    return size


def smaller(png):
    """Return a picture, in base64, with at most 256 colours: a third of the size."""
    import base64
    import io

    from PIL import Image

    image = Image.open(io.BytesIO(base64.b64decode(png)))
    if image.mode == "P":
        return png
    if image.mode == "RGBA":
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    image = image.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    text = base64.b64encode(file.getvalue()).decode()
    return text if len(text) < len(png) else png


def text_of(output):
    """Return the text of an output, which may be a list of lines in the file."""
    return "".join(output.get("text", output.get("data", {}).get("text/plain", "")))


def source_of(found):
    """Return the source of a cell, which is a list of lines in the file."""
    return "".join(found["source"])


def printed(book, name):
    """Return what the cells of a step, 'step16', have printed."""
    return "".join(
        text_of(output)
        for found in written(book)
        if found["id"].startswith(f"{name}-")
        for output in found.get("outputs", [])
        if output["output_type"] == "stream"
    )


# ------------------------------------------------------------------- checks


def check_outputs(book, lessons):
    """Return what is wrong with the outputs of a notebook, as sentences."""
    problems = check_clean(book)
    for lesson in lessons.values():
        if any(x["id"].startswith(f"{lesson.name}-") for x in book["cells"]):
            step = lesson.step
            text = printed(book, lesson.name)
            found = curriculum.difference(step.output, text, step.rtol)
            if found:
                problems.append(f"{lesson.name} prints something else, {found}")
    return problems


def check_clean(book):
    """Return which cells say what they should not: errors, paths, addresses."""
    problems = []
    places = [str(ROOT), str(Path.home()) + os.sep, tempfile.gettempdir() + os.sep]
    for found in written(book):
        where = f"cell {found['id']}"
        for output in found.get("outputs", []):
            text = text_of(output)
            kind = output["output_type"]
            if kind == "error" or output.get("name") == "stderr":
                problems.append(f"{where}: {kind} {text or output.get('evalue')}")
            if any(place in text for place in places):
                problems.append(f"{where}: a path of this computer in {text!r}")
            if re.search(r"0x[0-9a-f]{6,}", text):
                problems.append(f"{where}: an address in memory in {text!r}")
        if found["cell_type"] == "code" and not found["execution_count"]:
            problems.append(f"{where}: was not run")
    return problems


def written(book):
    """Return the cells that are the steps', without a reader's own.

    Those are the cells for the exercises, and the empty one that Jupyter adds below
    the last.
    """
    return [
        found
        for found in book["cells"]
        if source_of(found).strip() and not found["id"].endswith("-exercise")
    ]


# What programs that show notebooks note down about themselves, and about how they
# show one: the language, the state of widgets, which cells are folded away. It is
# no part of what the steps say.
NOTED = {
    "accelerator",
    "colab",
    "kernelspec",
    "language_info",
    "toc",
    "toc-autonumbering",
    "vscode",
    "widgets",
}


def check_sources(committed, generated):
    """Return how a notebook differs from what the steps generate, or []."""
    pairs = itertools.zip_longest(written(committed), written(generated))
    for a, b in pairs:
        if a is None or b is None:
            name, what = (a or b)["id"], "is missing" if a is None else "is too many"
            return [f"cell {name} {what}"]
        for key in ("id", "cell_type"):
            if a[key] != b[key]:
                return [f"cell {b['id']}: {key} is {a[key]!r}, expected {b[key]!r}"]
        tags = [x["metadata"].get("tags", []) for x in (a, b)]
        if tags[0] != tags[1]:
            return [f"cell {b['id']}: tags are {tags[0]}, expected {tags[1]}"]
        text = curriculum.difference(source_of(b), source_of(a))
        if text:
            return [f"cell {b['id']}, {text}"]
    more = {k: v for k, v in committed["metadata"].items() if k not in NOTED}
    if more:
        return [f"metadata of the notebook has {more} too many"]
    if committed["nbformat"] != generated["nbformat"]:
        return [f"nbformat of the notebook is {committed['nbformat']}"]
    return []


def check_chapter(chapter, lessons, folder=HERE):
    """Return how the file of a chapter differs from the steps, as sentences."""
    path = path_of(chapter, folder)
    mend = f"run: {COMMAND} {chapter}"
    if not path.exists():
        return [f"{path.name} is not there; {mend}"]
    book = json.loads(path.read_text(encoding="utf-8"))
    problems = check_sources(book, notebook(chapter, lessons))
    problems += check_outputs(book, lessons)
    return [f"{path.name}: {problem}; {mend}" for problem in problems]


# ------------------------------------------------------------- command line


def save(book, path):
    """Write a notebook as Jupyter would."""
    import nbformat

    nbformat.validate(book)
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.write(nbformat.writes(book).rstrip("\n") + "\n")


def report(path, start):
    """Print how long a notebook took, and its size."""
    size = path.stat().st_size / 1e6
    print(
        f"{path.name}: {time.perf_counter() - start:.0f} s, {size:.2f} MB", flush=True
    )


def build(chapter, lessons, folder):
    """Write the notebook of a chapter, run."""
    start = time.perf_counter()
    book = execute(notebook(chapter, lessons), HERE)
    problems = check_outputs(book, lessons)
    if problems:
        raise BuildError("\n".join(problems))
    save(book, path_of(chapter, folder))
    report(path_of(chapter, folder), start)


def run_gallery(path, folder, limit):
    """Run a notebook of the gallery; write it to folder unless that is None."""
    import nbformat

    start = time.perf_counter()
    book = nbformat.read(path, as_version=4)
    nbformat.validate(book)
    book = execute(book, path.parent, limit)
    problems = check_clean(book)
    if problems:
        raise BuildError("\n".join(problems))
    if folder:
        save(book, folder / path.name)
    report(path, start)


def main(arguments):
    """Do what the command line says; return the exit code."""
    usage = argparse.ArgumentParser(prog=COMMAND, description=__doc__.split("\n")[0])
    usage.add_argument("names", nargs="*", help="chapters, or notebooks of the gallery")
    usage.add_argument("--check", action="store_true", help="write nothing")
    usage.add_argument("--gallery", action="store_true", help="run gallery/ again")
    usage.add_argument("--to", type=Path, help="write into another folder")
    options = usage.parse_args(arguments)
    problems = []
    if options.gallery:
        paths = {path.stem: path for path in sorted(GALLERY.glob("*.ipynb"))}
        if unknown := set(options.names) - paths.keys():
            usage.error(f"gallery has {sorted(paths)}, not {sorted(unknown)}")
        folder = None if options.check else options.to or GALLERY
        tasks = {
            name: lambda path=paths[name]: run_gallery(path, folder, curriculum.ENDLESS)
            for name in options.names or paths
        }
    else:
        lessons = curriculum.read_lessons(ROOT / "steps")
        known = [str(n) for n in chapters(lessons)]
        if unknown := set(options.names) - set(known):
            usage.error(f"there are chapters {known}, not {sorted(unknown)}")
        numbers = [int(n) for n in options.names or known]
        if options.check:
            for number in numbers:
                problems += check_chapter(number, lessons)
        folder = options.to or HERE
        tasks = {
            f"chapter {n}": lambda n=n: build(n, lessons, folder)
            for n in numbers
            if not options.check
        }
    for name, task in tasks.items():
        try:
            task()
        except BuildError as error:
            problems.append(f"{name}: {error}")
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
