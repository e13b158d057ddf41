"""prolip.json: ProLIP (Fahes et al. 2024, §3.2) on clip/quick and coop/*.png: cross-entropy + λ ‖W − W⁰‖² of the image projection W.

The published mathematics in PyTorch, float64: loss and gradient at 17/16 of the start, and the losses of three steps of Adam on all images.
Run clip.py and coop.py first.
"""
import json, math
import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from tokenizers import Tokenizer
from transformers.models.clip import CLIPModel
from common import HERE, save, tensor

STEPS, LR, HOLD = 3, 0.01, 1.5
coop = json.loads((HERE / "coop.json").read_text())
labels = torch.tensor(coop["labels"])
mean, std = np.array([0.48145466, 0.4578275, 0.40821073]), np.array([0.26862954, 0.26130258, 0.27577711])
x = np.stack([np.asarray(Image.open(HERE / "coop" / f"{i}.png")) for i in range(len(labels))])
x = torch.from_numpy(((x / 255 - mean) / std).transpose(0, 3, 1, 2).copy())
model = CLIPModel.from_pretrained(HERE / "clip" / "quick", dtype=torch.float32).double()
tokenizer = Tokenizer.from_file(str(HERE / "clip" / "quick" / "tokenizer.json"))
end = model.config.text_config.vocab_size - 1
ids = torch.full((len(coop["names"]), 16), end)
for row, name in zip(ids, coop["names"]):
    found = tokenizer.encode(f"a {name}").ids
    row[: len(found)] = torch.tensor(found)
with torch.no_grad():
    texts = model.logit_scale.exp() * F.normalize(model.get_text_features(input_ids=ids).pooler_output, dim=-1)
    pooled = model.vision_model(pixel_values=x).pooler_output
start = model.visual_projection.weight.detach().clone()
penalty = HOLD * len(coop["names"]) / len(labels)  # λ = 1/N of N images of a class, times the setting


def loss(w):
    return F.cross_entropy(F.normalize(pooled @ w.T, dim=-1) @ texts.T, labels) + penalty * (w - start).square().sum()


w = (start * 17 / 16).requires_grad_()
found = loss(w)
apart = dict(loss=found.item(), gradient=tensor(torch.autograd.grad(found, w)[0]))
w = start.clone().requires_grad_()
optimizer = torch.optim.Adam([w], lr=LR)
losses = []
for step in range(STEPS):
    optimizer.param_groups[0]["lr"] = LR * (1 + math.cos(math.pi * step / STEPS)) / 2
    optimizer.zero_grad()
    found = loss(w)
    found.backward()
    optimizer.step()
    losses.append(found.item())
save("prolip.json", dict(template="a {}", steps=STEPS, lr=LR, hold=HOLD, penalty=penalty, pooled=tensor(pooled), texts=tensor(texts), apart=apart, losses=losses, weight=tensor(w)))
