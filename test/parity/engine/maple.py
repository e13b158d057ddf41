"""maple.json: MaPLe (Khattak et al. 2023, §3.2; muzairkhattak/multimodal-prompt-learning clip/model.py, trainers/maple.py) on clip/quick.

Layers are those of transformers; prompts enter them as the reference does it. Loss and gradients of one batch, in float64.
Run clip.py first.
"""
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from transformers.models.clip import CLIPModel
from common import HERE, pixel_tensor, pixels, round32, save, tensor

COUNT, NAMES = 2, ["circle", "square", "stripes"]
g = torch.Generator().manual_seed(57)
model = CLIPModel.from_pretrained(HERE / "clip" / "quick", dtype=torch.float32).double()
text, vision = model.text_model, model.vision_model
t, v = model.config.text_config, model.config.vision_config
depth = t.num_hidden_layers
x, labels = pixels(g, 4, 3, v.image_size, v.image_size), torch.tensor([0, 2, 1, 2])
tokenizer = Tokenizer.from_file(str(HERE / "clip" / "quick" / "tokenizer.json"))
end = t.vocab_size - 1
T = t.max_position_embeddings - COUNT
ids = torch.full((len(NAMES), T), end)
for row, name in zip(ids, NAMES):
    found = tokenizer.encode(name).ids
    found = found if len(found) <= T else found[: T - 1] + [end]
    row[: len(found)] = torch.tensor(found)
ends = COUNT + (ids == end).int().argmax(1)


def start(*shape):
    return round32(0.3 * torch.randn(shape, generator=g, dtype=torch.float64)).requires_grad_()


own = {"ctx": start(COUNT, t.hidden_size), "proj.weight": start(v.hidden_size, t.hidden_size), "proj.bias": start(v.hidden_size)}
for i in range(depth - 1):
    own[f"compound_prompts_text.{i}"] = start(COUNT, t.hidden_size)
    own[f"compound_prompt_projections.{i}.weight"] = start(v.hidden_size, t.hidden_size)
    own[f"compound_prompt_projections.{i}.bias"] = start(v.hidden_size)


def through(layer, states, mask):
    out = layer(states, attention_mask=mask)
    return out[0] if isinstance(out, tuple) else out


def texts():
    words = text.embeddings.token_embedding(ids)
    states = torch.cat([words[:, :1], own["ctx"].expand(len(ids), -1, -1), words[:, 1:]], 1)
    length = states.shape[1]
    states = states + text.embeddings.position_embedding.weight[:length]
    mask = torch.full((length, length), float("-inf"), dtype=torch.float64).triu(1)[None, None]
    for i, layer in enumerate(text.encoder.layers):
        if i > 0:
            states = torch.cat([states[:, :1], own[f"compound_prompts_text.{i - 1}"].expand(len(ids), -1, -1), states[:, 1 + COUNT :]], 1)
        states = through(layer, states, mask)
    return model.text_projection(text.final_layer_norm(states)[torch.arange(len(ids)), ends])


def images():
    prompts = F.linear(own["ctx"], own["proj.weight"], own["proj.bias"]).expand(len(x), -1, -1)
    states = vision.pre_layrnorm(torch.cat([vision.embeddings(x), prompts], 1))
    for i, layer in enumerate(vision.encoder.layers):
        if i > 0:
            p = f"compound_prompt_projections.{i - 1}."
            prompts = F.linear(own[f"compound_prompts_text.{i - 1}"], own[p + "weight"], own[p + "bias"])
            states = torch.cat([states[:, :-COUNT], prompts.expand(len(x), -1, -1)], 1)
        states = through(layer, states, None)
    return model.visual_projection(vision.post_layernorm(states[:, 0]))


y = model.logit_scale.exp() * F.normalize(images(), dim=-1) @ F.normalize(texts(), dim=-1).T
loss = F.cross_entropy(y, labels)
grads = torch.autograd.grad(loss, list(own.values()))
save("maple.json", dict(names=NAMES, count=COUNT, depth=depth, pixels=pixel_tensor(x), labels=tensor(labels), logits=tensor(y), loss=loss.item(),
                        tensors={n: tensor(p) for n, p in own.items()}, gradients={n: tensor(d) for n, d in zip(own, grads)}))
