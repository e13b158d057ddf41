"""What the golden-file scripts share: the JSON form of a tensor, and where files go.

A tensor is {"shape": [...], "data": base64 of little-endian float32}, or, with "dtype": "int64" / "bool", of int32 / uint8.
Everything is computed in float64 from float32-representable inputs and rounded to float32 once, at the end.
"""
import base64, json, pathlib
import numpy as np
import torch

HERE = pathlib.Path(__file__).parent


def tensor(x):
    if isinstance(x, torch.Tensor):
        x = x.detach().cpu().numpy()
    x = np.asarray(x)
    shape = list(x.shape)
    if x.dtype == np.bool_:
        return {"shape": shape, "dtype": "bool", "data": b64(x.astype("<u1"))}
    if x.dtype.kind in "iu":
        return {"shape": shape, "dtype": "int64", "data": b64(x.astype("<i4"))}
    return {"shape": shape, "data": b64(x.astype("<f4"))}


def b64(x):
    return base64.b64encode(np.ascontiguousarray(x).tobytes()).decode()


def round32(x):
    """The nearest float32 values, held in float64: what the engine gets and what PyTorch computes with are the same numbers."""
    return x.to(torch.float32).to(torch.float64)


def read(t):
    """A tensor of a golden file, floating-point ones in float64."""
    kind = {"int8/32": "i1", "int64": "<i4"}.get(t.get("dtype"), "<f4")
    x = torch.from_numpy(np.frombuffer(base64.b64decode(t["data"]), kind).copy().reshape(t["shape"]))
    return x.double() / 32 if kind == "i1" else x.long() if kind == "<i4" else x.double()


def save(name, value):
    text = json.dumps(value, separators=(",", ":"))
    (HERE / name).write_text(text + "\n")
    print(f"{name}: {len(text) / 1024:.0f} KiB")


def pixels(g, *shape):
    """Pixel values that one byte holds exactly: int8 / 32, spread about as normalised images are."""
    return (torch.randn(shape, generator=g, dtype=torch.float64) * 40).round().clamp(-127, 127) / 32


def pixel_tensor(x):
    """{"shape", "dtype": "int8/32", "data"}: a quarter of the room."""
    q = (x * 32).round()
    assert torch.equal(q / 32, x)
    return {"shape": list(x.shape), "dtype": "int8/32", "data": b64(q.numpy().astype("i1"))}
