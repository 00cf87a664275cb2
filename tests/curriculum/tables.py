"""The tables of the checks: what differs, what may be imported, who may seed."""

# Names through which a file reaches what is defined later: ops.add is dezero.core.add.
LATE = {"ops": "dezero.core"}

# Calls that refuse bad input and return good input as it is: the place, among the
# arguments, of what they return. The checkers of functions/ need no entry, their names
# begin with _as_: they are told who asks, then what came in, and give that back.
CHECKS = {"number": 2, "whole": 2, "judged": 1, "flag": 2, "one_of": 2, "floating": 1}

# Decorators that change nothing but an error's text, what an error leaves behind,
# numbers of two bytes, and what is computed a second time.
DECORATORS = {"named_arguments", "in_float32", "all_or_nothing", "lru_cache"}

# Helpers on arrays that are there for speed, or for a batch without rows, and their
# plain form, which a step writes. test_a_helper_is_its_plain_form computes both.
PLAIN = {
    "sum_along": "lambda x, axis: x.sum(axis=axis, keepdims=True)",
    "add_at": "lambda gx, slices, gy: np.add.at(gx, slices, gy)",
    "sum_rows": "lambda x: x.sum(axis=0)",
    "rows_in": "lambda x: len(x)",
    "select": "lambda condition, x0, x1: np.where(condition, x0, x1)",
    "root": "lambda h, eps: np.sqrt(h) + eps",
    "number_for": "lambda x, c: c",
    "sum_of_squares": "lambda g: (g * g).sum()",
    "States": "lambda: {}",
}

# Steps whose programs take more than 5 s. Only the slow tests run them.
LONG_PROGRAMS = {46, 48, 50, 51, 54, 57, 58, 59, 60, 74, 81, 82, 83, 84, 85}

# Loops over pieces of arrays, and what a step calls in their place: the whole is one
# piece there, `p, g = arrays(param)`, and the body stands without a loop.
LOOPS = {"pieces": "arrays"}


# New code of a step that is not the code of its namesake in the package, and why.
DIFFERENCES = {
    ("step06", "Exp"): "the package's gradients are arrays or Variables (step 32)",
    ("step09", "square"): "the package's is the power x**2, which comes in step 22",
    ("step10", "gradient_check"): "the package weighs outputs, so errors cannot cancel",
    ("step26", "get_dot_graph"): "the package can also number the nodes (stable=True)",
    ("step26", "plot_dot_graph"): "the package numbers them: equal graphs, equal files",
    ("step40", "Add"): "the package asks the Variables themselves: no arrays needed",
    ("step41", "MatMul"): "the package also multiplies vectors and stacks",
    ("step43", "Linear"): "the package also takes stacks, and adds b in place",
    ("step43", "Sigmoid"): "the package lets exp overflow, and works in place",
    (
        "step44",
        "Layer.__call__",
    ): "the package keeps weak references to what came, went",
    ("step44", "Linear"): "the package also checks nobias, and fills W on a GPU",
    ("step45", "Layer._owned"): "the package also looks into lists, tuples and dicts",
    ("step45", "MLP"): "the package's l0, l1, ... are places in a list; sizes checked",
    (
        "step50",
        "DataLoader",
    ): "the package also moves batches to a GPU, checks, and loops over copies",
    ("step51", "MNIST"): "the package also fetches the files, and shows them",
    ("step53", "Layer.save_weights"): "the package adds .npz, and checks the folder",
    ("step53", "Layer.load_weights"): "the package also checks late shapes, and GPUs",
    (
        "step57",
        "Conv2d",
    ): "the package makes its columns block by block",
    ("step57", "Pooling"): "the package notes no places; its gradient is a Function",
    ("step58", "VGG16.__init__"): "the package also checks the shapes in the file",
    ("step58", "Conv2d"): "the package also takes nobias, dtype, in_channels",
    ("step60", "LSTM"): "the package computes a step as one Function, lstm_cell",
    ("step71", "jvp"): "the package touches no grad, and can be differentiated",
    ("step71", "vjp"): "the package touches no grad, and can be differentiated",
    ("step71", "jacobian"): "the package returns a function, of any shapes",
    ("step71", "hvp"): "the package touches no grad, and can be differentiated",
    ("step72", "Node"): "the package's array-like is another class, and follows +=",
    ("step72", "placeholder"): "the package also checks, and has one maker of sources",
    ("step72", "fold"): "the package also drops products with 1, copies, casts",
    ("step72", "fuse"): "the package also fuses what one chain uses twice",
    ("step72", "compile"): "the package follows f, and works in pieces",
    ("step73", "BatchNorm"): "the package also takes images, and works in place",
    ("step73", "LayerNorm"): "the package also takes more axes, and works in place",
    ("step74", "BatchNorm"): "the package shares with other norms what comes late",
    ("step78", "MultiHeadAttention"): "the package also takes rope, dropout, a cache",
    ("step80", "GELU"): "the package works in place, and keeps float16 from infinity",
    ("step80", "LayerNorm"): "the package shares with other norms what comes late",
    ("step80", "RMSNorm"): "the package shares with other norms what comes late",
}


# Public names of the package whose step is not written yet, by that step. A name
# leaves this table when a step teaches it; nothing else may leave it, or enter.
NOT_YET_TAUGHT = {}


# What steps may import besides the standard library, from which step on.
IMPORTS = {
    1: {"numpy", "matplotlib", "graphviz"},
    23: {"dezero"},
    51: {"tqdm"},
    52: {"cupy"},
    58: {"PIL"},
    68: {"step67"},  # an engine of its own, shown once and then extended
    69: {"step68"},
    70: {"step69"},
}


# Steps that may seed NumPy's global generator, because a published number needs it
# or because a layer draws its first weights from there, as programs for DeZero expect.
LEGACY_SEEDS = {
    "step44",
    "step45",
    "step47",
    "step48",
    "step50",
    "step51",
    "step52",
    "step53",
    "step54",
    "step58",
    "step59",
    "step60",
    "step67",
    "step68",
    "step69",
    "step74",
    "step78",
    "step79",
    "step80",
    "step81",
    "step82",
    "step83",
    "step84",
    "step85",
}


# Steps whose text does not have its form yet (curriculum/layout.py, words.py). None is
# left, and none enters it.
LATER_FORM = set()


# Terms that the course must introduce (curriculum/words.py), a chapter each.
REQUIRED_WORDS = (
    """
variable
function
derivative
numerical differentiation
central difference
chain rule
forward mode
reverse mode
automatic differentiation
backpropagation
gradient
computational graph
gradient check

leaf
topological order
reference cycle
weak reference

gradient descent
learning rate
Newton's method
Hessian
double backprop
Hessian-vector product
gradient penalty

tensor
Jacobian
broadcasting
linear regression
loss function
mean squared error
activation function
nonlinearity
hidden layer
fully connected layer
parameter
hyperparameter
weight initialisation
Xavier initialisation
He initialisation
optimizer
momentum
bias correction
weight decay
gradient clipping
logit
softmax
cross-entropy
one-hot
mini-batch
epoch
training set
validation set
test set
overfitting

regularization
dropout
early stopping
convolution
cross-correlation
kernel
filter
feature map
stride
padding
receptive field
pooling
im2col
recurrent network
backpropagation through time
truncation
vanishing gradient
exploding gradient
LSTM
forget gate
input gate
output gate
cell state

shunting-yard
vector-Jacobian product
Jacobian-vector product
dual number
embedding
constant folding
common subexpression elimination
dead-code elimination
kernel fusion
""".strip()
    .replace("\n\n", "\n")
    .split("\n")
)

# Those that no step introduces yet. It only shrinks.
WORDS_MISSING = []

# Terms whose paper stands in the glossary, but not in the step's own text. It only
# shrinks.
PAPERS_UNSAID = []

# Steps whose exercise has no worked answer in steps/answers yet. It only shrinks.
ANSWERS_MISSING = set()
