"""A graph walked without what the package has for it."""


def functions_behind(y):
    """Return the Functions that led to y, each once."""
    found, waiting = {}, [y]
    while waiting:
        func = waiting.pop().creator
        if func is not None and id(func) not in found:
            found[id(func)] = func
            waiting += func.inputs
    return list(found.values())
