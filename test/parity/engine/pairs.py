"""pairs.json: losses over pairs of images and captions, on clip/quick, coop/*.png and sentences. Run clip.py and coop.py first.

softmax: CLIP's loss (Radford et al. 2021, figure 3) with captions that are true of another image left out. sigmoid: SigLIP's (Zhai et al. 2023,
algorithm 1; torch.nn.functional.logsigmoid) with temperature and bias trained. unicl: the
bidirectional loss of Yang et al. 2022 (eq. 2-4) by torch.nn.CrossEntropyLoss with soft targets. weighted: softmax with examples that weigh
1 .. n. Loss, and gradients of one batch, in float64.
"""
import json
import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from tokenizers import Tokenizer
from transformers.models.clip import CLIPModel
from common import HERE, save, tensor

TENSORS = ["visual_projection.weight", "text_projection.weight", "logit_scale", "vision_model.encoder.layers.0.self_attn.q_proj.weight",
           "text_model.encoder.layers.1.self_attn.v_proj.bias"]
LOGIT_SCALE, LOGIT_BIAS = float(np.float32(np.log(10))), -10.0
coop = json.loads((HERE / "coop.json").read_text())
n = len(coop["labels"])
classes = torch.tensor(coop["labels"])
captions = [f"a {coop['names'][label]} {['here', 'there'][i % 2]}" for i, label in enumerate(coop["labels"])]
mean, std = np.array([0.48145466, 0.4578275, 0.40821073]), np.array([0.26862954, 0.26130258, 0.27577711])
x = np.stack([np.asarray(Image.open(HERE / "coop" / f"{i}.png")) for i in range(n)])
x = torch.from_numpy(((x / 255 - mean) / std).transpose(0, 3, 1, 2).copy())
model = CLIPModel.from_pretrained(HERE / "clip" / "quick", dtype=torch.float32).double()
tokenizer = Tokenizer.from_file(str(HERE / "clip" / "quick" / "tokenizer.json"))
ids = torch.full((n, 16), model.config.text_config.vocab_size - 1)
for row, caption in zip(ids, captions):
    found = tokenizer.encode(caption).ids
    row[: len(found)] = torch.tensor(found)
own = torch.arange(n)
same = torch.tensor([[i != j and captions[i] == captions[j] for j in range(n)] for i in range(n)])


def cosines():
    image = F.normalize(model.get_image_features(pixel_values=x).pooler_output, dim=-1)
    text = F.normalize(model.get_text_features(input_ids=ids).pooler_output, dim=-1)
    return image @ text.T


def softmax(share):
    logits = (model.logit_scale.exp() * cosines()).masked_fill(same, -1e9)
    each = F.cross_entropy(logits, own, reduction="none") + F.cross_entropy(logits.T, own, reduction="none")
    return (each * share).sum() / 2


def sigmoid(bias):
    logits = model.logit_scale.exp() * cosines() + bias
    z = 2 * torch.eye(n, dtype=torch.float64) - 1
    return -(F.logsigmoid(z * logits) * ~same).sum() / n


def unicl():
    logits = model.logit_scale.exp() * cosines()
    target = (classes[:, None] == classes[None]).double()
    target = target / target.sum(1, keepdim=True)
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target.T)) / 2


named = dict(model.named_parameters())
bias = torch.tensor([LOGIT_BIAS], dtype=torch.float64, requires_grad=True)


def case(found, extra={}):
    wanted = {**{t: named[t] for t in TENSORS}, **extra}
    return dict(loss=found.item(), gradients={t: tensor(g) for t, g in zip(wanted, torch.autograd.grad(found, wanted.values()))})


cases = dict(softmax=case(softmax(torch.full((n,), 1 / n, dtype=torch.float64))), unicl=case(unicl()))
weights = torch.arange(1, n + 1, dtype=torch.float64)
cases["weighted"] = case(softmax(weights / weights.sum()))
with torch.no_grad():
    named["logit_scale"].fill_(LOGIT_SCALE)
cases["sigmoid"] = case(sigmoid(bias), {"logit_bias": bias})
save("pairs.json", dict(captions=captions, cases=cases))
