"""views.json: losses of training on captions with fewer patches and shorter texts (FLIP, CLIPA) and with more views (SLIP, DeCLIP), on
clip/quick, coop/*.png and the captions of pairs.json. Run clip.py, coop.py and pairs.py first.

flip: CLIP's loss where the vision encoder gets the class token and KEPT of the patches, and texts are cut to LENGTH tokens. slip: CLIP's loss
plus NT-Xent (Chen et al. 2020, eq. 1) with temperature 0.1 between two further views, through a projection of three linear layers with ReLU
(Mu et al. 2022, without its batch norms). declip: the mean of CLIP's loss over two views of an image and two captions (Li et al. 2022, multi-view
supervision). neighbours: the sum of CLIP's loss with one caption and with another (nearest-neighbour supervision). The further views are mirrored sideways and upside down. Loss, and gradients of one batch, in float64.
"""
import json
import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from tokenizers import Tokenizer
from transformers.models.clip import CLIPModel
from common import HERE, round32, save, tensor

TENSORS = ["visual_projection.weight", "text_projection.weight", "logit_scale", "vision_model.embeddings.patch_embedding.weight",
           "vision_model.encoder.layers.0.self_attn.q_proj.weight", "text_model.encoder.layers.1.self_attn.v_proj.bias"]
KEPT, LENGTH, SIZES = 7, 5, (24, 12, 12, 8)
coop, pairs = (json.loads((HERE / name).read_text()) for name in ("coop.json", "pairs.json"))
first = pairs["captions"]
n = len(first)
second = [f"{caption} too" if i % 3 else f"the {coop['names'][coop['labels'][i]]}" for i, caption in enumerate(first)]
mean, std = np.array([0.48145466, 0.4578275, 0.40821073]), np.array([0.26862954, 0.26130258, 0.27577711])
x = np.stack([np.asarray(Image.open(HERE / "coop" / f"{i}.png")) for i in range(n)])
x = torch.from_numpy(((x / 255 - mean) / std).transpose(0, 3, 1, 2).copy())
model = CLIPModel.from_pretrained(HERE / "clip" / "quick", dtype=torch.float32).double()
tokenizer = Tokenizer.from_file(str(HERE / "clip" / "quick" / "tokenizer.json"))
end = model.config.text_config.vocab_size - 1
g = torch.Generator().manual_seed(7)
kept = torch.stack([torch.randperm(16, generator=g)[:KEPT].sort().values for _ in range(n)])
projector = {f"slip.{i}.{kind}": round32(torch.randn(shape, generator=g, dtype=torch.float64) / shape[-1] ** 0.5).requires_grad_()
             for i, (a, b) in enumerate(zip(SIZES, SIZES[1:])) for kind, shape in (("weight", (b, a)), ("bias", (b,)))}


def ids_of(captions, length=16):
    ids = torch.full((n, length), end)
    for row, caption in zip(ids, captions):
        found = tokenizer.encode(caption).ids
        row[: min(length, len(found))] = torch.tensor(found[:length])
        if len(found) > length:
            row[-1] = end
    return ids


def texts(captions, length=16):
    return F.normalize(model.get_text_features(input_ids=ids_of(captions, length)).pooler_output, dim=-1)


def images(pixels):
    return model.get_image_features(pixel_values=pixels).pooler_output


def clip(image, text, same):
    logits = (model.logit_scale.exp() * F.normalize(image, dim=-1) @ text.T).masked_fill(same, -1e9)
    own = torch.arange(n)
    return (F.cross_entropy(logits, own) + F.cross_entropy(logits.T, own)) / 2


def true_of(captions, *said):
    return torch.tensor([[i != j and captions[j] in [of[i] for of in said] for j in range(n)] for i in range(n)])


def masked():
    tower = model.vision_model
    tokens = tower.pre_layrnorm(tower.embeddings(x))
    rows = torch.cat([torch.zeros(n, 1, dtype=torch.long), 1 + kept], 1)
    tokens = tokens.gather(1, rows[..., None].expand(-1, -1, tokens.shape[-1]))
    out = tower.encoder(inputs_embeds=tokens).last_hidden_state[:, 0]
    return model.visual_projection(tower.post_layernorm(out))


def projected(z):
    for i in range(3):
        z = F.linear(z, projector[f"slip.{i}.weight"], projector[f"slip.{i}.bias"])
        z = z if i == 2 else z.relu()
    return z


def ntxent(a, b, temperature=0.1):
    z = F.normalize(torch.cat([a, b]), dim=-1)
    logits = (z @ z.T / temperature).masked_fill(torch.eye(2 * n, dtype=torch.bool), -1e9)
    return F.cross_entropy(logits, torch.cat([torch.arange(n, 2 * n), torch.arange(n)]))


named = dict(model.named_parameters())


def case(found, extra={}):
    wanted = {**{t: named[t] for t in TENSORS}, **extra}
    gradients = torch.autograd.grad(found, wanted.values(), retain_graph=True)
    return dict(loss=found.item(), gradients={t: tensor(d) for t, d in zip(wanted, gradients)})


views = [images(x), images(x.flip(-1)), images(x.flip(-2))]
both = [(texts(captions), true_of(captions, first, second)) for captions in (first, second)]
cases = dict(
    flip=case(clip(masked(), texts(first, LENGTH), true_of(first, first))),
    slip=case(clip(views[0], texts(first), true_of(first, first)) + ntxent(*map(projected, views[1:])), projector),
    neighbours=case(sum(clip(views[0], *text) for text in both)),
    declip=case(sum(clip(image, *text) for image in views[:2] for text in both) / 4),
)
save("views.json", dict(second=second, kept=kept.tolist(), length=LENGTH, sizes=SIZES, cases=cases,
                        projector={name: tensor(w) for name, w in projector.items()}))
