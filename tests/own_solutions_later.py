"""Steps 37 to 72 written another way than ours, as own_solutions.py does for the first.

{number of a step: {definition: the body that a reader wrote}}
"""

SOLUTIONS = {
    37: {
        "Total.forward": """
return np.sum(x)
""",
        "Total.backward": """
x = self.inputs[0]
return np.ones(x.shape, x.dtype) * gy
""",
        "total": """
add_up = Total()
return add_up(x)
""",
        "jacobian": """
v = Variable(x)
y = f(v)
J = np.zeros((y.size, v.size))
for i in range(y.size):
    v.grad = None
    start = np.zeros(y.size)
    start[i] = 1.0
    y.grad = Variable(start)
    y.backward()
    J[i] = v.grad.data
return J
""",
    },
    40: {
        "BroadcastTo.__init__": """
self.wanted = shape
""",
        "BroadcastTo.forward": """
return np.broadcast_to(x, self.wanted)
""",
        "BroadcastTo.backward": """
return sum_to(gy, self.inputs[0].shape)
""",
        "broadcast_to": """
if tuple(x.shape) != tuple(shape):
    return BroadcastTo(shape)(x)
return as_variable(x)
""",
        "SumTo.__init__": """
self.wanted = shape
""",
        "SumTo.forward": """
return sum_array_to(x, self.wanted)
""",
        "SumTo.backward": """
return broadcast_to(gy, self.inputs[0].shape)
""",
        "sum_to": """
if tuple(x.shape) != tuple(shape):
    return SumTo(shape)(x)
return as_variable(x)
""",
        "sum_array_to": """
more = len(x.shape) - len(shape)
padded = (1,) * more + tuple(shape)
fits = more >= 0 and all(a in (1, b) for a, b in zip(padded, x.shape))
if not fits:
    raise ValueError(
        f"{shape} does not broadcast to {x.shape}, so {x.shape} "
        "cannot be summed to it (see step 40)"
    )
for axis, (a, b) in enumerate(zip(padded, x.shape)):
    if a == 1 and b != 1:
        x = x.sum(axis=axis, keepdims=True)
return x if x.shape == tuple(shape) else x.reshape(shape)
""",
        "Add.backward": """
return tuple(sum_to(gy, x.shape) for x in self.inputs)
""",
        "Mul.backward": """
x0, x1 = self.inputs
return sum_to(x1 * gy, x0.shape), sum_to(x0 * gy, x1.shape)
""",
        "Sum.backward": """
shape = self.inputs[0].shape
standing = restore_axes(gy, shape, self.axis, self.keepdims)
return broadcast_to(standing, shape)
""",
        "measured": """
def first(x):
    return f(x, x1)

def second(x):
    return f(x0, x)

return numerical_grad(first, x0), numerical_grad(second, x1)
""",
    },
    46: {
        "Optimizer.__init__": """
self.hooks = []
self.target = None
""",
        "Optimizer.setup": """
self.target = target
return self
""",
        "Optimizer.add_hook": """
self.hooks += [f]
""",
        "Optimizer.update": """
def with_gradient():
    return [p for p in self.target.params() if p.grad is not None]

for f in self.hooks:
    f(with_gradient())
for p in with_gradient():
    self.update_one(p)
""",
        "arrays": """
found = [param.data, param.grad.data]
for state in states:
    if id(param) not in state:
        state[id(param)] = np.zeros_like(param.data)
    found.append(state[id(param)])
return found
""",
        "SGD.__init__": """
super().__init__()
self.lr = lr
""",
        "SGD.update_one": """
param.data -= self.lr * param.grad.data
""",
        "MomentumSGD.__init__": """
super().__init__()
self.lr = lr
self.momentum = momentum
self.last = {}
""",
        "MomentumSGD.update_one": """
p, g, v = arrays(param, self.last)
v[...] = self.momentum * v - self.lr * g
p += v
""",
        "Adam.__init__": """
Optimizer.__init__(self)
self.alpha = lr or alpha
self.beta1, self.beta2, self.eps = beta1, beta2, eps
self.t = 0
self.first, self.second = {}, {}
""",
        "Adam.lr": """
correction = (1 - self.beta2**self.t) ** 0.5 / (1 - self.beta1**self.t)
return self.alpha * correction
""",
        "Adam.update": """
self.t = self.t + 1
Optimizer.update(self)
""",
        "Adam.update_one": """
p, g, m, v = arrays(param, self.first, self.second)
m *= self.beta1
m += (1 - self.beta1) * g
v *= self.beta2
v += (1 - self.beta2) * g**2
p -= self.lr * m / (v**0.5 + self.eps)
""",
        "WeightDecay.__init__": """
self.rate = rate
""",
        "WeightDecay.__call__": """
for p in params:
    more = self.rate * p.data
    p.grad = Variable(as_array(p.grad.data + more))
""",
        "ClipGrad.__init__": """
self.longest = max_norm
""",
        "ClipGrad.__call__": """
total = 0.0
for p in params:
    total += float((p.grad.data**2).sum())
factor = self.longest / (math.sqrt(total) + 1e-6)
if factor >= 1:
    return
for p in params:
    p.grad = Variable(as_array(p.grad.data * factor))
""",
        "walk": """
point = Layer()
point.x = Parameter(np.array(start[0]))
point.y = Parameter(np.array(start[1]))
optimizer.setup(point)
path = np.zeros((steps + 1, 2))
for n in range(steps + 1):
    path[n] = point.x.data, point.y.data
    if n < steps:
        point.cleargrads()
        rosenbrock(point.x, point.y).backward()
        optimizer.update()
return path
""",
    },
    47: {
        "GetItem.__init__": """
self.where = slices
""",
        "GetItem.forward": """
return x[self.where]
""",
        "GetItem.backward": """
shape = self.inputs[0].shape
return GetItemGrad(self.where, shape)(gy)
""",
        "GetItemGrad.__init__": """
self.where, self.shape = slices, in_shape
""",
        "GetItemGrad.forward": """
return scatter_add(gy, self.where, self.shape)
""",
        "GetItemGrad.backward": """
return GetItem(self.where)(ggx)
""",
        "scatter_add": """
flat = np.arange(int(np.prod(shape))).reshape(shape)[slices]
gx = np.zeros(int(np.prod(shape)), gy.dtype)
for place, g in zip(np.ravel(flat), np.ravel(gy)):
    gx[place] += g
return gx.reshape(shape)
""",
        "get_item": """
pick = GetItem(slices)
return pick(x)
""",
        "Variable.__getitem__": """
return GetItem(slices)(self)
""",
        "Variable.__iter__": """
if not self.shape:
    raise TypeError("a 0-d Variable cannot be iterated over")
return iter([self[i] for i in range(self.shape[0])])
""",
        "embed_id": """
return GetItem(x)(W)
""",
        "EmbedID.__init__": """
super().__init__()
self.W = Parameter(np.random.randn(in_size, out_size), name="W")
""",
        "EmbedID.forward": """
return get_item(self.W, x)
""",
        "Softmax.__init__": """
self.axis = axis
""",
        "Softmax.forward": """
e = np.exp(x - np.max(x, self.axis, keepdims=True))
return e / np.sum(e, self.axis, keepdims=True)
""",
        "Softmax.backward": """
p = self.output()
mean = (p * gy).sum(axis=self.axis, keepdims=True)
return p * (gy - mean)
""",
        "softmax": """
return Softmax(axis)(x)
""",
        "softmax_cross_entropy_simple": """
N = t.shape[0]
p = clip(softmax(x), 1e-15, 1.0)
rows = np.arange(N)
return -log(p)[rows, t].sum() / N
""",
        "SoftmaxCrossEntropy.forward": """
N = len(t)
shifted = x - x.max(axis=1)[:, np.newaxis]
total = np.exp(shifted).sum(axis=1)
self.labels = t
self.said = np.exp(shifted) / total[:, np.newaxis]
return np.mean(np.log(total) - shifted[range(N), t])
""",
        "SoftmaxCrossEntropy.backward": """
x = self.inputs[0]
N, K = x.shape
p = softmax(x) if Config.enable_backprop else self.said
target = np.eye(K, dtype=self.said.dtype)[self.labels]
return (p - target) * (gy / N), None
""",
        "softmax_cross_entropy": """
loss = SoftmaxCrossEntropy()
return loss(x, t)
""",
    },
    57: {
        "under": """
KH, KW = pair(kernel_size)
SH, SW = pair(stride)
OH, OW = size
for a in range(KH):
    for b in range(KW):
        down = slice(a, a + SH * (OH - 1) + 1, SH)
        right = slice(b, b + SW * (OW - 1) + 1, SW)
        yield a, b, down, right
""",
        "im2col_array": """
OH, OW = size = out_size(img.shape, kernel_size, stride, pad)
padded = pad_images(img, pad)
parts = [
    padded[:, :, down, right]
    for _, _, down, right in under(kernel_size, stride, size)
]
N, C = img.shape[:2]
col = np.stack(parts, axis=2).reshape(N, C, *pair(kernel_size), OH, OW)
if not to_matrix:
    return col
return np.moveaxis(col, (4, 5), (1, 2)).reshape(N * OH * OW, -1)
""",
        "col2im_array": """
size = OH, OW = out_size(img_shape, kernel_size, stride, pad)
N, C, H, W = img_shape
if to_matrix:
    col = col.reshape(N, OH, OW, C, *pair(kernel_size))
    col = np.moveaxis(col, (1, 2), (4, 5))
PH, PW = pair(pad)
total = np.zeros((N, C, H + 2 * PH, W + 2 * PW), col.dtype)
for a, b, down, right in under(kernel_size, stride, size):
    total[:, :, down, right] += col[:, :, a, b]
return total[:, :, PH:PH + H, PW:PW + W]
""",
        "Im2col.__init__": """
self.how = (kernel_size, stride, pad, to_matrix)
""",
        "Im2col.forward": """
return im2col_array(x, *self.how)
""",
        "Im2col.backward": """
shape = self.inputs[0].shape
return Col2im(shape, *self.how)(gy)
""",
        "Col2im.__init__": """
self.shape = input_shape
self.how = (kernel_size, stride, pad, to_matrix)
""",
        "Col2im.forward": """
return col2im_array(x, self.shape, *self.how)
""",
        "Col2im.backward": """
return Im2col(*self.how)(gy)
""",
        "im2col": """
return Im2col(kernel_size, stride, pad, to_matrix)(x)
""",
        "col2im": """
f = Col2im(input_shape, kernel_size, stride, pad, to_matrix)
return f(x)
""",
        "Conv2d.__init__": """
self.step, self.border = stride, pad
""",
        "Conv2d.forward": """
KH, KW = W.shape[2:]
rows = im2col_array(x, (KH, KW), self.step, self.border)
y = rows @ W.reshape(len(W), -1).T  # (N*OH*OW, OC)
if b is not None:
    y = y + b
OH, OW = out_size(x.shape, (KH, KW), self.step, self.border)
y = y.reshape(len(x), OH, OW, len(W)).transpose(0, 3, 1, 2)
return np.ascontiguousarray(y)
""",
        "Conv2d.backward": """
x, W, b = self.inputs
how = W.shape[2:], self.step, self.border
rows = im2col(x, *how)
flat = gy.transpose(0, 2, 3, 1).reshape(-1, len(W))
gW = (flat.T @ rows).reshape(W.shape)
gx = col2im(flat @ W.reshape(len(W), -1), x.shape, *how)
gb = flat.sum(axis=0) if self.needs_grad(2) else None
return gx, gW, gb
""",
        "Pooling.__init__": """
self.how = pair(kernel_size), pair(stride)
self.pad = pad
""",
        "Pooling.forward": """
padded = pad_images(x, self.pad, -np.inf)
col = im2col_array(padded, *self.how, 0, to_matrix=False)
self.shape = N, C, KH, KW, OH, OW = col.shape
windows = col.reshape(N, C, KH * KW, OH, OW)
self.first = windows.argmax(axis=2)
return windows.max(axis=2)
""",
        "Pooling.backward": """
N, C, KH, KW, OH, OW = self.shape
place = np.arange(KH * KW)[:, None, None]
mine = self.first[:, :, None] == place
spread = where(mine, gy.reshape(N, C, 1, OH, OW), 0.0)
spread = spread.reshape(self.shape)
x = self.inputs[0]
return col2im(spread, x.shape, *self.how, self.pad, False)
""",
        "conv2d": """
f = Conv2d(stride, pad)
return f(x, W, b)
""",
        "pooling": """
f = Pooling(kernel_size, stride, pad)
return f(x)
""",
    },
    60: {
        "LSTM.__init__": """
super().__init__()
self.size = hidden_size
for gate in "fiou":
    setattr(self, "x2" + gate, Linear(hidden_size, in_size=in_size))
for gate in "fiou":
    old = Linear(hidden_size, in_size=hidden_size, nobias=True)
    setattr(self, "h2" + gate, old)
self.reset_state()
""",
        "LSTM.reset_state": """
self.h = self.c = None
""",
        "LSTM.forward": """
if self.h is None:
    zeros = np.zeros((x.shape[0], self.size), x.dtype)
    self.h, self.c = zeros, zeros
parts = {}
for gate in "fiou":
    of_x, of_h = getattr(self, "x2" + gate), getattr(self, "h2" + gate)
    squeeze = F.tanh if gate == "u" else F.sigmoid
    parts[gate] = squeeze(of_x(x) + of_h(self.h))
self.c = parts["f"] * self.c + parts["i"] * parts["u"]
self.h = parts["o"] * F.tanh(self.c)
return self.h
""",
        "SeqDataLoader.__init__": """
DataLoader.__init__(self, dataset, batch_size, False, gpu)
""",
        "SeqDataLoader._next_index": """
length = self.data_size // self.batch_size
found = [
    (row * length + self.iteration) % self.data_size
    for row in range(self.batch_size)
]
return np.array(found)
""",
        "train": """
def learn_from(losses):
    total = losses[0]
    for loss in losses[1:]:
        total = total + loss
    model.cleargrads()
    total.backward()
    total.unchain_backward()
    optimizer.update()

model.rnn.reset_state()
losses = []
for x, t in loader:
    losses.append(F.mean_squared_error(model(x), t))
    if len(losses) == k:
        learn_from(losses)
        losses = []
if losses:
    learn_from(losses)
""",
    },
    62: {
        "selection": """
places = np.arange(np.prod(shape)).reshape(shape)[slices].flatten()
S = np.zeros((len(places), int(np.prod(shape))))
for row, place in enumerate(places):
    S[row, place] = 1
return S
""",
        "roughness": """
a = image.astype(float)
right = np.abs(a[:, 1:] - a[:, :-1]).mean()
below = np.abs(a[1:] - a[:-1]).mean()
return (right + below) / 2
""",
    },
    63: {
        "tokens": """
for match in re.finditer(TOKEN, text):
    yield match.lastgroup, match.group(), match.start()
yield "end", "the end", len(text)
""",
        "apply_top": """
name, position = waiting.pop()
if name == "sign":
    values.append(-values.pop())
elif name in functions:
    argument = values.pop()
    values.append(functions[name](argument))
else:
    right, left = values.pop(), values.pop()
    values.append(APPLY[name](left, right))
""",
        "evaluate": """
values, waiting = [], []

def work(rank):
    while waiting and rank_of(waiting[-1][0]) >= rank:
        apply_top(values, waiting, functions)

def rank_of(name):
    return RANK.get(name, 5)

pieces = list(tokens(text))
need_value = True
for n, (kind, piece, at) in enumerate(pieces):
    if need_value:
        if kind == "number":
            values.append(number(piece))
            need_value = False
        elif piece in names:
            values.append(names[piece])
            need_value = False
        elif piece in functions:
            if pieces[n + 1][1] != "(":
                complain(text, at, f"{piece} needs a (")
            waiting.append((piece, at))
        elif kind == "name":
            complain(text, at, f"unknown name {piece}")
        elif piece == "-":
            waiting.append(("sign", at))
        elif piece == "(":
            waiting.append(("(", at))
        else:
            complain(text, at, f"expected a value, got {piece}")
    elif piece == "^":
        work(RANK["^"] + 1)
        waiting.append((piece, at))
        need_value = True
    elif piece in APPLY:
        work(RANK[piece])
        waiting.append((piece, at))
        need_value = True
    elif piece == ")":
        work(1)
        if not waiting:
            complain(text, at, "this ) was never opened")
        waiting.pop()
        if waiting and waiting[-1][0] in functions:
            apply_top(values, waiting, functions)
    elif kind != "end":
        complain(text, at, f"expected an operator, got {piece}")
work(1)
if waiting:
    complain(text, waiting[-1][1], "this ( is never closed")
return values[0]
""",
    },
    67: {
        "Tensor.__init__": """
self.data = np.array(data)
self.autograd = autograd
self.creators = tuple(creators)
self.creation_op = op
self.grad = None
""",
        "Tensor.children": """
uses, seen, stack = {}, {self}, [self]
while stack:
    for x in stack.pop().creators:
        uses[x] = uses.get(x, 0) + 1
        if x.autograd and x not in seen:
            seen.add(x)
            stack.append(x)
return uses
""",
        "Tensor.backward": """
if gy is None:
    gy = type(self)(np.ones_like(self.data))
waits_for = self.children()
complete, inbox = [(self, gy)], {}
order = []
while complete:
    tensor, gy = complete.pop(0)
    same_shape("backward", tensor, gy)
    order.append(tensor)
    tensor.grad = gy if tensor.grad is None else tensor.grad + gy
    for x, gx in zip(tensor.creators, tensor.gradients(gy)):
        if not create_graph:
            gx = type(self)(gx.data)
        inbox.setdefault(x, []).append(gx)
        if x.autograd and len(inbox[x]) == waits_for[x]:
            total, *others = inbox.pop(x)
            for other in others:
                total = total + other
            complete.append((x, total))
return order
""",
        "Tensor.gradients": """
op = self.creation_op
word, dim = op if isinstance(op, tuple) else (op, None)
c = self.creators
if word is None:
    return ()
if word == "add":
    return gy, gy
if word == "sub":
    return gy, -gy
if word == "neg":
    return (-gy,)
if word == "mul":
    a, b = c
    return b * gy, a * gy
if word == "mm":
    a, b = c
    return gy.mm(b.transpose()), a.transpose().mm(gy)
if word == "transpose":
    return (gy.transpose(),)
if word == "sum":
    return (gy.expand(dim, c[0].data.shape[dim]),)
if word == "expand":
    return (gy.sum(dim),)
raise NotImplementedError(f"gradients: no case {word}")
""",
        "Tensor.__add__": """
same_shape("+", self, other)
return made("add", np.add(self.data, other.data), self, other)
""",
        "Tensor.__neg__": """
return made("neg", np.negative(self.data), self)
""",
        "Tensor.__sub__": """
same_shape("-", self, other)
return made("sub", np.subtract(self.data, other.data), self, other)
""",
        "Tensor.__mul__": """
same_shape("*", self, other)
return made("mul", np.multiply(self.data, other.data), self, other)
""",
        "Tensor.sum": """
return made(("sum", dim), np.sum(self.data, axis=dim), self)
""",
        "Tensor.expand": """
return made(("expand", dim), np.stack([self.data] * copies, dim), self)
""",
        "Tensor.transpose": """
return made("transpose", np.transpose(self.data), self)
""",
        "Tensor.mm": """
return made("mm", np.matmul(self.data, other.data), self, other)
""",
        "made": """
kind = creators[0].__class__
for x in creators:
    if x.autograd:
        return kind(data, True, creators, op)
return kind(data)
""",
        "same_shape": """
if not isinstance(x1, Tensor):
    found = type(x1)
elif x1.data.shape == x0.data.shape:
    return
else:
    found = x1.data.shape
raise ValueError(
    f"{op}: expected a Tensor of shape {x0.data.shape}, "
    f"got {found} (see step 67)"
)
""",
        "overwrite": """
tensor.grad = gy
gradients = tensor.gradients(gy)
for n, x in enumerate(tensor.creators):
    overwrite(x, gradients[n])
""",
        "by_tensors": """
first, second = Tensor(W0, True), Tensor(W1, True)
miss = Tensor(x).mm(first).mm(second) - Tensor(t)
loss = (miss * miss).sum(0).sum(0)
loss.backward()
return float(loss.data), first.grad.data, second.grad.data
""",
    },
    68: {
        "Tensor.tanh": """
e = np.tanh(self.data)
return made("tanh", e, self)
""",
        "Tensor.sigmoid": """
return made("sigmoid", (np.tanh(self.data / 2) + 1) / 2, self)
""",
        "Tensor.gradients": """
word = self.creation_op
if word == "tanh":
    return (gy - self * self * gy,)
if word == "sigmoid":
    return (self * gy - self * self * gy,)
return step67.Tensor.gradients(self, gy)
""",
        "Layer.parameters": """
return []
""",
        "Linear.__init__": """
scale = (2 / n_in) ** 0.5
self.W = Tensor(rng.standard_normal((n_in, n_out)) * scale, True)
self.b = Tensor(np.zeros(n_out), True)
""",
        "Linear.__call__": """
N = x.data.shape[0]
return self.b.expand(0, N) + x.mm(self.W)
""",
        "Linear.parameters": """
return [self.W, self.b]
""",
        "Tanh.__call__": """
return x.tanh()
""",
        "Sigmoid.__call__": """
return x.sigmoid()
""",
        "Sequential.__init__": """
self.layers = list(layers)
""",
        "Sequential.__call__": """
y = x
for f in self.layers:
    y = f(y)
return y
""",
        "Sequential.parameters": """
found = []
for layer in self.layers:
    found.extend(layer.parameters())
return found
""",
        "SquaredError.__call__": """
miss = t - y
return (miss * miss).sum(1).sum(0)
""",
        "SGD.__init__": """
self.trained = list(parameters)
self.rate = rate
""",
        "SGD.step": """
for p in self.trained:
    if p.grad is None:
        continue
    p.data = p.data - p.grad.data * self.rate
    p.grad = None
""",
        "train": """
sgd, error = SGD(model.parameters(), rate), SquaredError()
x, t = Tensor(x), Tensor(t)
for _ in range(10):
    loss = error(model(x), t)
    loss.backward()
    sgd.step()
    yield loss.data.item()
""",
    },
    71: {
        "Dual.__init__": """
self.value, self.slope = value, slope
""",
        "Dual.__add__": """
if not isinstance(other, Dual):
    return Dual(self.value + other, self.slope)
return Dual(self.value + other.value, self.slope + other.slope)
""",
        "Dual.__mul__": """
if not isinstance(other, Dual):
    return Dual(self.value * other, self.slope * other)
left, right = self.slope * other.value, self.value * other.slope
return Dual(self.value * other.value, left + right)
""",
        "Dual.__rmatmul__": """
return Dual(np.matmul(W, self.value), np.matmul(W, self.slope))
""",
        "Dual.__pow__": """
return Dual(self.value**c, self.slope * c * self.value ** (c - 1))
""",
        "Dual.__sub__": """
return self + as_dual(other) * -1
""",
        "Dual.__getitem__": """
return Dual(self.value[i], self.slope[i])
""",
        "as_dual": """
if isinstance(x, Dual):
    return x
return Dual(x, 0 * np.asarray(x))
""",
        "tanh_of": """
if not isinstance(x, Dual):
    return F.tanh(x)
return Dual(np.tanh(x.value), x.slope / np.cosh(x.value) ** 2)
""",
        "stack_of": """
if any(isinstance(x, Dual) for x in xs):
    values = np.array([x.value for x in xs])
    return Dual(values, np.array([x.slope for x in xs]))
return F.stack(xs)
""",
        "forward_mode": """
result = f(Dual(x, v))
return result.value, result.slope
""",
        "vjp": """
start = Variable(x)
y = f(start)

def row(w):
    start.grad = None
    y.grad = Variable(w)
    y.backward()
    return start.grad.data

return y.data, row
""",
        "jvp": """
start = Variable(x)
y = f(start)
w = Variable(np.ones_like(y.data))
y.backward(gradient=w, create_graph=True)
number = (start.grad * v).sum()
number.backward()
return y.data, w.grad.data
""",
        "jacobian": """
if not forward:
    y, row = vjp(f, x)
    return np.array([row(w) for w in np.eye(len(y))])
columns = []
for i in range(len(x)):
    v = np.zeros(len(x))
    v[i] = 1
    columns.append(forward_mode(f, x, v)[1])
return np.array(columns).T
""",
        "hvp": """
start = Variable(x)
f(start).backward(create_graph=True)
slope = start.grad
start.cleargrad()
(slope * v).sum().backward()
return start.grad.data
""",
        "product": """
def times(a, b):
    return a @ b, a.shape[0] * a.shape[1] * b.shape[1]

count = 0
if forward:
    result = tables[-1]
    for table in tables[-2::-1]:
        result, more = times(table, result)
        count += more
else:
    result = tables[0]
    for table in tables[1:]:
        result, more = times(result, table)
        count += more
return result, count
""",
    },
}
