"""Makes the goldens of EfficientNet-Lite0 and of resized position embeddings, which are timm's and
segmentation_models.pytorch's own numbers: python make_timm.py, with torch, timm and segmentation_models_pytorch.
The fill rule and the form of the files are in README.md."""
import copy
import json
import math
from pathlib import Path

import numpy as np
import segmentation_models_pytorch as smp
import timm
import torch
import torch.nn.functional as F
from timm.layers import resample_abs_pos_embed
from timm.models.vision_transformer import checkpoint_filter_fn

HERE = Path(__file__).parent
M = (1 << 64) - 1


def fnv1a(text):
    h = 0xCBF29CE484222325
    for byte in text.encode():
        h = ((h ^ byte) * 0x100000001B3) & M
    return h


def u(name, count):
    with np.errstate(over="ignore"):
        x = np.uint64(fnv1a(name)) + np.arange(count, dtype=np.uint64) + np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        x = x ^ (x >> np.uint64(31))
    return (x >> np.uint64(40)).astype(np.float64) / 2**24


def units(name, shape):
    return torch.from_numpy(u(name, math.prod(shape)).reshape(shape))


def filled(name, shape):
    value = units(name, shape)
    if name.endswith("num_batches_tracked"):
        return torch.zeros(shape, dtype=torch.int64)
    if len(shape) >= 2:
        value = (2 * value - 1) * math.sqrt(3 / math.prod(shape[1:]))
    elif name.endswith(".weight") or name.endswith("running_var"):
        value = 0.5 + value
    else:
        value = (value - 0.5) * 0.2
    return value.float().double()


def fill(model):
    model = model.double().eval()
    model.load_state_dict({n: filled(n, tuple(t.shape)) for n, t in model.state_dict().items()})
    return model


def number(x):
    return float(f"{float(x):.9g}")


def summary(output, samples=40):
    flat = output.detach().double().reshape(-1)
    step = max(1, flat.numel() // samples) | 1
    picked = range(0, flat.numel(), step)
    return {"shape": list(output.shape), "sum": number(flat.sum()), "abs_sum": number(flat.abs().sum()),
            "sq_sum": number(flat.square().sum()), "samples": [[i, number(flat[i])] for i in picked]}


def train(model, image, loss_name, loss_of, labels, described, lr, steps):
    model = copy.deepcopy(model).train()
    for each in model.modules():
        if isinstance(each, torch.nn.Dropout):
            each.p = 0
    losses, norms, buffers = [], {}, {}
    for step in range(steps):
        model.zero_grad()
        loss = loss_of(model(image), labels)
        loss.backward()
        losses.append(number(loss))
        if step == 0:
            names = [n for n, p in model.named_parameters()]
            chosen = names[:: max(1, len(names) // 16)] + names[-1:]
            grads = dict(model.named_parameters())
            norms = {n: number(grads[n].grad.norm()) for n in dict.fromkeys(chosen)}
            for n, b in model.named_buffers():
                if n.endswith(("bn1.running_mean", "bn2.running_var")) and "blocks" not in n:
                    buffers[n] = {"sum": number(b.sum()), "abs_sum": number(b.abs().sum())}
        with torch.no_grad():
            for p in model.parameters():
                if p.grad is not None:
                    p -= lr * p.grad
    return {"mode": "train mode, dropout and stochastic depth p = 0, every parameter trained; a fresh copy of "
            "the filled network", "labels": described, "loss_function": loss_name, "loss": losses[0],
            "grad_norms": norms, "buffers_after_first_forward": buffers,
            "optimizer": {"kind": "sgd", "lr": lr, "momentum": 0}, "losses": losses}


def network(file, source, model, shape, loss_name, loss_of, label_shape, classes, lr):
    model = fill(model)
    image = units("input", shape).float().double()
    described = {"name": "label", "shape": label_shape, "classes": classes}
    labels = torch.floor(units("label", label_shape) * classes)
    with torch.no_grad():
        output = model(image)
        single = copy.deepcopy(model).float()(image.float()).double()
    state = model.state_dict()
    lines = "".join(f"{n}:{json.dumps(list(t.shape), separators=(',', ':'))}\n" for n, t in state.items())
    off = max(1e-7, 10 * float((single - output).abs().max()))
    golden = {
        "source": source, "torch": torch.__version__.split("+")[0],
        "parameters": sum(p.numel() for p in model.parameters()),
        "tensor_count": len(state), "tensors_fnv1a": f"{fnv1a(lines):016x}",
        "first_tensors": {n: list(t.shape) for n, t in list(state.items())[:4]},
        "input": {"name": "input", "shape": shape}, "output": summary(output),
        "computed_in": "float64, from the fill rounded to float32",
        "tolerance": {"float64": {"samples_abs": 1e-7, "sums_rel": 1e-7, "grad_norms_rel": 1e-6,
                                  "losses_rel": 1e-7},
                      "float32": {"samples_abs": float(f"{off:.1g}"), "sums_rel": 1e-4}},
        "train": train(model, image, loss_name, loss_of, labels, described, lr, 2)}
    (HERE / file).write_text(json.dumps(golden) + "\n")
    print(file, golden["parameters"], golden["output"]["samples"][:4], golden["tolerance"]["float32"],
          golden["train"]["losses"])


def lite0():
    versions = f"timm {timm.__version__}"
    network("timm-tf-efficientnet-lite0.json",
            f"{versions}: create_model('tf_efficientnet_lite0', num_classes=4); output = logits",
            timm.create_model("tf_efficientnet_lite0", num_classes=4), [4, 3, 75, 98],
            "binary cross entropy with logits, mean; labels floor(2u) of the output's shape",
            F.binary_cross_entropy_with_logits, [4, 4], 2, 1e-3)
    network("smp-unet-tu-tf_efficientnet_lite0.json",
            f"segmentation_models_pytorch {smp.__version__}, {versions}: Unet('tu-tf_efficientnet_lite0', "
            "encoder_weights=None, classes=4); output = logits",
            smp.Unet("tu-tf_efficientnet_lite0", encoder_weights=None, classes=4), [2, 3, 64, 96],
            "cross entropy of the logits, mean over all elements",
            lambda logits, y: F.cross_entropy(logits, y.long()), [2, 64, 96], 4, 1e-2)


def positions():
    """A width of 4 shows all that there is of the resampling; the network is timm's vit_tiny."""
    cases = []
    posemb = units("pos_embed", (1, 197, 4)).float()
    for grid in ([8, 8], [24, 24], [8, 12], [14, 14]):
        resized = resample_abs_pos_embed(posemb, new_size=grid, num_prefix_tokens=1)
        cases.append({"grid": grid, "output": summary(resized, 60)})
    networks = []
    for size in ([128, 128], [384, 384]):
        of_224 = fill(timm.create_model("vit_tiny_patch16_224", num_classes=4))
        other = timm.create_model("vit_tiny_patch16_224", num_classes=4, img_size=size).double().eval()
        other.load_state_dict(checkpoint_filter_fn(of_224.state_dict(), other))
        image = units("input", (1, 3, *size)).float().double()
        with torch.no_grad():
            networks.append({"image_size": size, "logits": [number(v) for v in other(image)[0]]})
    golden = {"source": f"timm {timm.__version__}: resample_abs_pos_embed(u('pos_embed') [1, 197, 4] float32, grid); "
              "vit_tiny_patch16_224 filled, its state through checkpoint_filter_fn into img_size, float64",
              "torch": torch.__version__.split("+")[0], "positions": cases, "networks": networks,
              "tolerance": {"positions_abs": 1e-6, "logits_abs": 1e-6}}
    (HERE / "position-embedding.json").write_text(json.dumps(golden) + "\n")
    print(networks)


if __name__ == "__main__":
    torch.manual_seed(0)
    torch.set_num_threads(1)
    lite0()
    positions()
