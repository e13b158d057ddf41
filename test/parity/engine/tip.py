"""tip.json: Tip-Adapter and Tip-Adapter-F (Zhang et al. 2022; gaopengcuhk/Tip-Adapter main.py, utils.py search_hp) on clip/quick and coop/*.png.

The published mathematics in PyTorch, float64: the cache's logits, the search for alpha and beta, and one AdamW step of the keys.
Run clip.py and coop.py first.
"""
import json, math
import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from transformers.models.clip import CLIPModel
from common import HERE, save, tensor

coop = json.loads((HERE / "coop.json").read_text())
import base64
features = torch.from_numpy(np.frombuffer(base64.b64decode(coop["features"]["data"]), "<f4").reshape(coop["features"]["shape"]).astype(np.float64).copy())
labels = torch.tensor(coop["labels"])
model = CLIPModel.from_pretrained(HERE / "clip" / "quick", dtype=torch.float32).double()
tokenizer = Tokenizer.from_file(str(HERE / "clip" / "quick" / "tokenizer.json"))
end = model.config.text_config.vocab_size - 1
ids = torch.full((3, 16), end)
for row, name in zip(ids, coop["names"]):
    found = tokenizer.encode(f"a photo of a {name}.").ids
    found = found if len(found) <= 16 else found[:15] + [end]
    row[: len(found)] = torch.tensor(found)
with torch.no_grad():
    weights = F.normalize(model.get_text_features(input_ids=ids).pooler_output, dim=-1)
    scale = model.logit_scale.exp()
values = F.one_hot(labels).double()


def logits(x, keys, alpha, beta):
    return scale * x @ weights.T + alpha * torch.exp(-(beta - beta * (x @ keys.T))) @ values


@torch.no_grad()
def search(keys):
    """search_hp with search_scale [7, 3] and search_step [200, 20]: the first of the best."""
    best, found = 0, None
    for beta in [i * (7 - 0.1) / 200 + 0.1 for i in range(200)]:
        for alpha in [i * (3 - 0.1) / 20 + 0.1 for i in range(20)]:
            right = (logits(features, keys, alpha, beta).argmax(1) == judged).sum().item()
            if right > best:
                best, found = right, dict(alpha=alpha, beta=beta, accuracy=right / len(judged))
    return found


judged = labels

keys = features.clone().requires_grad_()
loss = F.cross_entropy(logits(features, keys, 1, 1), labels)
(gradient,) = torch.autograd.grad(loss, keys)
keys.grad = gradient
optimizer = torch.optim.AdamW([keys], lr=1e-3, eps=1e-4, weight_decay=0.01)
optimizer.step()
with torch.no_grad():
    free = search(features)
    value = dict(judged=judged.tolist(), weight=tensor(scale * weights), searched=free,
                 logits=tensor(logits(features, features, free["alpha"], free["beta"])),
                 loss=loss.item(), gradient=tensor(gradient), keys=tensor(keys))
save("tip.json", value)
print(free, loss.item(), search(keys.detach()))
