"""Find what is inside a layer: in attributes, and in their lists, tuples and dicts."""

from collections import deque

from dezero.core import Parameter

LISTS = (list, tuple, dict, deque, set, frozenset)  # these are searched
NOTES = {"_params", "_lists", "_inputs", "_outputs"}  # what a layer notes about itself


def _is_layer(item):
    return hasattr(type(item), "_owned")


def _held(layer, named=()):
    """Return {"blocks/0": owned} for Parameters and Layers in lists, tuples, dicts.

    Those in named, [(name, owned)], are left out: often that is all of them.
    """
    found, known = {}, {id(owned) for _, owned in named}
    for name in layer._lists:
        value = vars(layer).get(name)
        if isinstance(value, LISTS):
            _find_inside(name, value, found, known)
    return found


def _find_inside(key, value, found, known):
    """Add to found {key/place: owned} for all that value holds and known does not.

    value is a list, tuple or dict; known is a set of ids.
    """
    waiting = [(key, value, ())]
    while waiting:
        key, value, around = waiting.pop(0)
        if any(value is outer for outer in around):  # a list that contains itself
            continue
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for place, item in items:
            if id(item) in known:
                continue
            if isinstance(item, LISTS):
                waiting.append((f"{key}/{place}", item, (*around, value)))
            elif isinstance(item, Parameter) or _is_layer(item):
                path = f"{key}/{place}"
                if isinstance(value, (set, frozenset)):
                    raise TypeError(
                        f"{key}: a set has no order, so its items have no names to be "
                        "saved under; put layers and Parameters into a list "
                        "(see step 53)"
                    )
                if found.setdefault(path, item) is not item:
                    raise ValueError(
                        f"{path}: two items of {key!r} have this name; their weights "
                        "need different keys (see step 53)"
                    )


def _reached(owned, lists=True):
    """Return the set of these Parameters and Layers and of all that are inside them.

    lists: whether to search lists, tuples and dicts as well as attributes.
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
