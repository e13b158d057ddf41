"""coop.json, coop-forms.json and coop/*.png: CoOp (Zhou et al. 2022; KaiyangZhou/CoOp trainers/coop.py) on the checkpoint clip/quick, in float64 with NumPy.

Both towers are written out here (CLIP, Radford et al. 2021), so that nothing is shared with the engine; the gradient of the context
is by central differences, which need no autodiff. One batch an epoch, so that the order of the images does not matter.
The schedule is the engine's own: linear warm-up, then half a cosine.
"""
import base64, json, math, pathlib
import numpy as np
from PIL import Image
from safetensors.numpy import load_file
from tokenizers import Tokenizer

HERE = pathlib.Path(__file__).parent
FOLDER = HERE / "clip" / "quick"
W = {k: v.astype(np.float64) for k, v in load_file(FOLDER / "model.safetensors").items()}
TOKENIZER = Tokenizer.from_file(str(FOLDER / "tokenizer.json"))
CONTEXT, HEADS, EPS = 16, 4, 1e-5
NAMES = ["dog", "red apple", "small house"]
WORDS, LENGTH = "a picture of a", 4
SETTINGS = dict(epochs=6, lr=0.5, warmup=0.2, momentum=0.9, weightDecay=0.01)


def linear(x, name):
    return x @ W[f"{name}.weight"].T + W[f"{name}.bias"]


def norm(x, name):
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + EPS) * W[f"{name}.weight"] + W[f"{name}.bias"]


def attention(x, name, mask):
    b, t, d = x.shape
    q, k, v = (linear(x, f"{name}.{p}_proj").reshape(b, t, HEADS, d // HEADS).transpose(0, 2, 1, 3) for p in "qkv")
    scores = q @ k.transpose(0, 1, 3, 2) / math.sqrt(d // HEADS) + mask
    e = np.exp(scores - scores.max(-1, keepdims=True))
    return linear((e / e.sum(-1, keepdims=True) @ v).transpose(0, 2, 1, 3).reshape(b, t, d), f"{name}.out_proj")


def encoder(x, tower, mask):
    for i in range(2):
        name = f"{tower}.encoder.layers.{i}"
        x = x + attention(norm(x, f"{name}.layer_norm1"), f"{name}.self_attn", mask)
        h = linear(norm(x, f"{name}.layer_norm2"), f"{name}.mlp.fc1")
        x = x + linear(h / (1 + np.exp(-1.702 * h)), f"{name}.mlp.fc2")
    return x


def unit(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def images(pixels):
    """Pixels [N, 3, 32, 32] → normalised embeddings [N, 24]."""
    n = len(pixels)
    patches = pixels.reshape(n, 3, 4, 8, 4, 8).transpose(0, 2, 4, 1, 3, 5).reshape(n, 16, 3 * 8 * 8)
    x = patches @ W["vision_model.embeddings.patch_embedding.weight"].reshape(32, -1).T
    start = np.broadcast_to(W["vision_model.embeddings.class_embedding"], (n, 1, 32))
    x = np.concatenate([start, x], 1) + W["vision_model.embeddings.position_embedding.weight"]
    x = encoder(norm(x, "vision_model.pre_layrnorm"), "vision_model", 0)
    return unit(norm(x[:, 0], "vision_model.post_layernorm") @ W["visual_projection.weight"].T)


TABLE = W["text_model.embeddings.token_embedding.weight"]
END = TABLE.shape[0] - 1


def prompts(context, position="end"):
    """The prompts of the classes → normalised embeddings [C, 24], read at the end token. Context [M, 32], or [C, M, 32] of each class.
    "end": [start, context …, name …, end, padding …]; "front": name before context; "middle": the name in the middle of it."""
    rows, ends = [], []
    for k, name in enumerate(NAMES):
        own = context if context.ndim == 2 else context[k]
        start, *ids, end = TOKENIZER.encode(name).ids
        assert end == END
        half = {"end": LENGTH, "middle": LENGTH // 2, "front": 0}[position]
        padding = [END] * (CONTEXT - LENGTH - 2 - len(ids))
        rows.append(np.concatenate([TABLE[[start]], own[:half], TABLE[ids], own[half:], TABLE[[end] + padding]]))
        ends.append(1 + LENGTH + len(ids))
    x = np.stack(rows) + W["text_model.embeddings.position_embedding.weight"]
    mask = np.triu(np.full((CONTEXT, CONTEXT), -np.inf), 1)
    x = norm(encoder(x, "text_model", mask), "text_model.final_layer_norm")
    return unit(x[range(len(NAMES)), ends] @ W["text_projection.weight"].T)


SCALE = math.exp(W["logit_scale"])


def loss(context, features, labels, position="end"):
    z = SCALE * features @ prompts(context, position).T
    z = z - z.max(1, keepdims=True)
    return -(z[range(len(z)), labels] - np.log(np.exp(z).sum(1))).mean()


def gradient(context, *data, h=1e-5):
    g = np.zeros_like(context)
    for i in np.ndindex(context.shape):
        step = np.zeros_like(context)
        step[i] = h
        g[i] = (loss(context + step, *data) - loss(context - step, *data)) / (2 * h)
    return g


def b64(x):
    return {"shape": list(x.shape), "data": base64.b64encode(x.astype("<f4").tobytes()).decode()}


rng = np.random.default_rng(5)
bytes_ = rng.integers(0, 256, (9, 32, 32, 3), dtype=np.uint8)
labels = np.arange(9) % 3
# A colour of each class, so that there is something to learn.
for i, label in enumerate(labels):
    bytes_[i, :, :, label] = bytes_[i, :, :, label] // 4 + 190
(HERE / "coop").mkdir(exist_ok=True)
for i, picture in enumerate(bytes_):
    Image.fromarray(picture).save(HERE / "coop" / f"{i}.png")
mean, std = np.array([0.48145466, 0.4578275, 0.40821073]), np.array([0.26862954, 0.26130258, 0.27577711])
features = images(((bytes_ / 255 - mean) / std).transpose(0, 3, 1, 2))

words = TOKENIZER.encode(WORDS).ids[1:-1]
context = TABLE[[words[min(i, len(words) - 1)] for i in range(LENGTH)]].copy()
steps, warmup = SETTINGS["epochs"], round(SETTINGS["epochs"] * SETTINGS["warmup"])
momentum, losses = np.zeros_like(context), []
for step in range(steps):
    rate = (step + 1) / warmup if step < warmup else 0.5 * (1 + math.cos(math.pi * (step - warmup) / (steps - warmup)))
    losses.append(loss(context, features, labels))
    g = gradient(context, features, labels) + SETTINGS["weightDecay"] * context  # torch.optim.SGD, as build_optimizer gives it
    momentum = SETTINGS["momentum"] * momentum + g
    context = context - SETTINGS["lr"] * rate * momentum

value = dict(names=NAMES, contextLength=LENGTH, settings=SETTINGS, labels=labels.tolist(), losses=losses, features=b64(features),
             context=b64(context), weight=b64(SCALE * prompts(context)))
(HERE / "coop.json").write_text(json.dumps(value, separators=(",", ":")) + "\n")
print(losses, len(words))

# The other forms: the gradient at the start, and the loss, of one step of plain SGD without decay.
forms = []
for position in ("end", "middle", "front"):
    for specific in (False, True):
        if position == "end" and not specific:
            continue
        start = TABLE[[words[min(i, len(words) - 1)] for i in range(LENGTH)]]
        start = np.stack([start] * len(NAMES)) if specific else start
        data = (features, labels, position)
        forms.append(dict(position=position, classSpecific=specific, loss=loss(start, *data), gradient=b64(gradient(start, *data)),
                          weight=b64(SCALE * prompts(start - 0.5 * gradient(start, *data), position))))
(HERE / "coop-forms.json").write_text(json.dumps(forms, separators=(",", ":")) + "\n")
