"""The one reader of steps, and what is made from them.

The command line (../__main__.py), notebooks/build.py and the tests all see a step
through these files. The first six need nothing but Python.

    reader    the steps there are, and what the docstring of one says
    code      the code of a step: its definitions, new or carried over
    diff      how the code of two steps differs, by definition
    words     the glossary: each term, what it means, and its step
    where     which step explained a name, and where the package has it
    table     the list of steps in a terminal, and the table in README.md
    output    what a step prints, compared with what it promises
    answers   small programs beside the steps: worked answers, milestones

    formula   a formula of a docstring as LaTeX
    typeset   a block of such formulas, in columns and rows
    prose     the text of a docstring as Markdown
    cells     the cells of a step
    chapter   the notebook of a chapter
    ipynb     the file of a notebook
    execute   a notebook run
    checks    whether a notebook is what the steps say

    plays     what `python -m steps play` plays
    site      the pages of `python -m steps site`
"""
