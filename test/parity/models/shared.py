"""What these scripts share: the tensors of the engine's golden files, and small random weights."""
import json, pathlib, shutil, sys
import torch

HERE = pathlib.Path(__file__).parent
ENGINE = HERE.parent / "engine"
sys.path.insert(0, str(ENGINE))
from common import pixel_tensor, pixels, round32, tensor  # noqa: E402, F401


def randomise(model, g):
    """Weights large enough that every part of the model matters to the outputs."""
    with torch.no_grad():
        for name, p in model.named_parameters():
            z = torch.randn(p.shape, generator=g)
            if "norm" in name or "layrnorm" in name:
                p.copy_(1 + 0.2 * z if name.endswith("weight") else 0.1 * z)
            elif "logit_scale" in name:
                p.fill_(1.7)
            elif "token" in name or "pos" in name or "embedding" in name or "embed." in name:
                p.copy_(0.4 * z)
            elif p.ndim < 2:
                p.copy_(0.1 * z)
            else:
                p.copy_(z * 1.2 / p[0].numel() ** 0.5)


def save(name, model, dtype=torch.float32):
    """Writes the folder as `transformers` does, and opens it again in float64."""
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    model.to(dtype).eval().save_pretrained(folder)
    return folder, type(model).from_pretrained(folder, dtype=torch.float32).double().eval()


def write(path, value):
    path.write_text(json.dumps(value, separators=(",", ":")) + "\n")
    print(f"{path.parent.name}/{path.name}: {path.stat().st_size / 1024:.0f} KiB")
