"""Steps written another way than ours, from their text and their gaps alone.

{number of a step: {definition: the body that a reader wrote}}; test_own_solutions.py
puts them into the gaps that start leaves.
"""

SOLUTIONS = {
    1: {
        "Variable.__init__": """
box = self
box.data = data
""",
    },
    2: {
        "Function.__call__": """
array = input.data
result = self.forward(array)
return Variable(result)
""",
        "Square.forward": """
return x * x
""",
    },
    3: {
        "Exp.forward": """
return np.e**x
""",
    },
    4: {
        "numerical_diff": """
def at(h):
    return f(Variable(np.array(x.data + h))).data

return (at(h) - at(-h)) / (2 * h)
""",
        "forward_diff": """
up = f(Variable(x.data + h)).data
return (up - f(x).data) / h
""",
        "chain": """
a = Square()(x)
b = Exp()(a)
return Square()(b)
""",
        "fourth_power": """
return Square()(Square()(x))
""",
        "largest_error": """
return abs(slope - true_slope).max()
""",
    },
    5: {
        "multiply": """
n, m = A.shape
p = B.shape[1]
return A @ B, n * m * p
""",
        "from_output": """
product = tables[-1]
total = 0
for i in range(len(tables) - 2, -1, -1):
    product, count = multiply(product, tables[i])
    total = total + count
return product, total
""",
        "from_input": """
product = tables[0]
total = 0
for i in range(1, len(tables)):
    product, count = multiply(tables[i], product)
    total = total + count
return product, total
""",
    },
    6: {
        "Variable.__init__": """
self.data = data
self.grad = None
""",
        "Function.__call__": """
self.input = input
return Variable(self.forward(input.data))
""",
        "Square.backward": """
x = self.input.data
return 2 * x * gy
""",
        "Exp.backward": """
return np.exp(self.input.data) * gy
""",
    },
    7: {
        "Variable.__init__": """
self.data = data
self.grad = None
self.creator = None
""",
        "Variable.set_creator": """
self.creator = func
""",
        "Variable.backward": """
if self.creator is None:
    return
f = self.creator
f.input.grad = f.backward(self.grad)
f.input.backward()
""",
        "Function.__call__": """
y = Variable(self.forward(input.data))
y.creator = self
self.input = input
self.output = y
return y
""",
    },
    8: {
        "Variable.backward": """
v = self
while v.creator is not None:
    f = v.creator
    f.input.grad = f.backward(v.grad)
    v = f.input
""",
        "Grow.__init__": """
self.rate = rate
""",
        "Grow.forward": """
return x * (1 + self.rate)
""",
        "Grow.backward": """
return gy * (1 + self.rate)
""",
        "grow": """
for i in range(n):
    x = Grow(1 / n)(x)
return x
""",
        "backward_recursive": """
if y.creator is None:
    return
f = y.creator
f.input.grad = f.backward(y.grad)
backward_recursive(f.input)
""",
    },
    9: {
        "Variable.__init__": """
if data is not None:
    if not isinstance(data, np.ndarray):
        name = type(data).__name__
        advice = "wrap the value: Variable(np.array(...)) (see step 9)"
        raise TypeError(f"Variable: {name} is not supported; {advice}")
self.data = data
self.grad = None
self.creator = None
""",
        "Variable.backward": """
if self.grad is None:
    self.grad = np.ones(self.data.shape, self.data.dtype)
v = self
while v.creator is not None:
    f = v.creator
    f.input.grad = f.backward(v.grad)
    v = f.input
""",
        "Function.__call__": """
y = Variable(as_array(self.forward(input.data)))
y.set_creator(self)
self.input = input
self.output = y
return y
""",
        "as_array": """
if isinstance(x, np.ndarray):
    return x
return np.array(x)
""",
        "square": """
return Square()(x)
""",
        "exp": """
f = Exp()
return f(x)
""",
    },
    14: {
        "Variable.cleargrad": """
self.grad = None
""",
        "Variable.backward": """
if self.grad is None:
    self.grad = np.ones_like(self.data)
todo = []
if self.creator:
    todo.append(self.creator)
while todo:
    f = todo.pop()
    gxs = f.backward(*[y.grad for y in f.outputs])
    if type(gxs) is not tuple:
        gxs = [gxs]
    for x, gx in zip(f.inputs, gxs):
        if x.grad is None:
            x.grad = gx
        else:
            x.grad = x.grad + gx
        if x.creator:
            todo.append(x.creator)
""",
    },
    16: {
        "Variable.__init__": """
if data is not None and not isinstance(data, np.ndarray):
    name = type(data).__name__
    advice = "wrap the value: Variable(np.array(...)) (see step 9)"
    raise TypeError(f"Variable: {name} is not supported; {advice}")
self.data, self.grad, self.creator = data, None, None
self.generation = 0
""",
        "Variable.set_creator": """
self.creator = func
self.generation = func.generation + 1
""",
        "Variable.backward": """
if self.grad is None:
    self.grad = np.ones_like(self.data)
todo = []

def add_func(f):
    if f is not None and f not in todo:
        todo.append(f)
        todo.sort(key=lambda f: f.generation)

add_func(self.creator)
while todo:
    f = todo.pop()
    gxs = f.backward(*[y.grad for y in f.outputs])
    if type(gxs) is not tuple:
        gxs = (gxs,)
    for x, gx in zip(f.inputs, gxs):
        x.grad = gx if x.grad is None else x.grad + gx
        add_func(x.creator)
""",
        "Function.__call__": """
xs = [x.data for x in inputs]
ys = self.forward(*xs)
if not isinstance(ys, tuple):
    ys = (ys,)
self.generation = max([x.generation for x in inputs])
outputs = [Variable(as_array(y)) for y in ys]
for y in outputs:
    y.set_creator(self)
self.inputs = inputs
self.outputs = outputs
if len(outputs) == 1:
    return outputs[0]
return outputs
""",
    },
    32: {
        "backward": """
if self.grad is None:
    self.grad = engine.Variable(np.ones_like(self.data))
todo = [self.creator] if self.creator else []
with engine.using_config("enable_backprop", create_graph):
    while todo:
        f = max(todo, key=lambda f: f.generation)
        todo.remove(f)
        gxs = f.backward(*[y().grad for y in f.outputs])
        if not isinstance(gxs, tuple):
            gxs = (gxs,)
        for x, gx in zip(f.inputs, gxs):
            if x.grad is None:
                x.grad = gx
            else:
                x.grad = x.grad + gx
            if x.creator and x.creator not in todo:
                todo.append(x.creator)
        if not retain_grad:
            for y in f.outputs:
                y().grad = None
""",
        "mul_backward": """
a, b = self.inputs
return b * gy, a * gy
""",
        "div_backward": """
a, b = self.inputs
return gy / b, -gy * a / (b * b)
""",
        "pow_backward": """
x = self.inputs[0]
return self.c * x ** (self.c - 1) * gy
""",
        "install": """
old = {}
for cls in methods:
    old[cls] = cls.backward
    cls.backward = methods[cls]
return old
""",
        "derivatives": """
result = []
for i in range(orders):
    x.cleargrad()
    y.backward(create_graph=True)
    result.append(x.grad)
    y = x.grad
return result
""",
    },
}
