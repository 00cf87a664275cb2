"""Check 8: each term has one step that introduces it, and is used in none before."""

import ast
import io
import re
import tokenize
from collections import defaultdict
from dataclasses import dataclass

from book.code import is_stored_name
from book.reader import MARKER
from book.words import ITALICS, names, words_of

READ = {"prose", "comment"}  # where a term is introduced
KEYS = {"is": str, "also": list, "paper": str, "match": str}


@dataclass
class Text:
    """A paragraph of a step: prose, block, comment, docstring, string or output."""

    kind: str
    line: int
    text: str

    def line_of(self, at):
        """Return the number of the line in the file of a place in the text."""
        return self.line + self.text.count("\n", 0, at)


def check_words(lessons, required=(), missing=(), later=(), unsaid=()):
    """Each term of the ledger is in italics in its step, and in no step before.

    required are the terms that the course must have, and missing those of them that are
    not there yet. later has the names of steps whose text is not written anew yet: what
    they say is not judged. unsaid are the terms whose paper only the glossary names.
    """
    words = words_of([lesson.step for lesson in lessons.values()])
    problems = [*wrong_entries(lessons), *repeated(words)]
    if problems:
        return problems
    texts = {number: texts_of(lesson) for number, lesson in lessons.items()}
    for word in words:
        lesson = lessons[word.step]
        if lesson.name not in later:
            problems += introduced(word, lesson, texts[word.step], unsaid)
        for number in lessons:
            if number < word.step and lessons[number].name not in later:
                problems += used_before(word, lessons[number], texts[number])
    for number, lesson in lessons.items():
        if lesson.name not in later:
            problems += unknown(words, lesson, texts[number])
    there = set(map(same, names(words)))
    for term in required:
        if same(term) not in there and term not in missing:
            problems.append(f"no step introduces {term!r}: write it into the ledger")
    for term in missing:
        if same(term) in there or term not in required:
            problems.append(f"WORDS_MISSING: {term!r} is not missing: take it out")
    return problems


def same(term):
    """Return a term in the form in which two are compared."""
    return re.sub(r"[-\s]+", " ", term).casefold()


def wrong_entries(lessons):
    """Yield what is wrong with the form of an entry."""
    for lesson in lessons.values():
        for term, entry in lesson.step.words.items():
            where = f"the ledger, {lesson.name}.words: {term!r}"
            if not isinstance(entry, dict) or not entry.get("is"):
                yield f'{where} needs {{ is = "its line in the glossary" }}'
                continue
            for key, value in entry.items():
                if not isinstance(value, KEYS.get(key, ())):
                    yield f"{where} has {key} = {value!r}; there are {', '.join(KEYS)}"
            if "paper" in entry and not re.search(r"^\w.*\d{4}", entry["paper"]):
                yield f"{where}: paper must be 'Author and others, 2014'"


def repeated(words):
    """Yield the terms that several steps introduce."""
    places = defaultdict(list)
    for word in words:
        for name in set(map(same, word.names)):
            places[name].append(word.step)
    for name, steps in places.items():
        if len(steps) > 1:
            where = " and ".join(map(str, sorted(steps)))
            yield f"the ledger: {name!r} is introduced in steps {where}: once is enough"


def introduced(word, lesson, texts, unsaid):
    """Yield what is wrong with the place where a step introduces a word."""
    where = f"{lesson.name}: introduces {word.term!r}"
    read = [text for text in texts if text.kind in READ]
    if not any(word.is_called(m[1]) for t in read for m in ITALICS.finditer(t.text)):
        yield f"{where}, but it stands nowhere in its text in *italics*"
        return
    for text in read:
        spans = [m.span() for m in ITALICS.finditer(text.text)]
        for match in uses(word, lesson, text):
            if not any(a <= match.start() < b for a, b in spans):
                yield (
                    f"{where}, but line {text.line_of(match.start())} uses it before "
                    "it stands in *italics*"
                )
            break
        else:
            continue
        break
    if word.paper:
        said = "\n".join(text.text for text in read)
        author, year = re.match(r"\w[\w'-]*", word.paper)[0], word.paper[-4:]
        is_said = author in said and year in said
        if not is_said and word.term not in unsaid:
            yield f"{where}, and its text does not name the paper: {word.paper}"
        elif is_said and word.term in unsaid:
            yield f"PAPERS_UNSAID: step {word.step} names {word.paper}: take it out"


def used_before(word, lesson, texts):
    """Yield the first use of a word in a step before the one that introduces it."""
    for text in texts:
        for match in uses(word, lesson, text):
            line, said = text.line_of(match.start()), " ".join(match[0].split())
            where = f"{lesson.name}: line {line} uses {said!r}"
            yield f"{where}, which only step {word.step} introduces"
            return


def uses(word, lesson, text):
    """Yield the uses of a word in a text; a name in the step's code is none."""
    code = None
    for match in word.uses.finditer(text.text):
        code = code if code is not None else names_in(lesson)
        if match[0] not in code:
            yield match


def unknown(words, lesson, texts):
    """Yield what stands in italics, but is no word that this step introduces."""
    for text in texts:
        if text.kind not in READ:
            continue
        for match in ITALICS.finditer(text.text):
            term = " ".join(match[1].split())
            steps = [word.step for word in words if word.is_called(term)]
            if lesson.number not in steps:
                where = (
                    f"{lesson.name}: line {text.line_of(match.start())} has {term!r}"
                )
                why = (
                    f"which step {steps[0]} introduces: only there"
                    if steps
                    else f"but not in [{lesson.name}.words] of the ledger"
                )
                yield f"{where} in *italics*, {why}"


def names_in(lesson):
    """Return the names that the code of a step defines, imports or gives a value."""
    found = set()
    for node in ast.walk(lesson.tree):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {
                (alias.asname or alias.name).split(".")[0] for alias in node.names
            }
        elif is_stored_name(node):
            found.add(node.id)
    return found


def texts_of(lesson):
    """Return the Texts of a step, in the order of their lines; the title is none."""
    found = [*docstring(lesson), *comments(lesson), *strings(lesson)]
    return sorted(found, key=lambda text: text.line)


def docstring(lesson):
    """Yield the paragraphs of the docstring; 'In the package:' is none."""
    lines = lesson.lines[: lesson.tree.body[0].end_lineno]
    at = next((i for i, line in enumerate(lines) if not line.strip()), len(lines))
    output, run = False, None
    for number, line in enumerate(lines[at:] + [""], start=at + 1):
        line = line.replace('"""', "")
        output = output or line.startswith("Output")
        kind = "block" if line.startswith("    ") else "prose"
        kind = "output" if output else kind
        if run and (not line.strip() or run.kind != kind):
            if not run.text.startswith("In the package:"):
                yield run
            run = None
        if line.strip():
            run = run or Text(kind, number, "")
            run.text += ("\n" if run.text else "") + line
    if run:
        yield run


def comments(lesson):
    """Yield the comments of a step; those of several lines in one."""
    run = None
    source = "\n".join(lesson.lines) + "\n"
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT or MARKER.fullmatch(token.line.rstrip()):
            continue
        row, text = token.start[0], token.string.lstrip("#")
        whole = token.line.strip() == token.string
        kind = "block" if text.startswith("     ") else "comment"
        goes_on = run and whole and run.kind == kind
        if goes_on and run.line + run.text.count("\n") + 1 == row:
            run.text += "\n" + text.strip()
            continue
        if run:
            yield run
        run = Text(kind, row, text.strip())
    if run:
        yield run


def strings(lesson):
    """Yield docstrings of definitions, and what else a step may print."""
    docstrings = set()
    for node in ast.walk(lesson.tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
            if ast.get_docstring(node, clean=False) is not None:
                docstrings.add(node.body[0].value)
                if not isinstance(node, ast.Module):
                    value = node.body[0].value
                    yield Text("docstring", value.lineno, value.value)
    for node in ast.walk(lesson.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if node not in docstrings and " " in node.value.strip():
                yield Text("string", node.lineno, node.value)
