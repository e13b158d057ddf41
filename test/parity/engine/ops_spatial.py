"""ops-spatial.json: convolution, pooling, sampling and picking, as ops.py has it for the others."""
import torch
import torch.nn.functional as F
from cases import Cases
from common import save, tensor

k = Cases(20250311)
randn, uniform, ints, case = k.randn, k.uniform, k.ints, k.case

# [batch, channels, height, width], [out, channels / groups, kernel], stride, padding, dilation, groups, bias
CONVS = [
    ((2, 3, 5, 6), (4, 3, 3, 3), 1, 0, 1, 1, True),
    ((2, 3, 5, 6), (4, 3, 3, 3), 1, 1, 1, 1, False),
    ((1, 2, 7, 8), (3, 2, 3, 3), 2, 1, 1, 1, True),  # what the last stride does not reach
    ((2, 2, 8, 5), (3, 2, 3, 2), [3, 2], [2, 1], 1, 1, False),
    ((1, 2, 7, 7), (2, 2, 3, 3), 1, 2, 2, 1, True),
    ((1, 2, 9, 8), (2, 2, 3, 2), 2, [3, 1], [2, 3], 1, False),
    ((2, 4, 5, 5), (6, 2, 3, 3), 1, 1, 1, 2, True),
    ((2, 3, 6, 5), (3, 1, 3, 3), 2, 1, 1, 3, True),  # depthwise
    ((1, 2, 6, 6), (4, 1, 5, 3), 1, [2, 1], 1, 2, False),  # depthwise, two filters a channel
    ((2, 3, 4, 4), (5, 3, 1, 1), 1, 0, 1, 1, True),
    ((2, 3, 5, 4), (5, 3, 1, 1), 2, 0, 1, 1, False),
    ((1, 1, 1, 1), (1, 1, 1, 1), 1, 0, 1, 1, False),
    ((1, 3, 8, 8), (2, 3, 4, 4), 4, 0, 1, 1, True),  # patches
    ((1, 1, 2, 2), (1, 1, 3, 3), 1, 1, 1, 1, False),  # the kernel larger than the image
    ((2, 2, 9), (3, 2, 3), 2, 1, 2, 1, True),  # one spatial axis
    ((1, 2, 3, 4, 4), (2, 2, 2, 3, 2), [1, 2, 1], [1, 0, 1], 1, 1, True),  # three
]
for x, w, stride, padding, dilation, groups, bias in CONVS:
    f = [F.conv1d, F.conv2d, F.conv3d][len(x) - 3]
    attrs = dict(stride=stride, padding=padding, dilation=dilation, groups=groups)
    case("conv", lambda x, w, b=None: f(x, w, b, **attrs), [randn(*x), randn(*w)] + ([randn(w[0])] if bias else []), **attrs)
# Zeros at one end only: ONNX's form of the padding.
case("conv", lambda x, w: F.conv2d(F.pad(x, (0, 1, 2, 0)), w, stride=2), [randn(1, 2, 5, 6), randn(3, 2, 3, 3)], stride=2, padding=[2, 0, 0, 1])

# …, [channels, out / groups, kernel], stride, padding, output padding, dilation, groups, bias
for x, w, stride, padding, extra, dilation, groups, bias in [
    ((2, 3, 4, 5), (3, 2, 3, 3), 1, 0, 0, 1, 1, True),
    ((1, 2, 3, 4), (2, 3, 2, 2), 2, 0, 0, 1, 1, True),
    ((1, 2, 4, 3), (2, 3, 4, 4), 2, 1, 0, 1, 1, False),
    ((2, 2, 3, 3), (2, 1, 3, 3), 3, 1, [2, 1], 1, 1, True),
    ((1, 2, 4, 4), (2, 2, 3, 3), 2, 2, 1, 2, 1, False),
    ((1, 4, 3, 3), (4, 2, 3, 3), 2, 1, 1, 1, 2, True),
    ((2, 3, 4), (3, 2, 3), 2, 1, 1, 1, 1, True),
]:
    f = [F.conv_transpose1d, F.conv_transpose2d][len(x) - 3]
    attrs = dict(stride=stride, padding=padding, dilation=dilation, groups=groups)
    inputs = [randn(*x), randn(*w)] + ([randn(w[1] * groups)] if bias else [])
    case("convTranspose", lambda x, w, b=None: f(x, w, b, output_padding=extra, **attrs), inputs, outputPadding=extra, **attrs)

for (n, c, h, w), p in [((2, 3, 4, 6), (2, 3)), ((1, 1, 3, 3), (1, 1)), ((1, 2, 7, 8), (3, 3))]:
    case("patchify", lambda x: F.unfold(x, p, stride=p).mT, [randn(n, c, h, w)], patch=p)
    case("patchEmbed", lambda x, w: F.conv2d(x, w, stride=p).flatten(2).mT, [randn(n, c, h, w), randn(2, c, *p)])

POOLS = [
    ((2, 3, 4, 6), dict(kernel=2)),
    ((2, 2, 7, 8), dict(kernel=3, stride=2, padding=1)),  # the stem of a ResNet
    ((1, 2, 7, 5), dict(kernel=[3, 2], stride=[1, 2], padding=[1, 0])),
    ((1, 1, 5, 5), dict(kernel=3, stride=1, padding=1)),
    ((1, 1, 3, 3), dict(kernel=1)),
    ((2, 3, 8), dict(kernel=3, stride=2)),
]
for shape, a in POOLS:
    d = len(shape) - 3
    args = dict(kernel_size=a["kernel"], stride=a.get("stride"), padding=a.get("padding", 0))
    case("maxPool", lambda x: [F.max_pool1d, F.max_pool2d][d](x, **args), [randn(*shape)], **a)
    case("averagePool", lambda x: [F.avg_pool1d, F.avg_pool2d][d](x, **args), [randn(*shape)], **a)
    case("averagePool", lambda x: [F.avg_pool1d, F.avg_pool2d][d](x, count_include_pad=False, **args), [randn(*shape)], **a, countPadding=False)
case("maxPool", lambda x: F.max_pool2d(x, 2, dilation=2), [randn(1, 2, 6, 7)], kernel=2, dilation=2)
case("maxPool", lambda x: F.max_pool2d(x, 3, stride=1, padding=1), [ints(0, 2, 1, 2, 5, 5).double()], kernel=3, stride=1, padding=1)  # equals: the first
case("maxPool", lambda x: F.max_pool2d(x, 3, stride=1, padding=1), [-uniform(1, 2, 1, 1, 3, 3)], kernel=3, stride=1, padding=1)  # padding wins nowhere
for shape, kernel, stride, padding in [((1, 1, 5, 6), 2, 2, 0), ((1, 1, 5, 7), 3, 2, 1), ((1, 2, 4, 4), 3, 3, 1), ((1, 1, 6, 6), 3, 2, 0)]:
    case("maxPool", lambda x: F.max_pool2d(x, kernel, stride, padding, ceil_mode=True), [randn(*shape)], kernel=kernel, stride=stride, padding=padding, ceil=True)

# Points inside, on and beyond the edges, none within a hundredth of where the sample has a kink.
for x, at in [((2, 3, 4, 5), (2, 3, 2)), ((1, 2, 1, 1), (1, 2, 2)), ((1, 1, 6, 3), (1, 5, 4)), ((3, 2, 2, 2), (3, 1, 1))]:
    for padding in ["zeros", "border", "reflection"]:
        for corners in [False, True]:
            points = uniform(-1.7, 1.7, *at, 2)
            size = torch.tensor([x[3], x[2]])
            places = (points + 1) / 2 * (size - 1) if corners else ((points + 1) * size - 1) / 2
            points = torch.where((places * 2 - (places * 2).round()).abs() < 0.04, points + 0.06, points).float().double()
            f = lambda x, grid: F.grid_sample(x, grid, "bilinear", padding, corners)
            case("gridSample", f, [randn(*x), points], padding=padding, alignCorners=corners)

for shape, axis, n in [((4,), 0, 6), ((3, 4), 1, 2), ((3, 4), 0, 5), ((2, 3, 4), 1, 4), ((2, 3, 4), -1, 3)]:
    to = [n if i == axis % len(shape) else d for i, d in enumerate(shape)]
    case("gatherElements", lambda x, i: x.gather(axis, i), [randn(*shape), ints(0, shape[axis], *to)], axis=axis)
case("gatherElements", lambda x, i: x.gather(0, i), [randn(3, 4), ints(0, 3, 2, 2)], axis=0)  # fewer places than x has
for shape, axis, n, largest in [((7,), 0, 3, True), ((3, 5), -1, 2, True), ((3, 5), 0, 3, False), ((2, 4, 3), 1, 1, True), ((2, 3), 1, 3, False)]:
    x = (torch.randperm(torch.Size(shape).numel(), generator=k.g).reshape(shape).double() - 3) / 4
    values, indices = x.clone().topk(n, axis, largest)
    dy = randn(*values.shape)
    dx = torch.zeros_like(x).scatter_(axis, indices, dy)
    k.cases.append({"op": "topK", "attrs": dict(k=n, axis=axis, largest=largest), "inputs": [tensor(x)], "outputs": [tensor(values)], "dy": [tensor(dy)], "grads": [tensor(dx)]})
    case("topKIndices", lambda x: x.topk(n, axis, largest).indices, [x], differentiable=False, k=n, axis=axis, largest=largest)

case("split", lambda x: x.split([1, 3, 2], 1)[1], [randn(2, 6)], axis=1, sizes=[1, 3, 2], only=1)
for shape, axis, start, end, step in [((7,), 0, 1, 6, 2), ((2, 8), -1, 0, 8, 3), ((5, 2), 0, 4, 5, 3), ((3, 6, 2), 1, 1, 6, 5)]:
    at = [slice(None)] * (axis % len(shape)) + [slice(start, end, step)]
    case("slice", lambda x: x[tuple(at)], [randn(*shape)], axis=axis, start=start, end=end, step=step)
for shape, eps in [((2, 3, 8), 1e-5), ((5, 4), 1e-3)]:

    def stats(x, w, b):
        rstd = (x.var(-1, correction=0, keepdim=True) + eps).rsqrt()
        return F.layer_norm(x, shape[-1:], w, b, eps), x.mean(-1, keepdim=True), rstd

    case("layerNormStats", stats, [randn(*shape) * 2 + 0.5, randn(shape[-1]), randn(shape[-1])], eps=eps)
for shape in [(), (7,), (2, 3, 4)]:
    case("floor", torch.floor, [randn(*shape, scale=3)], differentiable=False)
case("floor", torch.floor, [torch.tensor([-2.0, -0.5, 0.0, 1.0, 1.5]).double()], differentiable=False)
for x, at in [((2, 3, 4, 5), (2, 3, 2)), ((1, 2, 1, 1), (1, 2, 2)), ((1, 4, 6, 3), (1, 5, 4))]:
    points = uniform(-1.4, 1.4, *at, 2)
    places = ((points + 1) * torch.tensor([x[3], x[2]]) - 1) / 2
    points = torch.where((places * 2 - (places * 2).round()).abs() < 0.04, points + 0.06, points).float().double()
    case("gridSampleFused", lambda x, grid: F.grid_sample(x, grid, "bilinear", "zeros", False), [randn(*x), points])

save("ops-spatial.json", {"torch": torch.__version__, "cases": k.cases})
