"""train.json and train/*.safetensors: gradients and training curves of the checkpoint clip/quick, and of a small MLP, by PyTorch in float64."""
import copy, math
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from transformers.models.clip import CLIPModel
from common import HERE, pixel_tensor, pixels, round32, save, tensor

g = torch.Generator().manual_seed(77)
BATCH, CLASSES, STEPS, WARMUP = 6, 5, 20, 5
ADAMW = dict(betas=(0.9, 0.98), eps=1e-6, weight_decay=0.1)


def lr_at(step, lr, warmup=WARMUP, total=STEPS):
    """wise-ft, model-soups utils.py cosine_lr; steps from 0."""
    return lr * (step + 1) / warmup if step < warmup else 0.5 * (1 + math.cos(math.pi * (step - warmup) / (total - warmup))) * lr


def clip_model():
    return CLIPModel.from_pretrained(HERE / "clip" / "quick", dtype=torch.float32).double().train()  # its dropout is 0


# Four batches, taken in turn. Captions are random tokens between start and end, padded with end, as CLIP's tokenizer does.
def caption(vocab, context):
    n = int(torch.randint(2, context - 2, (), generator=g))
    ids = torch.full((context,), vocab - 1)
    ids[0] = vocab - 2
    ids[1 : n + 1] = torch.randint(0, vocab - 2, (n,), generator=g)
    return ids


reference = clip_model()
text, vision = reference.config.text_config, reference.config.vision_config
batches = [
    dict(pixels=pixels(g, BATCH, 3, vision.image_size, vision.image_size),
         ids=torch.stack([caption(text.vocab_size, text.max_position_embeddings) for _ in range(BATCH)]),
         labels=torch.randint(0, CLASSES, (BATCH,), generator=g))
    for _ in range(4)
]
head = {"head.weight": round32(F.normalize(torch.randn(CLASSES, reference.config.projection_dim, generator=g, dtype=torch.float64), dim=-1)),
        "head.bias": round32(0.1 * torch.randn(CLASSES, generator=g, dtype=torch.float64))}


def contrastive(model, batch):
    return model(input_ids=batch["ids"], pixel_values=batch["pixels"], return_loss=True).loss


def classifier(model, head, batch):
    """Logits exp(logit_scale)·f·Wᵀ + b, f the projected, normalised image embedding: a zero-shot head (W the text embeddings) that goes on training."""
    f = F.normalize(model.get_image_features(pixel_values=batch["pixels"]).pooler_output, dim=-1)
    return F.cross_entropy(model.logit_scale.exp() * f @ head["head.weight"].T + head["head.bias"], batch["labels"])


def gradients(loss, named):
    named = dict(named)
    grads = torch.autograd.grad(loss, list(named.values()), allow_unused=True)
    return {k: v for k, v in zip(named, grads) if v is not None}


def write(name, tensors):
    (HERE / "train").mkdir(exist_ok=True)
    save_file({k: v.detach().to(torch.float32).contiguous() for k, v in tensors.items()}, HERE / "train" / name)


def no_decay(name, p):
    return p.ndim < 2 or "position_embedding" in name or "token_embedding" in name


def adamw(named, lr):
    named = dict(named)
    return torch.optim.AdamW([
        {"params": [p for n, p in named.items() if not no_decay(n, p)]},
        {"params": [p for n, p in named.items() if no_decay(n, p)], "weight_decay": 0.0},
    ], lr=lr, **ADAMW)


def curve(named, loss_of, optimizer, lr, steps=STEPS, max_norm=1.0, after=lambda: None):
    losses, norms, parameters = [], [], list(dict(named).values())
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = lr_at(step, lr)
        optimizer.zero_grad()
        loss = loss_of(batches[step % len(batches)])
        loss.backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(parameters, max_norm)))
        optimizer.step()
        after()
        losses.append(loss.item())
    return losses, norms


result = {"batches": [{"pixels": pixel_tensor(b["pixels"]), "ids": tensor(b["ids"]), "labels": tensor(b["labels"])} for b in batches],
          "head": {k: tensor(v) for k, v in head.items()}, "schedule": [lr_at(s, 1.0) for s in range(STEPS)]}

# Gradients of every parameter, at the checkpoint as saved.
model = clip_model()
loss = contrastive(model, batches[0])
write("contrastive-grads.safetensors", gradients(loss, model.named_parameters()))
result["contrastiveLoss"] = loss.item()
h = {k: v.clone().requires_grad_(True) for k, v in head.items()}
named = {**dict(model.named_parameters()), **h}
loss = classifier(model, h, batches[0])
write("classifier-grads.safetensors", gradients(loss, named))
result["classifierLoss"] = loss.item()

# Twenty steps of AdamW on the contrastive loss, with an exponential moving average beside it.
model, lr, decay = clip_model(), 1e-3, 0.9
ema = copy.deepcopy(model)
def average():
    with torch.no_grad():
        for e, p in zip(ema.parameters(), model.parameters()):
            e.mul_(decay).add_(p, alpha=1 - decay)
losses, norms = curve(model.named_parameters(), lambda b: contrastive(model, b), adamw(model.named_parameters(), lr), lr, after=average)
result["adamw"] = dict(lr=lr, warmup=WARMUP, steps=STEPS, maxNorm=1.0, beta1=0.9, beta2=0.98, eps=1e-6, weightDecay=0.1, emaDecay=decay, losses=losses, gradientNorms=norms,
                       noDecay=[n for n, p in model.named_parameters() if no_decay(n, p)])
write("adamw-final.safetensors", dict(model.named_parameters()))
some = ["logit_scale", "visual_projection.weight", "text_model.final_layer_norm.bias", "vision_model.encoder.layers.0.self_attn.q_proj.weight"]
write("adamw-ema.safetensors", {k: v for k, v in ema.named_parameters() if k in some})
print("AdamW losses", [round(x, 4) for x in losses[::4]], "norms", [round(x, 2) for x in norms[::4]])

# SGD with Nesterov momentum on the classifier, all parameters.
model = clip_model()
h = {k: v.clone().requires_grad_(True) for k, v in head.items()}
named = {n: p for n, p in {**dict(model.named_parameters()), **h}.items() if n in gradients(classifier(model, h, batches[0]), {**dict(model.named_parameters()), **h})}
sgd = torch.optim.SGD(named.values(), lr=0.02, momentum=0.9, nesterov=True)
losses, norms = curve(named, lambda b: classifier(model, h, b), sgd, 0.02, steps=10)
result["nesterov"] = dict(lr=0.02, warmup=WARMUP, total=STEPS, steps=10, momentum=0.9, maxNorm=1.0, losses=losses, gradientNorms=norms)
print("Nesterov losses", [round(x, 4) for x in losses])

# A small MLP, on which each optimiser is followed alone: x → relu(x W1ᵀ + b1) W2ᵀ + b2, cross-entropy, eight fixed rows.
start = {"w1": round32(torch.randn(8, 5, generator=g, dtype=torch.float64) * 0.5), "b1": round32(torch.randn(8, generator=g, dtype=torch.float64) * 0.1),
         "w2": round32(torch.randn(3, 8, generator=g, dtype=torch.float64) * 0.5), "b2": round32(torch.randn(3, generator=g, dtype=torch.float64) * 0.1)}
x, y = round32(torch.randn(8, 5, generator=g, dtype=torch.float64)), torch.randint(0, 3, (8,), generator=g)


def mlp(make, steps=8):
    p = {k: v.clone().requires_grad_(True) for k, v in start.items()}
    optimizer, losses = make(p), []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.cross_entropy(F.linear(F.relu(F.linear(x, p["w1"], p["b1"])), p["w2"], p["b2"]), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return {"losses": losses, "final": {k: tensor(v) for k, v in p.items()}}


two = lambda p: [{"params": [p["w1"], p["w2"]]}, {"params": [p["b1"], p["b2"]], "weight_decay": 0.0}]
result["mlp"] = {
    "start": {k: tensor(v) for k, v in start.items()}, "x": tensor(x), "y": tensor(y), "steps": 8,
    "sgd": mlp(lambda p: torch.optim.SGD(p.values(), lr=0.1)),
    "momentum": mlp(lambda p: torch.optim.SGD(two(p), lr=0.1, momentum=0.9, weight_decay=0.05)),
    "nesterov": mlp(lambda p: torch.optim.SGD(two(p), lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.05)),
    "adamw": mlp(lambda p: torch.optim.AdamW(two(p), lr=0.05, betas=(0.8, 0.95), eps=1e-7, weight_decay=0.2)),
}
save("train.json", result)
