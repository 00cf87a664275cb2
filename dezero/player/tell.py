"""The sentences of the player: each says all that its frame shows."""

from dezero.player.graph import Box, generation
from dezero.player.values import (
    array_of,
    backward_formulas,
    clip,
    forward_formula,
    full,
    input_names,
    same,
    worked,
)


def listed(texts):
    """Return "a", "a and b" or "a, b and c"."""
    texts = list(texts)
    if len(texts) < 2:
        return "".join(texts)
    return f"{', '.join(texts[:-1])} and {texts[-1]}"


def forward(graph, func, place, number, count):
    """Return the formula and the sentence for a Function of the forward pass."""
    start = f"Forward, {number} of {count}: "
    if isinstance(place, Box):
        results = [
            y for f in place.members for y in shown(graph, f) if id(y) in graph.keys
        ]
        return [], f"{start}{graph.labels[id(place)]}, folded into one box, " + (
            f"computes {new(graph, results)}."
        )
    inputs = known(graph, graph.inputs[id(func)])
    outputs = shown(graph, func)
    say = f"{start}{graph.function(func)} takes {inputs} and computes "
    say += f"{new(graph, outputs) or 'a result that was not kept'}."
    formula = forward_formula(func)
    if formula is None or len(outputs) != 1:
        return [], say
    line = worked("y", formula, numbers(graph, func), outputs[0])
    return [line], f"{say} {line}."


def known(graph, variables):
    """Return "x = 2.0 and y = 3.0"."""
    texts = []
    for v in variables:
        name = graph.variable(v)
        if id(v) in graph.labels:
            texts.append(f"{name} = {full(v)}")
        elif name.startswith(("the constant", "the absent")):
            texts.append(name)
        else:
            texts.append(f"{name} ({full(v)})")
    return listed(texts)


def new(graph, results):
    """Return "y = 6.0", or "6.0" for a result without a name."""
    return listed(
        f"{graph.labels[id(v)]} = {full(v)}" if id(v) in graph.labels else full(v)
        for v in results
    )


def shown(graph, func):
    """Return the outputs of a Function that still exist."""
    return [y for y in graph.outputs[id(func)] if y is not None]


def numbers(graph, func, gys=()):
    """Return {name in a formula: its value} for one Function."""
    inputs = graph.inputs[id(func)]
    found = {
        name: v
        for name, v in vars(func).items()
        if isinstance(v, (int, float)) and not name.startswith("_")
    }
    found |= dict(zip(input_names(func, len(inputs)), inputs))
    outputs = shown(graph, func)
    if len(outputs) == 1:
        found["y"] = outputs[0]
    if len(gys) == 1:
        found["gy"] = gys[0]
    return found


def why(graph, func, waiting, newest, count):
    """Return why it is this Function's turn, and a question or None."""
    again = f" It was visited before: this is visit {count} of it." if count > 1 else ""
    if not waiting:
        return f"No other Function is waiting.{again}", None
    own = generation(func)
    others = [with_generation(graph, f) for f in waiting[:6]]
    if len(waiting) > 6:
        others.append(f"{len(waiting) - 6} more")
    others = listed(others)
    verb = "is waiting" if len(waiting) == 1 else "are waiting"
    ties = []
    if own is None or any(generation(f) is None for f in waiting):
        name = graph.labels[id(graph.place(func))]
        rule = f"{name} is taken first."
        if func is newest:
            rule = f"The loop takes the newest one in its list, {name}."
        text = f"{others} {verb} too. {rule}"
    else:
        top = max(generation(f) for f in waiting)
        ties = [f for f in waiting if generation(f) == own]
        ties = [graph.keys[id(graph.place(f))] for f in ties]
        text = f"{others} {verb} too. "
        if own > top:
            text += f"The latest generation goes first, and that is {own}."
        elif own == top:
            text += f"None has a later generation than {own}, and within a generation "
            text += "the order does not matter."
        else:
            text += f"It goes first although generation {top} is later."
    ask = {"pick": 1, "too": ties}
    return text + again, ask


def with_generation(graph, func):
    """Return "B (generation 1)"."""
    number = generation(func)
    name = graph.labels[id(graph.place(func))]
    return name if number is None else f"{name} (generation {number})"


def arrives(graph, func, gys, taken):
    """Return the sentence on the gradients that arrive at a Function."""
    outputs = graph.outputs[id(func)]
    texts = []
    for i, gy in enumerate(gys):
        y = outputs[i] if i < len(outputs) else None
        name = "a result that was not kept" if y is None else graph.variable(y)
        texts.append(f"{full(gy)} for {name}")
    text = f"The gradient that arrives is {listed(texts)}"
    return text + (", and the engine's table drops it." if taken else ".")


def visit(graph, place, number, reason, arriving):
    """Return the sentence for a visit; its formulas follow when it has returned."""
    if isinstance(place, Box):
        what = f"{graph.labels[id(place)]}, folded into one box"
        return f"Visit {number}: {what}. {reason} {arriving}"
    number_of = generation(place)
    name = graph.function(place)
    name += "" if number_of is None else f", of generation {number_of}"
    return f"Visit {number}: {name}. {reason} {arriving}"


def formulas(graph, func, gxs, gys):
    """Return "gx = gy * x1 = 2.0 * 3.0 = 6.0" for each gradient."""
    found = backward_formulas(func, len(gxs))
    known_numbers = numbers(graph, func, gys)
    names = [f"g{name}" for name in input_names(func, len(gxs))]
    lines = []
    for i, gx in enumerate(gxs):
        target, formula = found[i] if i < len(found) else (names[i], None)
        if gx is None:
            lines.append(f"{target} = None, because it is not needed")
        else:
            lines.append(worked(target, formula, known_numbers, gx))
    return lines


def owned(name, where):
    """Return "x.grad", or "the gradient of x"."""
    if where == "grad" and not name.startswith("the "):
        return f"{name}.grad"
    return f"the {where} of {name}"


def arrive(graph, func, x, gxs, old, new, side, where):
    """Return the sentence for a gradient that has arrived at x, and a question."""
    sender = graph.labels[id(graph.place(func))]
    target = owned(graph.variable(x), where)
    sent = listed(full(gx) for gx in gxs)
    text = f"{sender} sends {sent} to {graph.variable(x)}: {target} was {full(old)}"
    ask = None
    total = sum(array_of(gx) for gx in gxs)
    if old is not None:
        total = array_of(old) + total
    if same(total, new):
        work = ""
        if old is not None:
            terms = [full(old), *(full(gx) for gx in gxs)]
            scalar = array_of(new).ndim == 0
            work = " + ".join(terms) + " = " if scalar else "the sum, "
        text += f" and is now {work}{full(new)}."
    elif where == "gradient":
        text += f" and would be {full(total)}; a hook has changed it to {full(new)}."
    elif same(gxs[-1], new):
        text += f" and is now {full(new)}: the {full(old)} is replaced, and lost."
    else:
        text += f" and is now {full(new)}."
    if old is not None and array_of(new).ndim == 0:
        head = f"T{target[1:]}" if target.startswith("the ") else target
        ask = {
            "q": f"{head} is {full(old)}, and {sender} sends {sent}. "
            f"What is {target} next?",
            "a": full(new),
        }
    for v, before, after in side:
        name = owned(graph.variable(v), where)
        text += f" At the same moment {name} changes from {full(before)} to "
        text += f"{full(after)}: it is the same array."
    return text, ask


def begins(name, seed):
    """Return the sentence for the start of a pass of the package."""
    return (
        f"Backward starts from {name}, with the gradient {full(seed)}. Until the end "
        "of the pass, the engine keeps gradients in a table of its own."
    )


def was_set(name, old, new, is_result):
    """Return the sentence for a gradient that the program or backward's start sets."""
    if is_result:
        return f"Backward starts: {owned(name, 'grad')} is {full(new)}."
    return f"{owned(name, 'grad')} is set: it was {full(old)} and is now {full(new)}."


def hooked(name, old, new):
    """Return the sentence for a complete gradient that a hook has changed."""
    target = owned(name, "gradient")
    return f"A hook changes {target}: it was {full(old)} and is now {full(new)}."


def dropped(name, old):
    """Return the sentence for a gradient that was dropped."""
    target = owned(name, "grad")
    if target.startswith("the "):
        target = f"T{target[1:]}"
    return f"{target}, which was {full(old)}, is dropped: it is None again."


def written(graph, changes):
    """Return the sentence on the gradients written at the end of a pass."""
    texts = [
        f"{owned(graph.variable(v), 'grad')} was {full(old)} and is now {full(new)}"
        for v, old, new in changes
    ]
    inside = graph.folded_leaves()
    if inside:
        leaves = "leaf has" if inside == 1 else "leaves have"
        texts.append(f"inside the folded boxes, {inside} {leaves} received theirs")
    return (
        "The pass is over, and nothing went wrong. Only now are gradients written: "
        f"{'; '.join(texts) or 'none, because no leaf requires one'}."
    )


def born(graph, functions):
    """Return the sentence on the Functions that have joined the graph."""
    names = [graph.labels[id(f)] for f in functions]
    verb, them = ("joins", "it") if len(names) == 1 else ("join", "them")
    return (
        f" {listed(names)} {verb} the graph: backward used {them} in its computation."
    )


def computed(graph, y, functions, say):
    """Return the sentence for a result that the program computed from gradients."""
    names = listed(graph.labels[id(f)] for f in functions)
    text = f"{say or 'The program continues'}: {graph.variable(y)} is {full(y)}"
    return f"{text}, computed by {names}." if names else f"{text}."


def finished(graph, leaves, visits, note):
    """Return the sentence for the end of backward."""
    texts = [f"{owned(graph.variable(v), 'grad')} is {full(g)}" for v, g in leaves]
    text = f"Backward is over, after {visits} visit{'s' * (visits != 1)}"
    text += f": {listed(texts)}." if texts else "."
    return f"{text} {note}".rstrip()


def failed(name, kind, error):
    """Return the sentence for an error."""
    return f"Backward from {name} ends with an error. {kind}: {clip(error, 300)}"
