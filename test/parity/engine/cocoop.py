"""cocoop.json: CoCoOp (Zhou et al. 2022; KaiyangZhou/CoOp trainers/cocoop.py) on clip/quick and the features of coop.json.

Loss, logits and gradients of one batch in float64. The text tower is written out here. Run clip.py and coop.py first.
"""
import base64, json, math
import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from tokenizers import Tokenizer
from common import HERE, round32, save, tensor

g = torch.Generator().manual_seed(12)
coop = json.loads((HERE / "coop.json").read_text())
W = {k: v.double() for k, v in load_file(HERE / "clip" / "quick" / "model.safetensors").items()}
tokenizer = Tokenizer.from_file(str(HERE / "clip" / "quick" / "tokenizer.json"))
features = torch.from_numpy(np.frombuffer(base64.b64decode(coop["features"]["data"]), "<f4").astype(np.float64).reshape(coop["features"]["shape"]).copy())
labels = torch.tensor(coop["labels"])
CONTEXT, HEADS, LENGTH = 16, 4, 4
TABLE = W["text_model.embeddings.token_embedding.weight"]
END, WIDTH, DIM = len(TABLE) - 1, TABLE.shape[1], features.shape[1]
HIDDEN = DIM // 16


def linear(x, name):
    return F.linear(x, W[f"{name}.weight"], W.get(f"{name}.bias"))


def norm(x, name):
    return F.layer_norm(x, (WIDTH,), W[f"{name}.weight"], W[f"{name}.bias"], 1e-5)


def text(tokens, ends):
    x = tokens + W["text_model.embeddings.position_embedding.weight"]
    for i in range(2):
        name = f"text_model.encoder.layers.{i}"
        y = norm(x, f"{name}.layer_norm1")
        q, k, v = (linear(y, f"{name}.self_attn.{p}_proj").unflatten(-1, (HEADS, -1)).transpose(1, 2) for p in "qkv")
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).flatten(2)
        x = x + linear(y, f"{name}.self_attn.out_proj")
        h = linear(norm(x, f"{name}.layer_norm2"), f"{name}.mlp.fc1")
        x = x + linear(h * torch.sigmoid(1.702 * h), f"{name}.mlp.fc2")
    x = norm(x, "text_model.final_layer_norm")
    return F.linear(x[torch.arange(len(x)), ends], W["text_projection.weight"])


def logits(p):
    bias = F.linear(F.relu(F.linear(features, p["meta_net.linear1.weight"], p["meta_net.linear1.bias"])),
                    p["meta_net.linear2.weight"], p["meta_net.linear2.bias"])
    rows = []
    for x, shift in zip(features, bias):
        prompts, ends = [], []
        for name in coop["names"]:
            start, *ids, _ = tokenizer.encode(name).ids
            padding = [END] * (CONTEXT - LENGTH - 2 - len(ids))
            prompts.append(torch.cat([TABLE[[start]], p["prompt.context"] + shift, TABLE[ids + [END] + padding]]))
            ends.append(1 + LENGTH + len(ids))
        rows.append(W["logit_scale"].exp() * x @ F.normalize(text(torch.stack(prompts), torch.tensor(ends)), dim=-1).T)
    return torch.stack(rows)


def drawn(*shape, scale):
    return round32(scale * torch.randn(shape, generator=g, dtype=torch.float64)).requires_grad_()


words = tokenizer.encode("a picture of a").ids[1:-1][:LENGTH]
p = {"prompt.context": TABLE[words].clone().requires_grad_(),
     "meta_net.linear1.weight": drawn(HIDDEN, DIM, scale=1), "meta_net.linear1.bias": drawn(HIDDEN, scale=0.3),
     "meta_net.linear2.weight": drawn(WIDTH, HIDDEN, scale=0.3), "meta_net.linear2.bias": drawn(WIDTH, scale=0.1)}
y = logits(p)
loss = F.cross_entropy(y, labels)
grads = torch.autograd.grad(loss, list(p.values()))
save("cocoop.json", dict(tensors={k: tensor(v) for k, v in p.items()}, logits=tensor(y), loss=loss.item(), gradients={k: tensor(v) for k, v in zip(p, grads)}))
print(loss.item(), [float(v.norm()) for v in grads])
