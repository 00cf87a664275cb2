"""What is inside a layer, also in lists, tuples and dicts that are attributes."""

from dezero.core import Parameter

_NOTES = {"_params", "_inputs", "_outputs"}  # of a layer about itself


def _is_layer(item):
    return hasattr(type(item), "_owned")


def _held(layer):
    """Return {"blocks/0": owned} of Parameters and Layers in lists, tuples, dicts."""
    found = {}
    for name, value in vars(layer).items():
        if isinstance(value, (list, tuple, dict)) and name not in _NOTES:
            _find_inside(name, value, found)
    return found


def _find_inside(key, value, found):
    """Add {key/place: owned} of all Parameters and Layers in a list, tuple or dict."""
    waiting = [(key, value, ())]
    while waiting:
        key, value, around = waiting.pop(0)
        if any(value is outer for outer in around):  # a list that contains itself
            continue
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for place, item in items:
            path = f"{key}/{place}"
            if isinstance(item, (list, tuple, dict)):
                waiting.append((path, item, (*around, value)))
            elif isinstance(item, Parameter) or _is_layer(item):
                if found.setdefault(path, item) is not item:
                    raise ValueError(
                        f"{path}: two places in {key!r} have this name; their weights "
                        "need different keys (see step 53)"
                    )


def _reached(owned, lists=True):
    """Return the set of these Parameters and Layers and of all that are inside them.

    lists: whether also through lists, tuples and dicts, or through attributes only.
    """
    found, waiting = set(), list(owned)
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            if _is_layer(each):
                waiting += [owned for _, owned in each._named()]
                waiting += _held(each).values() if lists else ()
    return found
