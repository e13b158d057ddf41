"""layers.json: attention with separate sources, masks and biases; and a small convolutional network with batch norm, trained by SGD."""
import torch
import torch.nn.functional as F
from cases import Cases
from common import round32, save, tensor

k = Cases(20250718)
randn, case = k.randn, k.case


def seen(*shape):
    """A mask of bools that leaves every query at least the first key."""
    mask = k.uniform(0, 1, *shape) > 0.4
    mask[..., 0] = True
    return mask


def heads(x, n):
    return x.unflatten(-1, (n, -1)).transpose(1, 2)


def attend(n, mask=None, bias=None):
    """By scaled_dot_product_attention, on what the inputs say."""

    def f(q, key, v, *more):
        m = more[0] if mask else None
        b = more[-1] if bias else None
        if b is not None and m is not None and m.dtype == torch.bool:
            m = torch.zeros_like(m, dtype=b.dtype).masked_fill(~m, -torch.inf) + b
        elif b is not None:
            m = b if m is None else m + b
        return F.scaled_dot_product_attention(heads(q, n), heads(key, n), heads(v, n), attn_mask=m).transpose(1, 2).flatten(2)

    return f


q, key, v = (2, 3, 8), (2, 5, 8), (2, 5, 12)
case("attend", attend(2), [randn(*q), randn(*key), randn(*v)], heads=2)
case("attend", attend(4), [randn(1, 1, 4), randn(1, 1, 4), randn(1, 1, 4)], heads=4)
case("attend", attend(2, mask=True), [randn(*q), randn(*key), randn(*v), seen(2, 1, 1, 5)], heads=2, mask=True)  # keys left out, as padding is
case("attend", attend(2, mask=True), [randn(*q), randn(*key), randn(*v), seen(3, 5)], heads=2, mask=True)
case("attend", attend(2, mask=True), [randn(*q), randn(*key), randn(*v), randn(2, 1, 3, 5)], heads=2, mask=True)  # added
case("attend", attend(2, bias=True), [randn(*q), randn(*key), randn(*v), randn(2, 3, 5)], heads=2, bias=True)
case("attend", attend(2, True, True), [randn(*q), randn(*key), randn(*v), seen(2, 1, 3, 5), randn(1, 2, 3, 5)], heads=2, mask=True, bias=True)

# torch.nn.MultiheadAttention, whose keys and values come from sources of other widths.
for query, source, other, n in [((2, 3, 8), (2, 5, 6), (2, 5, 4), 2), ((1, 4, 4), (1, 2, 4), None, 1)]:
    d = query[-1]
    m = torch.nn.MultiheadAttention(d, n, kdim=source[-1], vdim=(other or source)[-1], batch_first=True, dtype=torch.float64)
    names = ["q_proj", "k_proj", "v_proj", "out_proj"]
    widths = [d, source[-1], (other or source)[-1], d]
    weights = [w for width in widths for w in (randn(d, width, scale=0.5), randn(d))]

    def f(x, s, *rest):
        o, w = (rest[0], rest[1:]) if other else (s, rest)
        return F.multi_head_attention_forward(
            x.transpose(0, 1), s.transpose(0, 1), o.transpose(0, 1), d, n, None, torch.cat([w[1], w[3], w[5]]), None, None, False, 0.0,
            w[6], w[7], use_separate_proj_weight=True, q_proj_weight=w[0], k_proj_weight=w[2], v_proj_weight=w[4],
        )[0].transpose(0, 1)

    sources = [randn(*query), randn(*source)] + ([randn(*other)] if other else [])
    case("multiHeadAttention", f, sources + weights, heads=n, names=names, sources=len(sources))
    k.cases[-1]["grads"][len(sources) + 3] = None  # the keys' bias moves all logits of a query alike: its gradient is 0 but for rounding


def relative(h, w, n):
    """Swin's index as its authors compute it (microsoft/Swin-Transformer, WindowAttention)."""
    grid = torch.stack(torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")).flatten(1)
    distance = (grid[:, :, None] - grid[:, None, :]).permute(1, 2, 0)
    distance = distance + torch.tensor([h - 1, w - 1])
    at = distance[..., 0] * (2 * w - 1) + distance[..., 1]
    return lambda table: table[at.flatten()].reshape(h * w, h * w, n).permute(2, 0, 1)


for h, w, n in [(2, 3, 2), (1, 1, 3), (3, 2, 1)]:
    case("relativeBias", relative(h, w, n), [randn((2 * h - 1) * (2 * w - 1), n)], window=[h, w], heads=n)

# A network of every layer that a ResNet has, in training and after it.
BATCH, SIZE, CLASSES, LR, STEPS = 6, 9, 4, 0.05, 4
shapes = {"stem.weight": (6, 3, 3, 3), "grouped.weight": (8, 3, 3, 3), "grouped.bias": (8,), "head.weight": (CLASSES, 8), "head.bias": (CLASSES,)}
w = {name: randn(*s, scale=0.4) for name, s in shapes.items()}
for name, c in [("norm1", 6), ("norm2", 8)]:
    w |= {f"{name}.weight": 1 + randn(c, scale=0.2), f"{name}.bias": randn(c, scale=0.2)}
    w |= {f"{name}.running_mean": randn(c, scale=0.2), f"{name}.running_var": k.uniform(0.5, 1.5, c)}
w = {name: round32(x) for name, x in w.items()}
batches = [(randn(BATCH, 3, SIZE, SIZE), k.ints(0, CLASSES, BATCH)) for _ in range(STEPS)]
test = randn(BATCH, 3, SIZE, SIZE)


def network(state, x, training, frozen=()):
    def norm(name, x):
        own = training and name not in frozen
        return F.batch_norm(x, *(state[f"{name}.{part}"] for part in ["running_mean", "running_var", "weight", "bias"]), own, 0.1, 1e-5)

    x = F.relu(norm("norm1", F.conv2d(x, state["stem.weight"], stride=2, padding=1)))
    x = F.max_pool2d(x, 3, 2, 1)
    x = F.relu(norm("norm2", F.conv2d(x, state["grouped.weight"], state["grouped.bias"], padding=1, groups=2)))
    return F.linear(x.mean((2, 3)), state["head.weight"], state["head.bias"])


def train(frozen=()):
    state = {name: x.clone() for name, x in w.items()}
    trained = [name for name in state if "running" not in name and name.split(".")[0] not in frozen]
    for name in trained:
        state[name].requires_grad_(True)
    optimizer = torch.optim.SGD([state[name] for name in trained], LR, momentum=0.9)
    losses = []
    for x, y in batches:
        optimizer.zero_grad()
        loss = F.cross_entropy(network(state, x, True, frozen), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    with torch.no_grad():
        after = network(state, test, False)
    return {"losses": losses, "state": {name: tensor(x) for name, x in state.items()}, "after": tensor(after)}


save(
    "layers.json",
    {
        "torch": torch.__version__,
        "cases": k.cases,
        "network": {
            "lr": LR,
            "weights": {name: tensor(x) for name, x in w.items()},
            "batches": [{"x": tensor(x), "y": tensor(y)} for x, y in batches],
            "test": tensor(test),
            "before": tensor(network(w, test, False)),
            "trained": train(),
            "frozen": train(frozen=("stem", "norm1")),
        },
    },
)
