"""python -m steps diff, where and words: what is new, and where it was explained."""

import io
import sys

import pytest
from book import diff, reader, words
from book.where import where
from test_steps_main import commands, steps

FIRST = '''"""Step 1. A box: it holds a number.

A *box* (Cox, 1958) is not a * b, but
a *home for numbers*.

Exercise: open it.

Output:
    3
"""

import math


# A box has one number.
class Box:
    """Hold data."""

    size = 1

    def __init__(self, data):
        self.data = data

    def show(self):
        """Print the data."""
        a = self.data
        b = a
        c = b
        d = c
        print(d)


def twice(box):
    """Return a box with twice the data."""
    return Box(2 * box.data)


def lost():
    """Return nothing."""


if __name__ == "__main__":
    Box(3).show()
'''

SECOND = '''"""Step 2. A better box: it counts.

What a box holds, it counts.

Exercise: close it.

Output:
    6
"""

import math
import sys


def half(box):
    """Return a box with half the data."""
    return Box(box.data / 2)


class Box:
    """Hold data, and count."""

    size = 1

    # It prints a line more.
    def show(self):
        """Print the data and a line."""
        a = self.data
        b = a
        c = b
        d = c
        print(d, end="\\n\\n")

    def count(self):
        """Return how many numbers it holds."""
        return self.size

    # --- carried over ---
    def __init__(self, data):
        self.data = data


# --- carried over ---
def twice(box):
    """Return a box with twice the data."""
    return Box(2 * box.data)  # another comment


if __name__ == "__main__":
    twice(Box(3)).show()
'''

LEDGER = """
[step01]
teaches = ["core.Box"]
family = ["core.cube"]

[step01.words]
box = { is = "what holds a number", also = ["home for numbers"], paper = "Cox, 1958" }

[step02]
teaches = ["core.Box.count", "functions.twice"]
"""

PACKAGE = {
    "core/box.py": "class Box:\n    def show(self):\n        pass\n",
    "core/more.py": '"""Cubes."""\n\n\ndef cube(box):\n    pass\n',
    "functions.py": "def twice(box):\n    pass\n\n\ndef show():\n    pass\n",
    "core_simple.py": "class Box:\n    pass\n",
}


@pytest.fixture
def folder(tmp_path):
    """A folder with two made-up steps, a ledger, and a package beside it."""
    folder = tmp_path / "steps"
    folder.mkdir()
    (folder / "step01.py").write_text(FIRST)
    (folder / "step02.py").write_text(SECOND)
    (folder / "ledger.toml").write_text(LEDGER)
    for name, text in PACKAGE.items():
        path = tmp_path / "dezero" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


# ---------------------------------------------------------------------- diff


def test_diff_goes_by_definition(folder):
    lines = diff.diff_steps(folder / "step01.py", folder / "step02.py")
    assert "\n".join(lines) == (
        """\
--- step01.py
+++ step02.py
@@ imports @@
 import math
+import sys
@@ half: new, step02.py line 15 @@
+def half(box):
+    \"""Return a box with half the data.\"""
+    return Box(box.data / 2)
@@ class Box, step02.py line 20 @@
 class Box:
-    \"""Hold data.\"""
+    \"""Hold data, and count.\"""
@@ Box.show: changed, step02.py line 26 @@
+# It prints a line more.
 def show(self):
-    \"""Print the data.\"""
+    \"""Print the data and a line.\"""
     a = self.data
     b = a
     c = b
     d = c
-    print(d)
+    print(d, end="\\n\\n")
@@ Box.count: new, step02.py line 34 @@
+def count(self):
+    \"""Return how many numbers it holds.\"""
+    return self.size
@@ gone @@
-lost
@@ the demo @@
-Box(3).show()
+twice(Box(3)).show()"""
    )


def test_what_a_diff_leaves_out_between_two_changes_is_shown(folder):
    lines = diff.diff_steps(folder / "step01.py", folder / "step02.py", context=1)
    at = lines.index(" ...")
    assert lines[at - 1 : at + 2] == ["     a = self.data", " ...", "     d = c"]


def test_what_only_moved_is_not_shown(folder):
    text = FIRST.replace("def lost", "# --- carried over ---\ndef lost")
    head, twice, rest = text.partition("def twice")
    twice, lost, rest = (twice + rest).partition("# --- carried")
    (folder / "step02.py").write_text(
        head
        + rest.partition("if __name__")[0].lstrip(" over-\n")
        + "\n\n"
        + twice
        + "if __name__"
        + rest.partition("if __name__")[2]
    )
    paths = folder / "step01.py", folder / "step02.py"
    assert diff.diff_steps(*paths) == ["--- step01.py", "+++ step02.py"]


def test_diff_of_the_first_step_adds_all(folder):
    lines = diff.diff_steps(None, folder / "step01.py")
    assert lines[:2] == ["--- nothing", "+++ step01.py"]
    assert lines[5] == "+# A box has one number."
    assert all(line[0] in "+@" for line in lines[2:])


def test_diff_of_any_two():
    assert steps("diff", "12", "16").startswith("--- step12.py\n+++ step16.py\n@@ ")
    backwards = steps("diff", "steps/step16.py", "12")
    assert backwards.startswith("--- step16.py\n+++ step12.py\n@@ ")


def test_diff_command():
    text = steps("diff", "2")
    assert text.startswith("--- step01.py\n+++ step02.py\n@@ ")
    assert "\n+class Function:\n" in text
    assert text.index("@@ Square: new") < text.index("@@ the demo @@")
    assert "\x1b" not in text  # not a terminal
    assert "# ---" not in text


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_diff_with_nothing_in_it_says_so():
    lines = steps("diff", "14", "14").splitlines()
    assert lines[2:] == ["there is no difference in their code"]


def test_colour_only_on_a_terminal(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert diff.wants_colour(Terminal())
    assert not diff.wants_colour(io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not diff.wants_colour(Terminal())
    monkeypatch.setenv("NO_COLOR", "")  # empty counts as not set
    assert diff.wants_colour(Terminal())


def test_coloured():
    lines = diff.coloured(["--- a", "+++ b", "@@ f @@", " x", "-y", "+z", ""])
    assert lines == [
        "\x1b[1m--- a\x1b[0m",
        "\x1b[1m+++ b\x1b[0m",
        "\x1b[36m@@ f @@\x1b[0m",
        " x",
        "\x1b[31m-y\x1b[0m",
        "\x1b[32m+z\x1b[0m",
        "",
    ]


def test_diff_is_coloured_on_a_terminal(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys, "stdout", Terminal())
    commands.main(["diff", "2"])
    assert "\x1b[32m+class Function:\x1b[0m" in sys.stdout.getvalue()


# --------------------------------------------------------------------- where


@pytest.mark.parametrize(
    "name, answer",
    [
        (
            "Box.show",
            """\
Box.show
    new in step 1: steps/step01.py, line 24
    changed in step 2: steps/step02.py, line 26
    in the package: dezero/core/box.py, line 2""",
        ),
        ("Box.count", "Box.count\n    new in step 2: steps/step02.py, line 34"),
        ("count", "Box.count\n    new in step 2: steps/step02.py, line 34"),
        (
            "dezero.functions.twice",
            "twice\n    new in step 1: steps/step01.py, line 33\n"
            "    in the package: dezero/functions.py, line 1",
        ),
        (
            "cube",
            "cube\n    a variant of what is taught in step 1: A box\n"
            "    in the package: dezero/core/more.py, line 4",
        ),
        (
            "core.cube",
            "cube\n    a variant of what is taught in step 1: A box\n"
            "    in the package: dezero/core/more.py, line 4",
        ),
        (
            "Home  for numbers",
            "box (home for numbers)\n    what holds a number. Cox, 1958. Step 1.\n"
            "    introduced in steps/step01.py, line 3",
        ),
    ],
)
def test_where(folder, name, answer):
    assert where(name, folder) == answer


def test_a_name_of_several_classes_gets_a_line_each(folder):
    more = "".join(f"\n\nclass {x}:\n    def count(self): ..." for x in "ABC")
    text = SECOND.replace("\n\nif __name__", f"{more}\n\n\nif __name__")
    (folder / "step02.py").write_text(text)
    lines = where("count", folder).split("\n")
    assert [line.split()[0] for line in lines] == [
        "Box.count",
        "A.count",
        "B.count",
        "C.count",
    ]
    assert lines[0].endswith("step 2: steps/step02.py, line 34")


@pytest.mark.parametrize(
    "name, meant",
    [("Box.shaw", "Box.show"), ("boxx", "Box"), ("core.coube", "core.cube")],
)
def test_a_misspelt_name_gets_a_suggestion(folder, name, meant):
    pattern = f"neither a step nor the glossary has '{name}'; did you mean .*{meant}"
    with pytest.raises(reader.StepError, match=pattern):
        where(name, folder)


def test_a_name_like_no_other(folder):
    with pytest.raises(reader.StepError, match="has 'zyzzyva'$"):
        where("zyzzyva", folder)


def test_where_command():
    text = steps("where", "Variable.__len__")
    assert text.startswith(
        "Variable.__len__\n    new in step 19: steps/step19.py, line"
    )
    assert "in the package: dezero/core/" in text
    text = steps("where", "backward")  # the method, and the function of step 32
    assert text.startswith("Variable.backward\n    new in step 7:")
    assert "\n\nbackward\n    new in step 32:" in text
    assert "where needs a name: where Variable.backward" in steps("where", code=2)
    assert "did you mean Variable.backward" in steps(
        "where", "Variabel.backward", code=2
    )


# --------------------------------------------------------------------- words


def test_glossary_is_alphabetical(folder):
    path = folder / "ledger.toml"
    path.write_text(
        f"{LEDGER}\n[step02.words]\n"
        'Newton = { is = "a man" }\nanchor = { is = "what holds a ship" }\n'
    )
    assert words.glossary(folder=folder) == (
        "anchor\n    what holds a ship. Step 2.\n\n"
        "box (home for numbers)\n    what holds a number. Cox, 1958. Step 1.\n\n"
        "Newton\n    a man. Step 2."
    )
    assert words.glossary("Boxes", folder) == (
        "box (home for numbers)\n    what holds a number. Cox, 1958. Step 1."
    )


def test_a_misspelt_word_gets_a_suggestion(folder):
    with pytest.raises(reader.StepError, match="has no 'bax'; did you mean box"):
        words.glossary("bax", folder)
    with pytest.raises(reader.StepError, match="no 'numbers'; did you mean home for"):
        words.glossary("numbers", folder)


@pytest.mark.parametrize(
    "text, found",
    [
        ("a leaf", True),
        ("Leaf nodes", True),
        ("two leafs", True),
        ("leafy", False),
        ("x.leaf", False),
        ("leaf(x)", False),
        ("leaf.x", False),
        ("the leaf.", True),
        ("my_leaf", False),
        ("`leaf`", False),
        ("leaf-like", True),
    ],
)
def test_what_is_a_use_of_a_word(text, found):
    assert bool(words.Word("leaf", 12).uses.search(text)) is found


def test_blanks_hyphens_and_plurals_are_one():
    word = words.Word("one-hot boundary", 47)
    for text in "one hot boundary", "One-Hot\nboundaries", "one-hot  boundary":
        assert word.is_called(text)
    assert not word.is_called("onehot boundary")


def test_words_command():
    assert (
        "no 'backward'; did you mean backward pass or reverse mode or backpropagation?"
    ) in steps("words", "backward", code=2)
    assert "the glossary has no 'zyzzyva'" in steps("words", "zyzzyva", code=2)
    assert steps("words") == words.glossary() + "\n"
