"""Names that layers have in other libraries, and what to write here instead."""

_ELSEWHERE = {
    "parameters": "write params() (see step 44)",
    "named_parameters": "write params(); each Parameter has a name (see step 44)",
    "trainable_weights": "write params() (see step 44)",
    "weights": "write params() (see step 44)",
    "children": "the layers inside are attributes; print(model) shows them "
    "(see step 45)",
    "modules": "the layers inside are attributes; print(model) shows them "
    "(see step 45)",
    "named_modules": "the layers inside are attributes; print(model) shows them "
    "(see step 45)",
    "add_module": "assign the layer to an attribute: model.name = layer (see step 45)",
    "register_module": "assign the layer to an attribute: model.name = layer "
    "(see step 45)",
    "register_parameter": "assign it to an attribute: layer.W = Parameter(array) "
    "(see step 44)",
    "register_buffer": "assign the array to an attribute: layer.mean = array "
    "(see step 44)",
    "train": "layers are in training mode except in `with dezero.test_mode():` "
    "(see step 54)",
    "eval": "call the model in `with dezero.test_mode():` (see step 54)",
    "state_dict": "write save_weights(path) (see step 53)",
    "load_state_dict": "write load_weights(path) (see step 53)",
    "save": "write save_weights(path) (see step 53)",
    "load": "write load_weights(path) (see step 53)",
    "get_weights": "write params(), or save_weights(path) (see step 53)",
    "set_weights": "write load_weights(path) (see step 53)",
    "to": "write to_gpu() or to_cpu() (see step 52)",
    "cuda": "write to_gpu() (see step 52)",
    "cpu": "write to_cpu() (see step 52)",
    "float": "the dtype is an argument: Linear(10, dtype=np.float32) (see step 44)",
    "double": "the dtype is an argument: Linear(10, dtype=np.float64) (see step 44)",
    "half": "the dtype is an argument: Linear(10, dtype=np.float16) (see step 44)",
    "requires_grad_": "write optimizer.add_hook(FreezeParam(layer)) (see step 46)",
    "freeze": "write optimizer.add_hook(FreezeParam(layer)) (see step 46)",
    "trainable": "write optimizer.add_hook(FreezeParam(layer)) (see step 46)",
    "zero_grads": "write cleargrads() (see step 44)",
    "clear_grads": "write cleargrads() (see step 44)",
    "cleargrad": "write cleargrads(), with an s: it clears all of them (see step 44)",
    "backward": "it belongs to the loss: loss.backward() (see step 44)",
    "step": "write optimizer.update() (see step 46)",
    "update": "write optimizer.update() (see step 46)",
    "compile": "write the loop over batches (see step 48)",
    "fit": "write the loop over batches (see step 48)",
    "evaluate": "write the loop over the test set (see step 50)",
    "predict": "call it: y = model(x), in `with dezero.no_grad():` (see step 50)",
    "add": "write Sequential(layer, layer, ...), or model.layers.append(layer) "
    "(see step 45)",
    "reset": "a recurrent layer has reset_state() (see step 59)",
    "weight": "write layer.W (see step 44)",
    "bias": "write layer.b (see step 44)",
    "in_features": "write layer.in_size (see step 44)",
    "out_features": "write layer.out_size (see step 44)",
}
