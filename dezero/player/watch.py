"""Watch the engine's own backward, and record what happens, frame by frame.

There is no second engine here. While run() runs, the `backward` of each class of
Function in the graph is wrapped. The wrapper records what arrives and what is returned.
It returns a tuple that notices how far the engine's loop over it has come. At each of
these moments the gradients are read where the engine keeps them: in x.grad or, in the
package, in the table that the loop of core/backward.py fills.
"""

import sys
import threading

import numpy as np

from dezero.player import tell
from dezero.player.frames import Frames, Trace
from dezero.player.graph import Box, Graph
from dezero.player.values import array_of, full, is_variable, same


def trace(
    output,
    run=None,
    names=None,
    links=(),
    boxes=(),
    title="",
    wrong=False,
    note="",
    forward=True,
):
    """Run backward from output and return a Trace of it.

    run      what to do instead of output.backward(): a function that is given see;
             see(y) adds a result that was computed on the way
    note     a sentence for the last frame
    If wrong is set, an error becomes the last frame of the trace; otherwise it is
    raised again, after everything is restored.
    """
    graph = Graph(names, links, boxes)
    graph.grow([output])
    result = Trace(graph, title, wrong)
    watcher = Watcher(result, output)
    if forward:
        watcher.play_forward(graph.functions)
    try:
        watcher.watch_classes()
        (run or (lambda see: output.backward()))(watcher.see)
        watcher.finish(note)
    except Exception as error:
        if not wrong:
            raise
        result.error = error
        watcher.fail(error)
    finally:
        watcher.restore()
    return result


class Watched(tuple):
    """A tuple of gradients that reports when the loop over it reaches the next one."""

    def __iter__(self):
        for i, gx in enumerate(tuple.__iter__(self)):
            if i:
                self.passed()
            yield gx


class Watcher(Frames):
    """Wraps each backward and reads the gradients; each change becomes a frame."""

    def __init__(self, trace, output):
        super().__init__(trace, output)
        self.thread = threading.get_ident()
        self.old = []  # (class, method name, the original or None)
        self.busy = False  # True within the backward of a Function
        self.pending = []  # (Function, x, gx, its copy): sent, not yet arrived
        self.taken = {}  # {id: gradient that the package just took out of its table}
        self.visits, self.visited = 0, {}
        self.done = set()  # ids of Functions visited in this pass
        self.newest = self.place = None
        self.before_pass = {}
        self.known = {}
        self.look()

    # --- wrapping ---

    def watch_classes(self):
        """Wrap the backward of each class in the graph."""
        done = {(cls, name) for cls, name, _ in self.old}
        for func in self.graph.functions:
            cls = type(func)
            name = "backward"
            if hasattr(cls, "_checked_backward") and not cls.takes_arrays:
                name = "_checked_backward"  # checks and calls backward
            if (cls, name) not in done:
                done.add((cls, name))
                self.old.append((cls, name, vars(cls).get(name)))
                setattr(cls, name, self._wrapper(getattr(cls, name), name))

    def restore(self):
        """Put the original methods back."""
        for cls, name, method in reversed(self.old):
            if method is None:
                delattr(cls, name)
            else:
                setattr(cls, name, method)
        self.old = []

    def _wrapper(self, method, name):
        watcher = self

        def backward(self, *args):
            func = watcher.played(self)
            if func is None:
                return method(self, *args)
            gys = args if name == "backward" else args[0]
            watcher.busy = True
            try:
                watcher.visit(func, gys)
                gxs = method(self, *args)
                watcher.returned(func, gxs if isinstance(gxs, tuple) else (gxs,), gys)
            finally:
                watcher.busy = False
            if isinstance(gxs, tuple) and watcher.pending:
                gxs = Watched(gxs)
                gxs.passed = watcher.passed
            return gxs

        return backward

    def played(self, func):
        """Return the Function whose turn it is, or None if it is not in our graph."""
        if self.busy or threading.get_ident() != self.thread:
            return None
        if self.graph.knows(func):
            return func
        func = self._loop().get("func")  # a copy of it, if data was changed
        return func if func is not None and self.graph.knows(func) else None

    # --- reading ---

    def _loop(self):
        """Return the local variables of the engine's loop that are useful here."""
        frame, found = sys._getframe(2), {}
        for _ in range(6):
            if frame is None:
                break
            local = frame.f_locals
            if frame.f_globals.get("__name__") == "dezero.core.backward":
                return {"gradients": local["gradients"], "func": local.get("func")}
            waiting = local.get("waiting")
            if isinstance(waiting, list):
                return {"waiting": list(waiting), "func": local.get("func")}
            frame = frame.f_back
        return found

    def read(self, v):
        """Return the gradient that the engine has for v right now."""
        if self.table is None:
            return getattr(v, "grad", None)
        return self.taken[id(v)] if id(v) in self.taken else self.table.get(v)

    def look(self):
        """Return [(v, before, after)] for all gradients that have changed."""
        changes, self.fresh = [], []
        for v in self.graph.variables:
            now = self.read(v)
            before, old = self.known.get(id(v), (None, None))
            array = array_of(now)
            if now is before and (self.table is not None or unchanged(array, old)):
                continue
            copy = array  # the package never writes into a gradient; steps may
            if self.table is None and array is not None:
                copy = np.array(array)
            self.known[id(v)] = (now, copy)
            self.fresh.append(now)
            if not (array is None and old is None):
                changes.append((v, old, copy))
        return changes

    def value(self, v):
        """Return the gradient of v as it was seen last."""
        return self.known.get(id(v), (None, None))[1]

    # --- what happens ---

    def visit(self, func, gys):
        """Record that it is the turn of a Function, and why."""
        loop = self._loop()
        table = loop.get("gradients")
        if table is not self.table:
            self.end_pass()
            self.passed(last=True)
            self.begin_pass(table, func, gys)
        self.visits += 1
        self.done.add(id(func))
        place, before = self.graph.place(func), self.place
        self.place = place
        again = isinstance(place, Box) and place is before
        if again and not self.pending:
            return
        outputs = self.graph.outputs[id(func)]
        if table is not None:
            pairs = [(y, gy) for y, gy in zip(outputs, gys) if y is not None]
            self.taken = {id(y): gy for y, gy in pairs if y not in table}
        self.passed(last=True)
        count = self.visited.get(id(func), 0) + 1
        self.visited[id(func)] = count
        if again:
            self._forget_taken()
            return
        waiting = self._waiting(func, loop)
        key = self.graph.keys[id(place)]
        arrows, dropped = [], []
        for y in outputs:
            if y is None or id(y) not in self.graph.keys:
                continue
            y_key = self.graph.keys[id(y)]
            arrows += [y_key, *self.graph.edges_between(key, y_key)]
            if id(y) in self.taken:
                dropped.append(y_key)
        self._forget_taken()
        newest = self.newest if "waiting" in loop else None
        why, ask = tell.why(self.graph, func, waiting, newest, count)
        arrives = tell.arrives(self.graph, func, gys, bool(dropped))
        say = tell.visit(self.graph, place, self.visits, why, arrives)
        self.frame(
            "visit",
            ("visit", self.graph.labels[id(place)]),
            say,
            on=[key, *arrows],
            wait=[self.graph.keys[id(self.graph.place(f))] for f in waiting],
            drop=dropped,
            ask=ask,
        )

    def returned(self, func, gxs, gys):
        """Record what the backward of a Function has returned."""
        place = self.graph.place(func)
        if not isinstance(place, Box):
            lines = tell.formulas(self.graph, func, gxs, gys)
            self.trace.frames[-1]["math"] = lines
            if lines:
                self.trace.frames[-1]["say"] += f" {'; '.join(lines)}."
        self.appear([gx for gx in gxs if is_variable(gx)], self.trace.frames[-1])
        inputs = self.graph.inputs[id(func)]
        self.pending += [  # copies: += would change what was sent (step 14)
            (func, x, gx, np.array(array_of(gx)))
            for x, gx in zip(inputs, gxs)
            if gx is not None and id(x) in self.graph.keys
        ]
        makers = [getattr(x, "creator", None) for x in inputs]
        self.newest = next((f for f in reversed(makers) if f is not None), None)

    def passed(self, last=False):
        """Find out which of the gradients that were sent have arrived.

        last: a gradient that was not seen to arrive by now has arrived unseen.
        """
        changes = {id(v): (v, old, new) for v, old, new in self.look()}
        while self.pending:
            func, x, raw, gx = self.pending[0]
            if not (last or id(x) in changes or self.read(x) is raw):
                break
            gxs = [gx]
            if last:  # all that were sent to x
                gxs = [gx for _, other, _, gx in self.pending if other is x]
            self.pending = [
                entry
                for i, entry in enumerate(self.pending)
                if i and not (last and entry[1] is x)
            ]
            _, old, new = changes.pop(id(x), (x, self.value(x), self.value(x)))
            if new is None:
                continue  # x requires no gradient
            side = []
            if self.table is None:  # changed at the same moment: one array for two
                side = [c for c in changes.values() if c[1] is not None is not c[2]]
                for v, _, _ in side:
                    del changes[id(v)]
            self.arrive(func, x, gxs, old, new, side)
            if not last:
                break  # the loop over them has reached the next one
        self.appear(self.fresh)
        for v, old, new in changes.values():
            self.changed(v, old, new)

    def _forget_taken(self):
        """Forget the gradients that the package has taken out of its table."""
        for key in self.taken:
            self.known[key] = (None, None)
        self.taken = {}

    def begin_pass(self, table, func, gys):
        """Begin a pass of the package, which keeps gradients in a table of its own."""
        self.table, self.done = table, set()
        self.before_pass = {
            id(v): (v, array_of(getattr(v, "_grad", None)))
            for v in self.graph.variables
        }
        self.known = {}
        self.look()
        start = next((y for y in self.graph.outputs[id(func)] if y is not None), None)
        if start is not None and id(start) in self.graph.keys:
            say = tell.begins(self.graph.variable(start), gys[0])
            event = ("set", self.graph.variable(start), "None", full(gys[0]))
            key = self.graph.keys[id(start)]
            self.frame("set", event, say, on=[key], put={start: array_of(gys[0])})
            self.known[id(start)] = (gys[0], np.array(array_of(gys[0])))

    def end_pass(self):
        """End a pass of the package, which writes its gradients to the Variables."""
        if self.table is None:
            return
        self.passed(last=True)
        self.table, self.known = None, {}
        self.look()
        written = []
        for v, old in self.before_pass.values():
            new = self.value(v)
            if new is not None and not same(old, new):
                written.append((v, old, new))
        for v in self.graph.variables:
            if id(v) not in self.before_pass and self.value(v) is not None:
                written.append((v, None, self.value(v)))
        self.appear(self.fresh)
        self.graph.name_gradients()
        say = tell.written(self.graph, written)
        names = tuple((self.graph.variable(v), full(new)) for v, _, new in written)
        keys = [self.graph.keys[id(v)] for v, _, _ in written]
        put = {v: self.value(v) for v in self.graph.variables}
        self.frame("written", ("written", *names), say, on=keys, put=put)

    def see(self, y, say=None):
        """Add a result that the program has computed in between."""
        self.end_pass()
        self.passed(last=True)
        self.output, self.done, self.visited = y, set(), {}
        new = self.graph.grow([y])
        functions = [
            f for f in self.graph.functions if self.graph.keys.get(id(f)) in new
        ]
        self.watch_classes()
        self.look()
        text = tell.computed(self.graph, y, functions, say)
        event = ("computed", self.graph.variable(y), full(y))
        self.frame("computed", event, text, on=[self.graph.keys[id(y)]], born=new)

    def finish(self, note):
        """Record how the run ended."""
        package = self.table is not None
        self.end_pass()
        self.passed(last=True)
        self.graph.name_gradients()
        leaves = [(v, array_of(v.grad)) for v in self.graph.leaves()]
        if package:  # the last frame has said it
            say = tell.finished(self.graph, [], self.visits, note)
            self.trace.frames[-1]["say"] += f" {say}"
            return
        say = tell.finished(self.graph, leaves, self.visits, note)
        event = ("end", *((self.graph.variable(v), full(g)) for v, g in leaves))
        keys = [self.graph.keys[id(v)] for v, g in leaves if g is not None]
        self.frame("end", event, say, on=keys, put=dict(leaves))

    # --- help ---

    def _waiting(self, func, loop):
        """Return the other Functions that could have been taken, in their order."""
        if "waiting" in loop:
            entries = [e[-1] if isinstance(e, tuple) else e for e in loop["waiting"]]
            found = [f for f in entries if self.graph.knows(f)]
        else:
            found = [
                f
                for f in self.graph.functions
                if id(f) not in self.done
                and any(
                    y is not None
                    and id(y) in self.graph.keys
                    and self.read(y) is not None
                    for y in self.graph.outputs[id(f)]
                )
            ]
        places = {id(self.graph.place(f)): f for f in reversed(found) if f is not func}
        places.pop(id(self.graph.place(func)), None)
        return list(places.values())[::-1]


def unchanged(array, old):
    """Tell whether an array still holds the numbers of its copy."""
    if array is None or old is None:
        return array is old
    return array.shape == old.shape and array.tobytes() == old.tobytes()
