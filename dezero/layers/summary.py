"""The table that Layer.summary prints."""

import copy

import numpy as np

from dezero.core import Parameter, no_grad, test_mode
from dezero.layers.calls import _calls
from dezero.layers.inside import _is_layer, _reached


def _summary(layer, inputs):
    """Return the table of Layer.summary."""
    if not inputs:
        raise TypeError(
            f"{type(layer).__name__}.summary: expected a batch to call forward "
            "with: summary(x) (see step 45)"
        )
    twin = copy.deepcopy(layer)
    for inner in _reached([twin]):
        if hasattr(inner, "reset_state"):  # the batch may hold other sequences
            inner.reset_state()
    before = _calls.undo, _calls.seen, _calls.draws
    _calls.undo, _calls.seen, _calls.draws = None, [], False
    try:
        with no_grad(), test_mode():
            twin(*copy.deepcopy(inputs))
        outputs = {}
        for inner, values in _calls.seen:
            outputs[inner] = outputs.pop(inner, values)
    finally:
        _calls.undo, _calls.seen, _calls.draws = before
    rows = [("layer", "output", "parameters")]
    counted = set()
    _summarize(type(layer).__name__, twin, 0, outputs, counted, rows)
    total = sum(_size(twin, param) for param in counted)
    rows.append(("total", "", f"{total:,}"))
    running = sum(_size(twin, p) for p in counted if p.name in ("avg_mean", "avg_var"))
    if running:
        rows.append(("of which running averages", "", f"{running:,}"))
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    lines = [
        f"{a:{widths[0]}}  {b:{widths[1]}}  {c:>{widths[2]}}".rstrip()
        for a, b, c in rows
    ]
    return "\n".join(lines)


def _summarize(label, layer, depth, outputs, counted, rows):
    """Add the rows of a layer, and of the layers inside it, to a summary."""
    values = outputs.get(layer)
    shapes = [str(y.shape) if hasattr(y, "shape") else "" for y in values or ()]
    leaf = layer._settings() is not None
    inner = [] if leaf else [(k, v) for k, v in layer._owned() if _is_layer(v)]
    order = {each: i for i, each in enumerate(outputs)}  # order in which calls end
    inner.sort(key=lambda pair: order.get(pair[1], len(order)))
    own = layer.params() if leaf else (p for _, p in layer._owned())
    own = [p for p in own if isinstance(p, Parameter) and p not in counted]
    counted.update(own)
    size = sum(_size(layer, param) for param in own)
    shared = leaf and not own and any(True for _ in layer.params())
    numbers = "shared" if shared else f"{size:,}" if size else ""
    shape = ", ".join(shapes) if values else "not called"
    rows.append(("  " * depth + label, shape, numbers))
    for key, each in inner:
        name = f"{key}: {type(each).__name__}"
        _summarize(name, each, depth + 1, outputs, counted, rows)


def _size(layer, param):
    """Return how many numbers a Parameter has, or will have; 0 if that is unknown."""
    if param.data is not None:
        return param.size
    shape = layer._awaited_shapes().get(param, (None,))
    known = all(isinstance(n, int) for n in shape)
    return int(np.prod(shape)) if known else 0
