"""regularisers.json: what regularises a fine-tuning of clip/quick's image tower and a classifier, by PyTorch in float64; run train.py first.

Loss and gradients with L2-SP (Li et al. 2018, eq. 3), distillation of logits (Li & Hoiem 2016, eq. 2-4) and of features (Jung et al. 2016, eq. 2), mixup (Zhang et
al. 2018) and CutMix (Yun et al. 2019), where the tower is the base's times 17/16; and steps of AdamW with BEiT's rates by layer, and with gradual unfreezing.
"""
import json
import torch
import torch.nn.functional as F
from transformers.models.clip import CLIPModel
from common import HERE, read, round32, save, tensor

train = json.loads((HERE / "train.json").read_text())
batches = [{k: read(b[k]) for k in ("pixels", "labels")} for b in train["batches"]]
g = torch.Generator().manual_seed(113)
base = CLIPModel.from_pretrained(HERE / "clip" / "quick", dtype=torch.float32).double()
DIM, CLASSES = base.config.projection_dim, 5
BLOCKS = base.config.vision_config.num_hidden_layers
head = {"head.weight": round32(10 * read(train["head"]["head.weight"])), "head.bias": read(train["head"]["head.bias"])}
old = {"weight": round32(8 * F.normalize(torch.randn(4, DIM, generator=g, dtype=torch.float64), dim=-1)),
       "bias": round32(0.1 * torch.randn(4, generator=g, dtype=torch.float64))}
SOME = ["vision_model.embeddings.class_embedding", "vision_model.pre_layrnorm.weight", "vision_model.encoder.layers.0.self_attn.v_proj.weight",
        "vision_model.encoder.layers.1.mlp.fc1.bias", "vision_model.encoder.layers.1.mlp.fc2.weight", "vision_model.post_layernorm.bias",
        "visual_projection.weight", "head.weight", "head.bias"]


def tower(model):
    return {n: p for n, p in model.named_parameters() if n.startswith(("vision_model.", "visual_projection."))}


def student(scale=1.0):
    model = CLIPModel.from_pretrained(HERE / "clip" / "quick", dtype=torch.float32).double()
    with torch.no_grad():
        for p in tower(model).values():
            p.copy_(round32(scale * p))
    return model, {**tower(model), **{n: t.clone().requires_grad_() for n, t in head.items()}}


def features(model, x):
    return F.normalize(model.get_image_features(pixel_values=x).pooler_output, dim=-1)


def classify(f, own):
    return F.linear(f, own["head.weight"], own["head.bias"])


def answer(loss, own):
    grads = dict(zip(own, torch.autograd.grad(loss, list(own.values()))))
    return {"loss": loss.item(), "norms": {n: d.norm().item() for n, d in grads.items()}, "gradients": {n: tensor(grads[n]) for n in SOME}}


x, labels = batches[0]["pixels"], batches[0]["labels"]
result = {"some": SOME, "head": {n: tensor(t) for n, t in head.items()}, "old": {n: tensor(t) for n, t in old.items()}, "scale": 17 / 16}

# L2-SP.
model, own = student(17 / 16)
start = tower(base)
loss = F.cross_entropy(classify(features(model, x), own), labels)
loss = loss + 0.1 / 2 * sum((own[n] - start[n].detach()).square().sum() for n in start) + 0.01 / 2 * sum(own[n].square().sum() for n in head)
result["l2sp"] = {"alpha": 0.1, "beta": 0.01, **answer(loss, own)}

# Distillation: softened answers of an old classifier, and features.
LAMBDA, T = 0.7, 2
with torch.no_grad():
    theirs = features(base, x)
for kind in ("logits", "features", "both"):
    model, own = student(17 / 16)
    f = features(model, x)
    terms = []
    if kind != "features":
        target = F.softmax(F.linear(theirs, old["weight"], old["bias"]) / T, dim=-1)
        terms.append(F.cross_entropy(F.linear(f, old["weight"], old["bias"]) / T, target))
    if kind != "logits":
        terms.append(0.5 * (f - theirs).square().sum(-1).mean())
    result[kind] = {"weight": LAMBDA, "temperature": T, **answer(F.cross_entropy(classify(f, own), labels) + LAMBDA * sum(terms), own)}

# Mixtures of the batch: blended with smoothed targets, and pasted with weighed classes.
partners = torch.randperm(len(x), generator=g)
share = 0.3
model, own = student(17 / 16)
one = F.one_hot(labels, CLASSES).double()
y = classify(features(model, share * x + (1 - share) * x[partners]), own)
result["mixup"] = {"partners": partners.tolist(), "share": share, "smoothing": 0.1,
                   **answer(F.cross_entropy(y, share * one + (1 - share) * one[partners], label_smoothing=0.1), own)}
height, width = x.shape[2:]
box = {"left": 3, "top": 5, "right": 3 + width // 2, "bottom": height}
pasted = x.clone()
inside = (..., slice(box["top"], box["bottom"]), slice(box["left"], box["right"]))
pasted[inside] = x[partners][inside]
share = 1 - (box["right"] - box["left"]) * (box["bottom"] - box["top"]) / (width * height)
weights = torch.tensor([0.5, 1, 2, 0.25, 1.5], dtype=torch.float64)
model, own = student(17 / 16)
y = classify(features(model, pasted), own)
loss = share * F.cross_entropy(y, labels, weight=weights) + (1 - share) * F.cross_entropy(y, labels[partners], weight=weights)
result["cutmix"] = {"partners": partners.tolist(), "share": share, "box": box, "classWeights": weights.tolist(), **answer(loss, own)}

# Steps of AdamW, each parameter in a group of its own.
ADAMW = dict(lr=1e-3, betas=(0.9, 0.999), eps=1e-6)


def layer(name):
    """BEiT's layers: 0 the embeddings and the norm before the blocks, then the blocks, then what follows them, the head too."""
    if ".encoder.layers." in name:
        return 1 + int(name.split(".encoder.layers.")[1].split(".")[0])
    return 0 if ".embeddings." in name or "pre_layrnorm" in name else BLOCKS + 1


def steps(n, scale=lambda name: 1.0, trains=lambda name, step: True):
    model, own = student()
    decays = lambda name, p: p.ndim > 1 and "position_embedding" not in name
    optimizer = torch.optim.AdamW([{"params": [p], "lr": ADAMW["lr"] * scale(name), "weight_decay": 0.1 if decays(name, p) else 0.0} for name, p in own.items()], **ADAMW)
    losses, norms = [], []
    for step in range(n):
        for name, p in own.items():
            p.requires_grad_(trains(name, step))
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(classify(features(model, batches[step]["pixels"]), own), batches[step]["labels"])
        loss.backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_([p for p in own.values() if p.requires_grad], 1.0)))
        optimizer.step()
        losses.append(loss.item())
    with torch.no_grad():
        first = student()[1]
        return {"losses": losses, "gradientNorms": norms, "moved": {n: tensor(own[n] - first[n]) for n in SOME}}


DECAY = 0.65
result["layerDecay"] = {"decay": DECAY, "scales": {n: DECAY ** (BLOCKS + 1 - layer(n)) for n in own}, **steps(3, lambda name: DECAY ** (BLOCKS + 1 - layer(name)))}
turn = lambda name: 0 if name.startswith("head.") else 1 + BLOCKS - min(layer(name), BLOCKS)
result["unfreezing"] = {"turns": {n: turn(n) for n in own}, **steps(4, trains=lambda name, step: step >= turn(name))}
save("regularisers.json", result)
print("moved", {n: round(read(t).norm().item(), 5) for n, t in result["unfreezing"]["moved"].items()})
