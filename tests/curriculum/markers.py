"""Check 2: carried code is that of the step it names, to the letter."""

import ast

from book.output import difference
from book.reader import MARKER


def check_markers(lessons):
    """Every definition is marked; what is carried over is the same, to the letter."""
    problems = []
    for lesson in lessons.values():
        name = lesson.name
        for at, line in enumerate(lesson.lines, start=1):
            if line.strip().startswith("# ---") and not MARKER.fullmatch(line):
                problems.append(
                    f"{name}, line {at}: {line.strip()!r} is not a marker; write "
                    "'# --- new in this step ---' or "
                    "'# --- carried over from step N ---'"
                )
        for key, found in lesson.definitions.items():
            if not found.marked:
                problems.append(f"{name}: no marker stands above {key}")
            elif found.is_class and found.header and found.origin is not None:
                problems.append(
                    f"{name}: {key} changes inside, so it stands under "
                    "'# --- new in this step ---'"
                )
            elif found.origin is not None:
                problems += compare_carried(lessons, lesson, found)
            else:
                problems += find_stale(lessons, lesson, found)
    return problems


def compare_carried(lessons, lesson, found):
    """Compare one carried definition with the step that its marker names."""
    where, source = f"{lesson.name}: {found.key}", found.origin
    if source >= lesson.number or source not in lessons:
        return [f"{where} is carried over from step {source}, no earlier step"]
    original = lessons[source].definitions.get(found.key)
    if original is None:
        return [f"{where} is carried over from step {source}, which has no such name"]
    if found.key.count(".") and lesson.definitions[found.key.split(".")[0]].origin:
        return []  # its class is compared as a whole
    text = difference(original.source, found.source)
    return [f"{where} is not as in step {source}, {text}"] if text else []


def find_stale(lessons, lesson, found):
    """Report a definition that is called new but stands in an earlier step."""
    if found.is_class and found.header:
        return []
    for number in sorted((n for n in lessons if n < lesson.number), reverse=True):
        earlier = lessons[number].definitions.get(found.key)
        if earlier is not None:
            if earlier.source != found.source:
                return []
            return [
                f"{lesson.name}: {found.key} is called new, but it stands letter for "
                f"letter in step {earlier.origin or number}: mark it as carried over"
            ]
    return []


def check_headers(lessons):
    """What New: and Carried over: say is what the markers say.

    Prose is allowed ("most of Variable"). Every definition must be named under the
    header of its marker; a member also counts as named where its class is. A name
    under a header must have something under that marker.
    """
    problems = []
    for lesson in lessons.values():
        said = {None: lesson.step.new, **lesson.step.carried}
        every_word = {word for words in said.values() for word in words}
        origins = {d.origin for d in lesson.definitions.values()}
        for origin in sorted(said.keys() | origins, key=lambda n: n or 0):
            header = f"Carried over from step {origin}:" if origin else "New:"
            marked = [k for k, d in lesson.definitions.items() if d.origin == origin]
            words = said.get(origin, [])
            for word in words:
                keys = meant_by(word, lesson.definitions)
                if keys and not keys & set(marked):
                    problems.append(
                        f"{lesson.name}: '{header}' names {word}, which stands "
                        "under another marker"
                    )
                elif not keys and is_code(word) and not occurs(word, lesson.tree):
                    problems.append(
                        f"{lesson.name}: '{header}' names {word}, which is not in "
                        "the code"
                    )
            named = {k for word in words for k in meant_by(word, lesson.definitions)}
            for key in marked:
                members = [k for k in marked if k.startswith(key + ".")]
                if members or lesson.definitions[key].header:
                    continue  # the members speak for their class
                if key in named or key.rpartition(".")[0] in every_word:
                    continue
                problems.append(
                    f"{lesson.name}: {key} is not named in '{header}' of the docstring"
                )
    return problems


def meant_by(word, keys):
    """Return the keys that a word means: itself, its members, methods so named."""
    return {
        key
        for key in keys
        if key == word or key.startswith(word + ".") or key.endswith("." + word)
    }


def is_code(word):
    """Say whether a word of a header looks like a name and not like prose."""
    return any(c in "_." or c.isupper() for c in word)


def occurs(word, tree):
    """Say whether a name is an attribute, argument or variable in the code."""
    name = word.rpartition(".")[2]
    return any(
        name
        in (getattr(x, "attr", None), getattr(x, "arg", None), getattr(x, "id", None))
        for x in ast.walk(tree)
    )
