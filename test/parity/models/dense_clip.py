"""dense-clip.json: NACLIP's dense features and logits of the small CLIPs and SigLIPs of ../engine, by PyTorch in float64.

Written from the paper (Hajimiri et al. 2025, "Pay attention to your neighbours", arXiv:2404.08181, §3): the window is a convolution of each
patch's one-hot map, as there, so that it is computed in another way than in the engine.
"""
import torch
import torch.nn.functional as F
from transformers import CLIPModel, SiglipModel
from shared import ENGINE, HERE, pixel_tensor, pixels, tensor, write


def window(h, w, first, std=5.0):
    ys, xs = torch.arange(-(h - 1), h, dtype=torch.float64), torch.arange(-(w - 1), w, dtype=torch.float64)
    gauss = torch.exp(-(ys[:, None] ** 2 + xs[None] ** 2) / (2 * std**2))
    maps = torch.eye(h * w, dtype=torch.float64).view(h * w, 1, h, w)
    near = F.conv2d(maps, gauss[None, None], padding=(h - 1, w - 1)).view(h * w, h * w)
    return F.pad(near, (first, 0, first, 0))


def attend(k, v, heads, omega):
    split = lambda x: x.unflatten(-1, (heads, -1)).transpose(1, 2)
    weights = (split(k) @ split(k).transpose(2, 3) * split(k).shape[-1] ** -0.5 + omega).softmax(-1)
    return (weights @ split(v)).transpose(1, 2).flatten(2)


def clip_dense(model, x, h, w):
    tower = model.vision_model
    last = tower.encoder.layers[-1]
    t = tower.pre_layrnorm(tower.embeddings(x, interpolate_pos_encoding=True))
    for layer in tower.encoder.layers[:-1]:
        t = layer(t, None)
        t = t[0] if isinstance(t, tuple) else t
    y, a = last.layer_norm1(t), last.self_attn
    y = a.out_proj(attend(a.k_proj(y), a.v_proj(y), a.num_heads, window(h, w, 1)))
    return model.visual_projection(tower.post_layernorm(y[:, 1:]))


def siglip_dense(model, x, h, w):
    head = model.vision_model.head
    t = model.vision_model(x, interpolate_pos_encoding=True).last_hidden_state
    d = t.shape[-1]
    weight, bias = head.attention.in_proj_weight, head.attention.in_proj_bias
    k, v = F.linear(t, weight[d : 2 * d], bias[d : 2 * d]), F.linear(t, weight[2 * d :], bias[2 * d :])
    y = head.attention.out_proj(attend(k, v, head.attention.num_heads, window(h, w, 0)))
    return y + head.mlp(head.layernorm(y))


if __name__ == "__main__":
    g = torch.Generator().manual_seed(41)
    cases = []
    for folder, cls, dense, (h, w) in [
        ("clip/quick", CLIPModel, clip_dense, (0, 0)),
        ("clip/gelu", CLIPModel, clip_dense, (3, 5)),
        ("clip/fp16", CLIPModel, clip_dense, (1, 1)),
        ("families/siglip", SiglipModel, siglip_dense, (0, 0)),
        ("families/siglip-wide", SiglipModel, siglip_dense, (2, 4)),
        ("families/siglip-odd", SiglipModel, siglip_dense, (1, 3)),
    ]:
        model = cls.from_pretrained(ENGINE / folder, dtype=torch.float32, attn_implementation="eager").double().eval()
        v = model.config.vision_config
        h, w = (h, w) if h else [v.image_size // v.patch_size] * 2
        rest = 2 if (h, w) == (1, 3) else 0  # pixels beyond the last whole patch
        x = pixels(g, 1, 3, h * v.patch_size + rest, w * v.patch_size)
        with torch.no_grad():
            y = dense(model, x, h, w)[0]
            queries = torch.randn(3, y.shape[-1], generator=g, dtype=torch.float64).float().double()
            logits = F.normalize(queries, dim=-1) @ F.normalize(y, dim=-1).T * model.logit_scale.exp() + getattr(model, "logit_bias", 0)
        cases.append({"folder": folder, "pixels": pixel_tensor(x), "dense": tensor(y.view(h, w, -1)), "queries": tensor(queries), "logits": tensor(logits.view(3, h, w))})
    write(HERE / "dense-clip.json", cases)
