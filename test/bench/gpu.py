"""PyTorch's side of `npm run bench -- gpu`: the same vision transformers, a training step and features.

Run by bench.ts as `gpu.py JSON`, with {"sizes": {NAME: {width, layers, heads, image, patch, batch}}, "seconds": S}; prints one JSON
document. A step is the forward pass, the gradient, clipping to norm 1 and AdamW, on a batch that lies in the CPU's memory before, as
Dashi's does. Products are in float32: TF32 is off, since WebGPU has none.
"""

import json
import statistics
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

CLASSES = 100
WARM = 3
RUNS = 30


class Block(nn.Module):
    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(b, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        x = x + self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, t, d))
        return x + self.fc2(F.gelu(self.fc1(self.norm2(x))))


class Tower(nn.Module):
    """CLIP's image tower: class token, positions, a norm before and after, a projection."""

    def __init__(self, width, layers, heads, image, patch):
        super().__init__()
        self.patches = nn.Conv2d(3, width, patch, patch, bias=False)
        self.token = nn.Parameter(0.02 * torch.randn(width))
        self.positions = nn.Parameter(0.02 * torch.randn(1 + (image // patch) ** 2, width))
        self.before, self.after = nn.LayerNorm(width), nn.LayerNorm(width)
        self.blocks = nn.Sequential(*[Block(width, heads) for _ in range(layers)])
        self.projection = nn.Linear(width, width, bias=False)

    def forward(self, pixels):
        x = self.patches(pixels).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(len(x), 1, -1), x], 1) + self.positions
        return self.projection(self.after(self.blocks(self.before(x))[:, 0]))


def timed(run, seconds):
    """Seconds of each run but the first ones; `run` ends with a value that the CPU reads."""
    began, took, i = time.perf_counter(), [], 0
    while len(took) < RUNS:
        late = time.perf_counter() - began > seconds
        if took and late:
            break
        start = time.perf_counter()
        run()
        if i >= WARM or (i > 0 and late):
            took.append(time.perf_counter() - start)
        i += 1
    return took


def measure(name, size, seconds, device):
    batch, image = size["batch"], size["image"]
    tower = Tower(size["width"], size["layers"], size["heads"], image, size["patch"])
    model = nn.Sequential(tower, nn.Linear(size["width"], CLASSES)).to(device)
    parameters = sum(p.numel() for p in model.parameters())
    adamw = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=device.type == "cuda")
    pixels = torch.rand(batch, 3, image, image)
    labels = torch.arange(batch) % CLASSES

    def step():
        loss = F.cross_entropy(model(pixels.to(device)), labels.to(device))
        adamw.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        adamw.step()
        if device.type == "cuda":
            torch.cuda.synchronize()
        return loss.item()

    @torch.inference_mode()
    def features():
        return tower(pixels.to(device)).cpu()

    work = parameters * (1 + (image // size["patch"]) ** 2) * batch

    def figures(took, operations):
        median = statistics.median(took)
        return {
            "seconds": median,
            "runs": len(took),
            "imagesPerSecond": batch / median,
            "gflops": operations / median / 1e9,
        }

    model.train()
    trained = figures(timed(step, seconds), 6 * work)
    model.eval()
    seen = figures(timed(features, seconds), 2 * work)
    return {"network": name, "batch": batch, "parameters": parameters, "step": trained, "features": seen}


def main():
    asked = json.loads(sys.argv[1])
    torch.manual_seed(1)
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    answer = {
        "version": torch.__version__,
        "device": device.type,
        "name": torch.cuda.get_device_name(0) if device.type == "cuda" else "CPU",
        "precision": "float32",
        "networks": [measure(name, size, asked["seconds"], device) for name, size in asked["sizes"].items()],
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
