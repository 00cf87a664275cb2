"""Frames: the record of a backward pass, one entry for each event."""

from dezero.player import tell
from dezero.player.values import full, is_variable, same, short


class Trace:
    """The record of a run: graph, frames, and events, a tuple for each frame."""

    def __init__(self, graph, title, wrong):
        self.graph, self.title, self.wrong = graph, title, wrong
        self.frames = []
        self.error = None

    @property
    def events(self):
        """The events in short: ("visit", "Add"), ("grad", "x", "None", "1.0")."""
        return [frame["event"] for frame in self.frames]

    @property
    def sentences(self):
        """The sentence of each frame."""
        return [frame["say"] for frame in self.frames]


class Frames:
    """Writes the frames of a trace.

    A frame is a dict: its kind, its event, its sentence (say), the keys that the
    picture marks (on, wait, drop), the gradients that change (put: {key: text}), the
    keys of new nodes (born), formulas (math), and a question (ask).
    """

    def __init__(self, trace, output):
        self.trace, self.graph, self.output = trace, trace.graph, output
        self.table = None  # where the package keeps gradients during a pass

    def frame(self, kind, event, say, put=None, **more):
        """Add a frame; put: {Variable: its gradient from here on}."""
        put = {
            self.graph.keys[id(v)]: None if a is None else short(a)
            for v, a in (put or {}).items()
            if id(v) in self.graph.keys
        }
        made = {"kind": kind, "event": event, "say": say, "put": put, **more}
        self.trace.frames.append({k: v for k, v in made.items() if v or k == "put"})

    def appear(self, roots, frame=None):
        """Add the graph that computed gradients which are Variables (create_graph)."""
        roots = [v for v in roots if is_variable(v) and getattr(v, "creator", None)]
        if not roots or (frame is None and not self.trace.frames):
            return
        new = self.graph.grow(roots)
        if new:
            frame = frame or self.trace.frames[-1]
            frame["born"] = frame.get("born", []) + new
            by_key = {self.graph.keys.get(id(f)): f for f in self.graph.functions}
            grown = [by_key[key] for key in new if key in by_key]
            if grown:
                frame["say"] += tell.born(self.graph, grown)

    def fail(self, error):
        """Record the error that ended the run."""
        kind = type(error).__name__
        say = tell.failed(self.graph.variable(self.output), kind, error)
        self.frame("error", ("error", kind), say)

    def play_forward(self, functions):
        """Add the frames of the forward pass, which the graph has recorded."""
        seen = set()
        count = len({id(self.graph.place(func)) for func in functions})
        for func in functions:
            place = self.graph.place(func)
            if id(place) in seen:
                continue
            seen.add(id(place))
            key = self.graph.keys[id(place)]
            math, say = tell.forward(self.graph, func, place, len(seen), count)
            on = [key] + [end for start, end in self.graph.edges if start == key]
            on += [f"e{i}" for i, e in enumerate(self.graph.edges) if key in e]
            event = ("forward", self.graph.labels[id(place)])
            self.frame("forward", event, say, on=on, math=math)

    def arrive(self, func, x, gxs, old, new, side):
        """Record that gradients which a Function sent have arrived at x."""
        where = "grad" if self.table is None else "gradient"
        say, ask = tell.arrive(self.graph, func, x, gxs, old, new, side, where)
        start = self.graph.keys[id(x)]
        end = self.graph.keys[id(self.graph.place(func))]
        self.frame(
            "grad",
            ("grad", self.graph.variable(x), full(old), full(new)),
            say,
            on=[start, end, *self.graph.edges_between(start, end)],
            put={x: new, **{v: new for v, _, new in side}},
            ask=ask,
        )

    def changed(self, v, old, new):
        """Record a change of a gradient that no Function has sent."""
        name, key = self.graph.variable(v), self.graph.keys[id(v)]
        if new is None:
            kind, say = "drop", tell.dropped(name, old)
        elif self.table is not None:
            if same(old, new):
                return  # only cast from float64 to x's float32; the last frame has it
            kind, say = "hook", tell.hooked(name, old, new)
        else:
            kind, say = "set", tell.was_set(name, old, new, v is self.output)
        event = (kind, name, full(old), full(new))
        drop = [key] if new is None else []
        self.frame(kind, event, say, on=[key], put={v: new}, drop=drop)
