"""beside.json: SSF (Lian et al. 2022, eq. 1) and bottleneck adapters (Houlsby et al. 2019, §2; Pfeiffer et al. 2021) in the vision tower of clip/quick, written out as hooks: loss and gradients on the batch of lora/.

Run clip.py and lora.py first. Tensors are named after the module whose output they change.
"""
import json
import torch
import torch.nn.functional as F
from transformers.models.clip import CLIPModel
from common import HERE, read, round32, save, tensor

batch = json.loads((HERE / "lora" / "expected.json").read_text())
x, labels, head = (read(batch[name]) for name in ("pixels", "labels", "head"))
g = torch.Generator().manual_seed(94)


def drawn(*shape, mean=0.0):
    return round32(mean + 0.1 * torch.randn(shape, generator=g, dtype=torch.float64)).requires_grad_()


def ssf(name, module, theta):
    """y ← γ ⊙ y + β after every linear layer, norm and the patch embedding; γ alone where there is no bias to hold β."""
    if not isinstance(module, (torch.nn.Linear, torch.nn.LayerNorm, torch.nn.Conv2d)):
        return None
    width = module.weight.shape[0]
    wide = (-1, 1, 1) if isinstance(module, torch.nn.Conv2d) else (-1,)
    scale = theta.setdefault(f"{name}.ssf_scale", drawn(width, mean=1.0))
    shift = theta.setdefault(f"{name}.ssf_shift", drawn(width)) if module.bias is not None else torch.zeros(width)
    return lambda y: scale.view(wide) * y + shift.view(wide)


def bottleneck(after, act, width=3):
    """y ← y + U·σ(D·y + d) + u."""
    def of(name, module, theta):
        if not name.endswith(after):
            return None
        d = module.out_features
        down, low, up, high = (
            theta.setdefault(f"{name}.adapter.{part}", drawn(*shape))
            for part, shape in (("down.weight", (width, d)), ("down.bias", (width,)), ("up.weight", (d, width)), ("up.bias", (d,)))
        )
        return lambda y: y + F.linear(act(F.linear(y, down, low)), up, high)
    return of


kinds = {
    "ssf": (ssf, False),
    "houlsby": (bottleneck(("out_proj", "fc2"), lambda y: F.gelu(y, approximate="tanh")), True),
    "pfeiffer": (bottleneck(("fc2",), F.relu), False),
}
results = {}
for kind, (of, norms) in kinds.items():
    model = CLIPModel.from_pretrained(HERE / "clip" / "quick", dtype=torch.float32).double()
    theta = {}
    for name, module in model.named_modules():
        if name.startswith("vision_model") or name == "visual_projection":
            change = of(name, module, theta)
            if change:
                module.register_forward_hook(lambda _, __, y, change=change: change(y))
    own = dict(theta)
    if norms:  # §2.1: the layer normalisation is trained too
        own |= {n: p for n, p in model.named_parameters() if n.startswith("vision_model") and "norm" in n or n.startswith("vision_model.pre_layrnorm")}
    image = model.get_image_features(pixel_values=x).pooler_output
    loss = F.cross_entropy(batch["scale"] * F.normalize(image, dim=-1) @ head.T, labels)
    grads = torch.autograd.grad(loss, list(own.values()))
    results[kind] = {
        "tensors": {n: tensor(p) for n, p in theta.items()}, "imageEmbeds": tensor(image), "loss": loss.item(),
        "parameters": sum(p.numel() for p in own.values()), "gradients": {n: tensor(v) for n, v in zip(own, grads)},
    }
save("beside.json", results)
