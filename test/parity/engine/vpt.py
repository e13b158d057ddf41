"""vpt.json: visual prompts, shallow and deep (Jia et al. 2022; KMnP/vpt src/models/vit_prompt/vit.py), on clip/quick and a batch of train.json.

Layers are those of transformers; the prompts enter them as the reference does it. Loss and gradients of one batch, in float64.
Run clip.py and train.py first.
"""
import json
import torch
import torch.nn.functional as F
from transformers.models.clip import CLIPModel
from common import HERE, pixels, pixel_tensor, round32, save, tensor

g = torch.Generator().manual_seed(33)
model = CLIPModel.from_pretrained(HERE / "clip" / "quick", dtype=torch.float32).double()
vision, config = model.vision_model, model.config.vision_config
COUNT, CLASSES = 3, 3
x, labels = pixels(g, 4, 3, config.image_size, config.image_size), torch.randint(0, CLASSES, (4,), generator=g)
head = round32(torch.randn(CLASSES, model.config.projection_dim, generator=g, dtype=torch.float64))


def logits(prompts):
    """prompts [depth, COUNT, width]: those of layer i > 0 take the places of the ones before."""
    states = vision.pre_layrnorm(vision.embeddings(x))
    for i, layer in enumerate(vision.encoder.layers):
        if i < len(prompts):
            after = states[:, 1:] if i == 0 else states[:, 1 + COUNT :]
            states = torch.cat([states[:, :1], prompts[i].expand(len(x), -1, -1), after], 1)
        out = layer(states, attention_mask=None)
        states = out[0] if isinstance(out, tuple) else out
    feature = F.normalize(model.visual_projection(vision.post_layernorm(states[:, 0])), dim=-1)
    return 10 * feature @ head.T


cases = []
for depth in (1, config.num_hidden_layers):
    prompts = round32(0.3 * torch.randn(depth, COUNT, config.hidden_size, generator=g, dtype=torch.float64)).requires_grad_()
    y = logits(prompts)
    loss = F.cross_entropy(y, labels)
    (gradient,) = torch.autograd.grad(loss, prompts)
    cases.append(dict(depth=depth, prompts=tensor(prompts), logits=tensor(y), loss=loss.item(), gradient=tensor(gradient)))
save("vpt.json", dict(count=COUNT, pixels=pixel_tensor(x), labels=tensor(labels), head=tensor(head), cases=cases))
