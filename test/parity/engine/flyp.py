"""flyp.json: fine-tuning like pre-training (Goyal et al. 2023; locuslab/FLYP clip/loss.py ClipLoss) on clip/quick, coop/*.png and class captions.

Loss and gradients of one batch in float64; `masked`: pairs of one class are no negatives. Run clip.py and coop.py first.
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
           "text_model.encoder.layers.1.self_attn.v_proj.bias", "vision_model.post_layernorm.weight"]
coop = json.loads((HERE / "coop.json").read_text())
labels = torch.tensor(coop["labels"])
mean, std = np.array([0.48145466, 0.4578275, 0.40821073]), np.array([0.26862954, 0.26130258, 0.27577711])
x = np.stack([np.asarray(Image.open(HERE / "coop" / f"{i}.png")) for i in range(len(labels))])
x = torch.from_numpy(((x / 255 - mean) / std).transpose(0, 3, 1, 2).copy())
model = CLIPModel.from_pretrained(HERE / "clip" / "quick", dtype=torch.float32).double()
tokenizer = Tokenizer.from_file(str(HERE / "clip" / "quick" / "tokenizer.json"))
end = model.config.text_config.vocab_size - 1
ids = torch.full((len(labels), 16), end)
for row, label in zip(ids, labels):
    found = tokenizer.encode(f"a {coop['names'][label]}").ids
    row[: len(found)] = torch.tensor(found)


def loss(masked):
    image = F.normalize(model.get_image_features(pixel_values=x).pooler_output, dim=-1)
    text = F.normalize(model.get_text_features(input_ids=ids).pooler_output, dim=-1)
    logits = model.logit_scale.exp() * image @ text.T
    if masked:
        same = (labels[:, None] == labels[None]) & ~torch.eye(len(labels), dtype=torch.bool)
        logits = logits.masked_fill(same, -1e9)
    own = torch.arange(len(labels))
    return (F.cross_entropy(logits, own) + F.cross_entropy(logits.T, own)) / 2


named = dict(model.named_parameters())
cases = {}
for name, masked in (("collisions", False), ("masked", True)):
    found = loss(masked)
    grads = torch.autograd.grad(found, [named[t] for t in TENSORS])
    cases[name] = dict(loss=found.item(), gradients={t: tensor(g) for t, g in zip(TENSORS, grads)})
save("flyp.json", dict(template="a {}", cases=cases))
