"""ops.json: for each op, inputs, outputs, an upstream gradient and the gradient of every float input, by PyTorch in float64."""
import math
import torch
import torch.nn.functional as F
from cases import Cases
from common import round32, save, tensor

k = Cases(20240607)
randn, uniform, away, ints, case, cases = k.randn, k.uniform, k.away, k.ints, k.case, k.cases

# Elementwise, two operands: equal shapes, each way of broadcasting, and 0-d.
PAIRS = [((3, 4), (3, 4)), ((2, 3, 4), (4,)), ((3, 1), (1, 4)), ((), (2, 3)), ((2, 3), ()), ((1,), (1, 1)), ((), ()), ((2, 1, 3), (4, 1)), ((5, 1, 1), (2, 1, 4, 3))]
for a, b in PAIRS:
    case("add", torch.add, [randn(*a), randn(*b)])
    case("sub", torch.sub, [randn(*a), randn(*b)])
    case("mul", torch.mul, [randn(*a), randn(*b)])
    case("div", torch.div, [randn(*a), uniform(0.5, 2, *b) * (1 if len(a) % 2 else -1)])
    case("where", torch.where, [uniform(0, 1, *a) > 0.5, randn(*b), randn(*a)])
    case("minimum", torch.minimum, [randn(*a), randn(*b) + 0.01])
    case("equal", torch.eq, [ints(0, 3, *a), ints(0, 3, *b)], differentiable=False)
    case("greater", torch.gt, [randn(*a), randn(*b)], differentiable=False)
case("where", torch.where, [uniform(0, 1, 3, 1) > 0.5, randn(1, 4), randn(2, 1, 1)])

# Elementwise, one operand.
for s in [(), (1,), (7,), (2, 3, 4), (3, 1, 2)]:
    case("neg", torch.neg, [randn(*s)])
    case("square", torch.square, [randn(*s)])
    case("stopGradient", lambda x: x.detach() * x, [randn(*s)])  # applied as stopGradient(x)·x
    case("sqrt", torch.sqrt, [uniform(0.2, 4, *s)])
    case("exp", torch.exp, [randn(*s)])
    case("log", torch.log, [uniform(0.2, 5, *s)])
    case("erf", torch.erf, [randn(*s, scale=1.5)])
    case("tanh", torch.tanh, [randn(*s, scale=1.5)])
    case("sigmoid", torch.sigmoid, [randn(*s, scale=3)])
    case("relu", F.relu, [away(*s)])
    case("gelu", F.gelu, [randn(*s, scale=2)])
    case("geluTanh", lambda x: F.gelu(x, approximate="tanh"), [randn(*s, scale=2)])
    case("quickGelu", lambda x: x * torch.sigmoid(1.702 * x), [uniform(-3, 3, *s)])  # further out onnxruntime's logistic is exact to 3e-8, not relatively
    case("clip", lambda x: x.clamp(-0.5, 0.8), [away(*s, kinks=(-0.5, 0.8))], min=-0.5, max=0.8)
case("sigmoid", torch.sigmoid, [round32(torch.tensor([-40.0, -12, 0, 12, 40]))])
case("gelu", F.gelu, [round32(torch.tensor([-9.0, -4, -1e-3, 0, 1e-3, 4, 9]))])
case("quickGelu", lambda x: x * torch.sigmoid(1.702 * x), [round32(torch.tensor([-30.0, -5, 0, 5, 30]))])
case("pow", lambda x: x**2, [randn(2, 3)], exponent=2)
case("pow", lambda x: x**3, [randn(4)], exponent=3)
case("pow", lambda x: x**0.5, [uniform(0.3, 3, 2, 3)], exponent=0.5)
case("pow", lambda x: x**-1.5, [uniform(0.5, 3, 3, 1)], exponent=-1.5)
case("pow", lambda x: x**2, [randn()], exponent=2)

# Along an axis.
for s, axis in [((5,), 0), ((2, 3, 4), -1), ((2, 3, 4), 1), ((2, 3, 4), 0), ((3, 1), -1), ((1, 6), 1)]:
    case("softmax", lambda x: x.softmax(axis), [randn(*s, scale=2)], axis=axis)
    case("logSoftmax", lambda x: x.log_softmax(axis), [randn(*s, scale=2)], axis=axis)
    case("argmax", lambda x: x.argmax(axis), [randn(*s)], differentiable=False, axis=axis)
    if s != (3, 1):
        case("l2Normalize", lambda x: F.normalize(x, dim=axis), [randn(*s)], axis=axis)
case("softmax", lambda x: x.softmax(-1), [randn(2, 5, scale=40)], axis=-1)
case("logSoftmax", lambda x: x.log_softmax(-1), [randn(2, 5, scale=40)], axis=-1)
case("argmax", lambda x: x.argmax(1), [ints(0, 1000, 3, 9)], differentiable=False, axis=1)
for s, eps in [((2, 3, 8), 1e-5), ((5, 4), 1e-6), ((1, 16), 1e-5), ((6,), 1e-5), ((2, 2, 2, 3), 1e-12)]:
    case("layerNorm", lambda x, w, b: F.layer_norm(x, s[-1:], w, b, eps), [randn(*s) * 2 + 0.5, randn(s[-1]), randn(s[-1])], eps=eps)

for s, axes in [((4,), [0]), ((2, 3, 4), [-1]), ((2, 3, 4), [0, 2]), ((2, 3, 4), [1]), ((2, 3), [0, 1]), ((1, 3, 1), [0]), ((2, 1), [-2])]:
    for keepdims in [True, False]:
        attrs = dict(axes=axes, keepdims=keepdims)
        case("reduceSum", lambda x: x.sum(axes, keepdims), [randn(*s)], **attrs)
        case("reduceMean", lambda x: x.mean(axes, keepdims), [randn(*s)], **attrs)
        case("reduceSumSquare", lambda x: x.square().sum(axes, keepdims), [randn(*s)], **attrs)
        case("reduceMax", lambda x: x.amax(axes, keepdims), [randn(*s)], **attrs)

for s in [(), (2, 3)]:  # all axes
    case("reduceSum", lambda x: x.sum(), [randn(*s)])
    case("reduceMean", lambda x: x.mean(), [randn(*s)])
    case("reduceSumSquare", lambda x: x.square().sum(), [randn(*s)])
    case("reduceMax", lambda x: x.amax(), [randn(*s)])

# Products.
for a, b in [((3, 4), (4, 5)), ((1, 4), (4, 1)), ((1, 1), (1, 1)), ((2, 3, 4), (2, 4, 5)), ((2, 3, 4), (4, 5)), ((3, 4), (2, 4, 5)), ((2, 1, 3, 4), (3, 4, 2)), ((2, 3, 1, 4), (1, 3, 4, 2)), ((1, 3, 4), (5, 4, 2))]:
    case("matmul", torch.matmul, [randn(*a), randn(*b)])
for tA in [False, True]:
    for tB in [False, True]:
        a, b = randn(*((4, 3) if tA else (3, 4))), randn(*((5, 4) if tB else (4, 5)))
        f = lambda a, b, c=0: (a.T if tA else a) @ (b.T if tB else b) + c
        case("gemm", f, [a, b], transA=tA, transB=tB)
        case("gemm", f, [a, b, randn(5)], transA=tA, transB=tB)
case("gemm", lambda a, b, c: a @ b + c, [randn(3, 4), randn(4, 2), randn(3, 2)], transA=False, transB=False)
case("gemm", lambda a, b, c: a @ b + c, [randn(3, 4), randn(4, 2), randn(3, 1)], transA=False, transB=False)
case("gemm", lambda a, b, c: a @ b + c, [randn(1, 4), randn(4, 1), randn(1)], transA=False, transB=False)
for s in [(5, 4), (2, 3, 4), (1, 4), (2, 2, 3, 4)]:
    case("linear", lambda x, w, b: F.linear(x, w, b), [randn(*s), randn(3, 4), randn(3)])
    case("linear", lambda x, w: F.linear(x, w), [randn(*s), randn(3, 4)])
for n, c, o, p, h, w in [(2, 3, 4, 2, 4, 6), (1, 1, 1, 1, 3, 3), (1, 3, 5, 4, 4, 4), (2, 2, 3, 3, 6, 3)]:
    case("conv", lambda x, w, b: F.conv2d(x, w, b, stride=p), [randn(n, c, h, w), randn(o, c, p, p), randn(o)], stride=p)
    case("patchEmbed", lambda x, w, b: F.conv2d(x, w, b, stride=p).flatten(2).mT, [randn(n, c, h, w), randn(o, c, p, p), randn(o)])
    case("conv", lambda x, w: F.conv2d(x, w, stride=p), [randn(n, c, h, w), randn(o, c, p, p)], stride=p)
case("conv", lambda x, w: F.conv2d(x, w, stride=3), [randn(1, 2, 7, 8), randn(3, 2, 3, 3)], stride=3)  # a remainder that no patch covers

# Shape.
for s, to in [((2, 3, 4), [6, 4]), ((6,), [2, 3]), ((), [1]), ((1,), []), ((2, 3), [1, 3, 2, 1])]:
    case("reshape", lambda x: x.reshape(to), [randn(*s)], shape=to)
for s, perm in [((2, 3), [1, 0]), ((2, 3, 4), [2, 0, 1]), ((2, 1, 3, 4), [0, 2, 1, 3]), ((5,), [0])]:
    case("transpose", lambda x: x.permute(perm), [randn(*s)], perm=perm)
for s in [(2, 3), (2, 1, 3, 4)]:
    case("swapLast", lambda x: x.mT, [randn(*s)])
for s, axes in [((1, 3, 1), [0, 2]), ((1, 3, 1), [-1]), ((1,), [0])]:
    case("squeeze", lambda x: x.squeeze(tuple(axes)), [randn(*s)], axes=axes)
case("unsqueeze", lambda x: x[None], [randn(3)], axes=[0])
case("unsqueeze", lambda x: x[..., None], [randn(2, 3)], axes=[-1])
case("unsqueeze", lambda x: x[None, :, None], [randn(4)], axes=[0, 2])
case("unsqueeze", lambda x: x[None], [randn()], axes=[0])
case("concat", lambda *x: torch.cat(x, 0), [randn(2, 3), randn(1, 3), randn(4, 3)], axis=0)
case("concat", lambda *x: torch.cat(x, -1), [randn(2, 1), randn(2, 3)], axis=-1)
case("concat", lambda *x: torch.cat(x, 1), [randn(2, 1, 3), randn(2, 4, 3)], axis=1)
case("concat", lambda *x: torch.cat(x, 0), [randn(3)], axis=0)
case("split", lambda x: x.split([1, 3, 2], 0), [randn(6, 2)], axis=0, sizes=[1, 3, 2])
case("split", lambda x: x.split([2, 2], -1), [randn(3, 4)], axis=-1, sizes=[2, 2])
case("split", lambda x: x.split([3], 1), [randn(2, 3, 2)], axis=1, sizes=[3])
case("slice", lambda x: x[1:3], [randn(4, 2)], axis=0, start=1, end=3)
case("slice", lambda x: x[..., 1:2], [randn(2, 3)], axis=-1, start=1, end=2)
case("slice", lambda x: x[:, 0:1], [randn(2, 5, 3)], axis=1, start=0, end=1)
case("slice", lambda x: x[:, 2:], [randn(2, 5)], axis=1, start=2, end=5)
case("pad", lambda x: F.pad(x, (1, 2)), [randn(3)], pads=[1, 2], value=0)
case("pad", lambda x: F.pad(x, (0, 1, 2, 0), value=-1.5), [randn(2, 3)], pads=[2, 0, 0, 1], value=-1.5)
case("pad", lambda x: F.pad(x, (1, 1, 0, 0, 0, 3)), [randn(1, 2, 2)], pads=[0, 0, 1, 3, 0, 1], value=0)
for s, to in [((3, 1), [3, 4]), ((1,), [2, 3]), ((), [2, 2]), ((2, 3), [2, 3]), ((4,), [2, 1, 4]), ((1, 2, 1), [3, 2, 5])]:
    case("expand", lambda x: x.expand(to), [randn(*s)], shape=to)


def gather(axis):
    return lambda x, i: x.index_select(axis, i.flatten()).reshape(x.shape[: axis % x.ndim] + i.shape + x.shape[axis % x.ndim + 1 :])


for s, axis, i in [((7, 3), 0, [[1, 1, 6], [0, 1, 6]]), ((2, 5), 1, [4, 4, 0]), ((2, 5, 3), -2, [3]), ((4,), 0, 2), ((1, 2), 0, [0, 0, 0]), ((3, 4), 0, [[2]]), ((6, 2), 0, [[[5, 0], [5, 5]]])]:
    case("gather", gather(axis), [randn(*s), torch.tensor(i)], axis=axis)
for n, width, i in [(5, 3, [4, 0, 4, 4]), (1, 1, [0]), (3, 2, [1])]:
    case("scatterAddRows", lambda x, i: torch.zeros(n, width, dtype=x.dtype).index_add(0, i, x), [randn(len(i), width), torch.tensor(i)], n=n)
for a, b in PAIRS:
    if a == b:
        case("lerp", lambda x, y: 0.3 * x + 0.7 * y, [randn(*a), randn(*b)], a=0.3)

# Training.
for s, p in [((4, 5), 0.25), ((3,), 0.5), ((2, 1, 3), 0.1), ((4,), 0.0)]:
    mask = round32((uniform(0, 1, *s) >= p).double())
    x = randn(*s).requires_grad_(True)
    y, dy = x * mask / (1 - p), randn(*s)
    (dx,) = torch.autograd.grad(y, x, dy)
    cases.append({"op": "dropout", "attrs": {"p": p}, "inputs": [tensor(x), tensor(mask)], "outputs": [tensor(y)], "dy": [tensor(dy)], "grads": [tensor(dx), None]})
for n, c in [(4, 5), (1, 3), (6, 2), (3, 1)]:
    case("crossEntropy", lambda x, t: F.cross_entropy(x, t), [randn(n, c, scale=3), ints(0, c, n)])
    case("crossEntropy", lambda x, t: F.cross_entropy(x, t, label_smoothing=0.1), [randn(n, c, scale=3), ints(0, c, n)], smoothing=0.1)
    weight = uniform(0.1, 1, n)
    case("weightedCrossEntropy", lambda x, t, w: (F.cross_entropy(x, t, reduction="none") * w).sum(), [randn(n, c, scale=3), ints(0, c, n), round32(weight / weight.sum())])


def contrastive(x, same=None):
    """The mean of both directions' cross-entropies; pairs marked `same` are left out of the sums."""
    x = x if same is None else x.masked_fill(same, -torch.inf)
    own = torch.arange(len(x))
    return (F.cross_entropy(x, own) + F.cross_entropy(x.T, own)) / 2


for n in [1, 2, 5]:
    case("contrastive", contrastive, [randn(n, n, scale=3)])
same = torch.zeros(4, 4, dtype=torch.bool)
same[0, 2] = same[2, 0] = same[1, 3] = True
case("contrastive", contrastive, [randn(4, 4, scale=3), same])
case("cast", lambda x: x.long(), [randn(2, 3, scale=4)], differentiable=False, to="int64")
case("cast", lambda x: x.double(), [ints(-5, 6, 4)], differentiable=False, to="float32")
case("cast", lambda x: x.double(), [uniform(0, 1, 5) > 0.5], differentiable=False, to="float32")
for s in [(), (7,), (2, 3, 4)]:
    case("sin", torch.sin, [randn(*s, scale=4)])
    case("cos", torch.cos, [randn(*s, scale=4)])


def fused_attention(heads):
    """Multi-head attention over the last axis cut into heads."""
    def attention(q, k, v):
        split = lambda x: x.unflatten(-1, (heads, -1)).transpose(1, 2)
        return F.scaled_dot_product_attention(split(q), split(k), split(v)).transpose(1, 2).flatten(2)
    return attention


for b, n, t, d, heads in [(1, 3, 3, 4, 2), (2, 5, 2, 3, 1), (1, 1, 4, 6, 3), (2, 2, 2, 8, 4)]:
    case("fusedAttention", fused_attention(heads), [randn(b, n, d), randn(b, t, d), randn(b, t, d)], heads=heads)

save("ops.json", {"torch": torch.__version__, "cases": cases})
