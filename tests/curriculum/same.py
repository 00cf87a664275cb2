"""Check 3: new code of a step is the code of its namesake in the package."""

from .package import package_aliases

LAST_COMPLETE = 22  # steps up to here are programs of their own; core_simple is it
SECOND_ENGINE = range(67, 71)  # an engine beside the package: its Linear is another


def check_package(lessons, package, differences):
    """New code is the code of its namesake in the package, or a listed difference.

    Steps up to 22 add up to core_simple, later ones to the other modules. Where a
    later step goes on with a definition, the later form is compared: the early one
    is there to be improved. Of the second engine only what it teaches is compared.
    """
    problems, needed = [], set()
    codes = {number: {} for number in lessons}
    for number, lesson in lessons.items():
        aliases = package_aliases(lesson.tree)
        for found in lesson.new:
            codes[number][found.key] = package.canonical(found.node, aliases)
    for number, lesson in lessons.items():
        for key, code in codes[number].items():
            if superseded(codes, number, key):
                continue
            rivals = rivals_of(package, lesson, key)
            if not rivals or code in [rival for _, rival in rivals]:
                continue
            entry = (lesson.name, key)
            if entry not in differences:
                entry = (lesson.name, key.split(".")[0])
            needed.add(entry)
            if entry not in differences:
                label, rival = rivals[0]
                what = "differs from" if rival else "is not in"
                problems.append(
                    f"{lesson.name}: {key} {what} dezero/{label}; make them equal, or "
                    f'add to DIFFERENCES ("{lesson.name}", "{key}"): "the reason"'
                )
    for entry in sorted(differences.keys() - needed):
        problems.append(f"DIFFERENCES: {entry} is no difference any more: take it out")
    return problems


def part(number):
    """Return what the steps around this one add up to."""
    if number in SECOND_ENGINE:
        return "second engine"
    return "core_simple" if number <= LAST_COMPLETE else "package"


def superseded(codes, number, key):
    """Say whether a later step of the same part carries the definition on."""
    return any(
        codes[later].get(key, codes[number][key]) != codes[number][key]
        for later in codes
        if later > number and part(later) == part(number)
    )


def rivals_of(package, lesson, key):
    """Return [(label, code)] of the package's definitions that a key must equal."""
    labels = {module.label for module in package.modules.values()}
    taught = [n.split(".")[0] for n in lesson.step.teaches if is_part(key, n)]
    choices = {
        "core_simple": [["core_simple"], taught, labels],
        "package": [taught, labels - {"core_simple"}],
        "second engine": [taught],
    }[part(lesson.number)]
    for choice in choices:
        if rivals := package.code(key, choice):
            return rivals
    return []


def is_part(key, ledger_name):
    """Say whether a ledger name (core.Variable.backward) is about a key's class."""
    return key.split(".")[0] == (ledger_name.split(".") + [""])[1]
