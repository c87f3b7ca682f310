"""Makes the files of this folder: python make.py, with torch, and for the Keras files keras and h5py."""
import os
import pathlib
import zipfile
from collections import OrderedDict

import torch

HERE = pathlib.Path(__file__).parent


def types():
    """Every type, and every way in which a tensor can lie in its storage."""
    row = torch.arange(12, dtype=torch.float32)
    tensors = OrderedDict()
    for name in ("float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8"):
        tensors[name] = torch.arange(6).reshape(2, 3).to(getattr(torch, name))
    tensors["bool"] = torch.tensor([True, False, True])
    tensors["transposed"] = row.reshape(3, 4).t()
    tensors["offset"] = row[4:10]
    tensors["strided"] = row[1::4]
    tensors["shared"] = row
    tensors["scalar"] = torch.tensor(2.5)
    tensors["empty"] = torch.empty(0, 4)
    tensors["parameter"] = torch.nn.Parameter(torch.tensor([1.0, -1.0]))
    tensors["expanded"] = torch.tensor([7.0]).expand(2, 3)
    return tensors


def network():
    """A checkpoint as training scripts write it, of a network wrapped by DataParallel."""
    net = torch.nn.Sequential(OrderedDict(conv=torch.nn.Conv2d(3, 2, 3), bn=torch.nn.BatchNorm2d(2)))
    with torch.no_grad():
        for i, value in enumerate(net.state_dict().values()):
            if value.is_floating_point():
                value.copy_(torch.arange(value.numel()).reshape(value.shape) + 100 * i)
    wrapped = torch.nn.DataParallel(net)
    optimizer = torch.optim.Adam(wrapped.parameters())
    net(torch.zeros(1, 3, 4, 4)).sum().backward()
    keep = [p.detach().clone() for p in net.parameters()]
    optimizer.step()
    with torch.no_grad():
        for p, old in zip(net.parameters(), keep):
            p.copy_(old)
    return {"epoch": 3, "best": 0.5, "state_dict": wrapped.state_dict(), "optimizer": optimizer.state_dict(),
            "names": ["a", ("b", None)], "seen": {1, 2}}


def deflate(source, target):
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))


def keras_files():
    os.environ["KERAS_BACKEND"] = "torch"
    import h5py
    import keras
    import numpy as np
    from keras import layers

    image = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, (3, 2), use_bias=False, name="stem")(image)
    x = layers.BatchNormalization(name="bn")(x)
    x = layers.DepthwiseConv2D(3, name="dw", padding="same")(x)
    x = layers.BatchNormalization(scale=False, name="shift")(x)
    inner_in = keras.Input((6, 7, 4))
    inner = keras.Model(inner_in, layers.Conv2D(4, 1, name="inner_conv")(inner_in), name="inner")
    x = inner(x)
    x = layers.Conv2DTranspose(5, 2, strides=2, name="up")(x)
    x = layers.GlobalAveragePooling2D()(x)
    model = keras.Model(image, layers.Dense(2, name="head")(x))
    values = {}
    for w in model.weights:
        w.assign(np.arange(np.prod(w.shape)).reshape(w.shape) + len(values))
        values[w.path] = w.numpy()
    model.save(HERE / "small.keras")
    model.save(HERE / "keras3.h5")
    model.save_weights(HERE / "small.weights.h5")

    # As Keras 2 on TensorFlow writes it: ":0" behind names, byte strings, attributes in chunks.
    with h5py.File(HERE / "keras2.h5", "w") as f:
        names = [b"input_1", b"stem", b"bn", b"dw"]
        f.attrs["layer_names0"], f.attrs["layer_names1"] = np.array(names[:2]), np.array(names[2:])
        f.attrs["backend"] = b"tensorflow"
        wanted = {"stem": ["kernel"], "bn": ["gamma", "beta", "moving_mean", "moving_variance"],
                  "dw": ["depthwise_kernel", "bias"], "input_1": []}
        for layer, weights in wanted.items():
            group = f.create_group(layer)
            group.attrs["weight_names"] = np.array([f"{layer}/{w}:0".encode() for w in weights] or [], "S64")
            for w in weights:
                value = values[f"{layer}/{'kernel' if w == 'depthwise_kernel' else w}"]
                group.create_dataset(f"{layer}/{w}:0", data=value, **({"compression": "gzip"} if w == "kernel" else {}))


def hdf5_files():
    """What h5py can make of arrays and attributes, in HDF5's oldest form (h5py's default) and its newest."""
    import h5py
    import numpy as np

    def common(f):
        for name in ("<f2", "<f4", "<f8", ">f4", "i1", "u1", "<i2", ">u2", "<i4", "<u4", "<i8", "<u8"):
            f[name.strip("<>") + ("_big" if name[0] == ">" else "")] = np.arange(6, dtype=name).reshape(2, 3)
        del f["f8"], f["i2"]

    with h5py.File(HERE / "arrays.h5", "w") as f:
        common(f.create_group("types"))
        f["types/bool"] = np.array([True, False, True])
        f["types/bfloat16"] = np.array([0x3F80, 0xC000], "<u2")  # 1 and -2, as Keras keeps them
        f["types/bfloat16"].attrs["dtype"] = "bfloat16"
        f["types/complex"] = np.zeros(2, "c8")
        f["scalar"], f["empty"] = np.float32(2.5), np.zeros((0, 4), "f4")
        numbers = np.arange(7 * 10, dtype="f4").reshape(7, 10)
        chunks = f.create_group("chunks")
        chunks.create_dataset("plain", data=numbers, chunks=(3, 4))
        chunks.create_dataset("deflated", data=numbers, chunks=(3, 4), compression="gzip")
        chunks.create_dataset("shuffled", data=numbers, chunks=(3, 4), compression="gzip", shuffle=True)
        chunks.create_dataset("many", data=np.arange(500, dtype="u1"), chunks=(5,))  # a B-tree of two levels
        chunks.create_dataset("checked", data=numbers, chunks=(3, 4), fletcher32=True)
        chunks.create_dataset("some", shape=(6,), dtype="f4", chunks=(3,))[:3] = 1  # the second is not written
        many = f.create_group("many")
        for i in range(300):
            many[f"{i:03}"] = np.uint8(i % 256)
        f["soft"] = h5py.SoftLink("/scalar")
        f["outside"] = h5py.ExternalLink("other.h5", "/scalar")
        texts = f.create_group("texts")
        texts.attrs["one"] = "caf\u00e9"
        texts.attrs["list"] = ["a", "", "three"]
        texts.attrs["fixed"] = np.array([b"stem", b"bn"])
        texts.attrs["number"] = 3
        texts.attrs["long"] = "x" * 5000

    with h5py.File(HERE / "arrays.latest.h5", "w", libver="latest") as f:
        f["a"] = np.arange(6, dtype="<f4").reshape(2, 3)
        f["group/b"] = np.arange(3, dtype="<i8")
        f["group"].attrs["layer_names"] = np.array([b"stem", b"bn"])
        f["group"].attrs["text"] = "one"
        f.create_dataset("chunked", data=np.arange(100, dtype="f4"), chunks=(30,))
    with h5py.File(HERE / "dense.latest.h5", "w", libver="latest") as f:
        for i in range(9):
            f.create_group(str(i))


if __name__ == "__main__":
    torch.save(types(), HERE / "types.pth")
    torch.save(types(), HERE / "types.legacy.pth", _use_new_zipfile_serialization=False)
    deflate(HERE / "types.pth", HERE / "types.deflated.pth")
    torch.save(network(), HERE / "checkpoint.pth")
    hdf5_files()
    keras_files()
