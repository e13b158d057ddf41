"""
mobile-sam*/: small random-weight MobileSAM checkpoints under the names of the published one, each with expected.json.
TinyViT is written here from its paper (Wu et al. 2022) and MobileSAM's (Zhang et al. 2023); SAM's other parts are transformers'.
"""
import json, re, shutil
import torch
from torch import nn
from torch.nn import functional as F
from safetensors.torch import save_file
from transformers import SamConfig, SamMaskDecoderConfig, SamModel, SamPromptEncoderConfig, SamVisionConfig
from transformers.models.sam.image_processing_pil_sam import SamImageProcessorPil
from sam import cases_of
from shared import HERE, pixel_tensor, pixels, randomise, tensor, write


class ConvBN(nn.Module):
    def __init__(self, into, out, kernel, stride=1, groups=1):
        super().__init__()
        self.c = nn.Conv2d(into, out, kernel, stride, kernel // 2, groups=groups, bias=False)
        self.bn = nn.BatchNorm2d(out)

    def forward(self, x):
        return self.bn(self.c(x))


class Bottleneck(nn.Module):
    def __init__(self, d, ratio):
        super().__init__()
        h = int(d * ratio)
        self.conv1, self.conv2, self.conv3 = ConvBN(d, h, 1), ConvBN(h, h, 3, groups=h), ConvBN(h, d, 1)

    def forward(self, x):
        return F.gelu(x + self.conv3(F.gelu(self.conv2(F.gelu(self.conv1(x))))))


class Merge(nn.Module):
    def __init__(self, d, out, stride):
        super().__init__()
        self.conv1, self.conv2, self.conv3 = ConvBN(d, out, 1), ConvBN(out, out, 3, stride, out), ConvBN(out, out, 1)

    def forward(self, x):
        return self.conv3(F.gelu(self.conv2(F.gelu(self.conv1(x)))))


class Attention(nn.Module):
    def __init__(self, d, heads, side):
        super().__init__()
        self.heads, self.side = heads, side
        self.norm, self.qkv, self.proj = nn.LayerNorm(d), nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.attention_biases = nn.Parameter(torch.zeros(heads, side * side))

    def forward(self, x):  # [windows, side², d]
        n, t, d = x.shape
        q, k, v = self.qkv(self.norm(x)).view(n, t, self.heads, 3, d // self.heads).permute(3, 0, 2, 1, 4)
        rows = torch.arange(self.side).repeat_interleave(self.side)
        columns = torch.arange(self.side).repeat(self.side)
        apart = (rows[:, None] - rows[None]).abs() * self.side + (columns[:, None] - columns[None]).abs()
        y = (q @ k.mT * (d // self.heads) ** -0.5 + self.attention_biases[:, apart]).softmax(-1) @ v
        return self.proj(y.transpose(1, 2).reshape(n, t, d))


class Mlp(nn.Module):
    def __init__(self, d, hidden):
        super().__init__()
        self.norm, self.fc1, self.fc2 = nn.LayerNorm(d), nn.Linear(d, hidden), nn.Linear(hidden, d)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(self.norm(x))))


class Block(nn.Module):
    def __init__(self, d, heads, side, ratio, kernel):
        super().__init__()
        self.attn, self.mlp, self.local_conv = Attention(d, heads, side), Mlp(d, int(d * ratio)), ConvBN(d, d, kernel, groups=d)

    def forward(self, x):  # [B, d, H, W]
        s = self.attn.side
        b, d, h, w = x.shape
        grid = x.permute(0, 2, 3, 1)
        padded = F.pad(grid, (0, 0, 0, -w % s, 0, -h % s))
        rows, columns = padded.shape[1] // s, padded.shape[2] // s
        windows = padded.reshape(b, rows, s, columns, s, d).transpose(2, 3).reshape(-1, s * s, d)
        y = self.attn(windows).reshape(b, rows, columns, s, s, d).transpose(2, 3).reshape(b, rows * s, columns * s, d)[:, :h, :w]
        x = self.local_conv((grid + y).permute(0, 3, 1, 2))
        return x + self.mlp(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Stage(nn.Module):
    def __init__(self, blocks, downsample):
        super().__init__()
        self.blocks = nn.Sequential(*blocks)
        if downsample is not None:
            self.downsample = downsample

    def forward(self, x):
        x = self.blocks(x)
        return self.downsample(x) if hasattr(self, "downsample") else x


class ChannelNorm(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(d)), nn.Parameter(torch.zeros(d))

    def forward(self, x):
        return F.layer_norm(x.permute(0, 2, 3, 1), self.weight.shape, self.weight, self.bias, 1e-6).permute(0, 3, 1, 2)


class TinyVit(nn.Module):
    def __init__(self, c):
        super().__init__()
        dims, out = c["embed_dims"], c["output_channels"]
        self.patch_embed = nn.ModuleDict({"seq": nn.Sequential(ConvBN(3, dims[0] // 2, 3, 2), nn.GELU(), ConvBN(dims[0] // 2, dims[0], 3, 2))})
        self.layers = nn.Sequential(*[
            Stage([Bottleneck(d, c["mbconv_expand_ratio"]) if i == 0 else Block(d, c["num_heads"][i], c["window_sizes"][i], c["mlp_ratio"], c["local_conv_size"]) for _ in range(c["depths"][i])],
                  Merge(d, dims[i + 1], c["strides"][i]) if i + 1 < len(dims) else None)
            for i, d in enumerate(dims)])
        self.neck = nn.Sequential(nn.Conv2d(dims[-1], out, 1, bias=False), ChannelNorm(out), nn.Conv2d(out, out, 3, padding=1, bias=False), ChannelNorm(out))

    def forward(self, x):
        return self.neck(self.layers(self.patch_embed["seq"](x)))


def published(name, depth):
    """transformers' names of SAM's parts → those of the published checkpoints (its convert_sam_to_hf.py, backwards)."""
    name = name.replace("shared_image_embedding.positional_embedding", "prompt_encoder.pe_layer.positional_encoding_gaussian_matrix").replace("prompt_encoder.point_embed.", "prompt_encoder.point_embeddings.")
    for a, b in {"mask_embed.conv1": "mask_downscaling.0", "mask_embed.layer_norm1": "mask_downscaling.1", "mask_embed.conv2": "mask_downscaling.3", "mask_embed.layer_norm2": "mask_downscaling.4",
                 "mask_embed.conv3": "mask_downscaling.6", "upscale_conv1": "output_upscaling.0", "upscale_layer_norm": "output_upscaling.1", "upscale_conv2": "output_upscaling.3"}.items():
        name = name.replace(a, b)
    for head, n in [("iou_prediction_head", depth), ("output_hypernetworks_mlps", 3)]:
        if head in name:
            name = re.sub(r"\.layers\.(\d+)\.", lambda m: f".layers.{int(m[1]) + 1}.", name)
            name = name.replace(".proj_in.", ".layers.0.").replace(".proj_out.", f".layers.{n - 1}.")
    return name.replace("layer_norm", "norm")


def mobile(name, seed, side, width, vision, decoder=None, dtype=torch.float32):
    g = torch.Generator().manual_seed(seed)
    vision = {"image_size": side, "output_channels": width, "mlp_ratio": 2, "mbconv_expand_ratio": 2, "local_conv_size": 3, **vision}
    patch = 4
    for s in vision["strides"]:
        patch *= s
    grid = side // patch
    prompts = dict(hidden_size=width, image_size=side, patch_size=patch, mask_input_channels=8)
    masks = dict(hidden_size=width, mlp_dim=20, num_attention_heads=2, iou_head_hidden_dim=12, **(decoder or {}))
    sam = SamModel(SamConfig(
        vision_config=SamVisionConfig(image_size=side, patch_size=patch, output_channels=width, num_pos_feats=width // 2, hidden_size=4, num_hidden_layers=1, num_attention_heads=1, mlp_dim=4).to_dict(),
        prompt_encoder_config=SamPromptEncoderConfig(**prompts).to_dict(),
        mask_decoder_config=SamMaskDecoderConfig(layer_norm_eps=1e-5, **masks).to_dict()))
    encoder = TinyVit(vision)
    randomise(sam, g)
    randomise(encoder, g)
    with torch.no_grad():
        for n, p in sam.mask_decoder.named_parameters():
            if "upscale_conv" in n and n.endswith("weight"):
                p.mul_(4)
            if "proj_out" in n and "hypernetworks" in n:
                p.mul_(6)
        for n, p in encoder.named_parameters():
            if ".bn." in n:
                p.copy_(torch.randn(p.shape, generator=g) * 0.2 + (1 if n.endswith("weight") else 0))
            if n.endswith("attention_biases"):
                p.copy_(torch.randn(p.shape, generator=g))
        for n, p in encoder.named_buffers():
            if n.endswith("running_mean"):
                p.copy_(torch.randn(p.shape, generator=g) * 0.3)
            if n.endswith("running_var"):
                p.copy_(torch.rand(p.shape, generator=g) + 0.5)
    sam.to(dtype), encoder.to(dtype)
    depth = masks.get("iou_head_depth", 3)
    parts = {published(n, depth): t for n, t in sam.state_dict().items() if not n.startswith("vision_encoder.") and n != "prompt_encoder.shared_embedding.positional_embedding"}
    parts.update({f"image_encoder.{n}": t for n, t in encoder.state_dict().items()})
    if name == "mobile-sam":  # what the published file has besides
        parts.update({"image_encoder.norm_head.weight": torch.ones(4), "image_encoder.head.weight": torch.zeros(2, 4)})
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    save_file({n: t.contiguous() for n, t in parts.items()}, folder / "model.safetensors", {"format": "pt"})
    (folder / "config.json").write_text(json.dumps({"model_type": "mobile_sam", "vision_config": vision, "prompt_encoder_config": prompts, "mask_decoder_config": masks}, indent=2) + "\n")
    SamImageProcessorPil(size={"longest_edge": side}, pad_size={"height": side, "width": side}).save_pretrained(folder)
    sam, encoder = sam.double().eval(), encoder.double().eval()
    x = pixels(g, 1, 3, side, side)
    with torch.no_grad():
        embedding = encoder(x)
    assert embedding.shape == (1, width, grid, grid)
    low = (torch.randn(1, 1, 4 * grid, 4 * grid, generator=g, dtype=torch.float64) * 4).float().double()
    write(folder / "expected.json", {"pixels": pixel_tensor(x), "embedding": tensor(embedding), "low": tensor(low), "cases": cases_of(sam, side, embedding, low)})


if __name__ == "__main__":
    mobile("mobile-sam", 71, 64, 16, dict(embed_dims=[8, 12, 16, 20], depths=[1, 2, 1, 1], num_heads=[1, 2, 4, 2], window_sizes=[3, 3, 4, 3], strides=[2, 2, 1]))
    mobile("mobile-sam-wide", 72, 32, 16, dict(embed_dims=[8, 12, 16, 16], depths=[2, 1, 2, 1], num_heads=[1, 3, 2, 4], window_sizes=[2, 2, 5, 2], strides=[2, 2, 1], local_conv_size=5, mlp_ratio=1.5),
           dict(num_multimask_outputs=2, iou_head_depth=4), dtype=torch.float16)
    mobile("mobile-sam-three", 73, 48, 24, dict(embed_dims=[8, 16, 24], depths=[2, 1, 2], num_heads=[2, 4, 3], window_sizes=[7, 4, 6], strides=[2, 1], mbconv_expand_ratio=3),
           dict(attention_downsample_rate=3, num_hidden_layers=3), dtype=torch.bfloat16)
