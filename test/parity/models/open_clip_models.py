"""open-clip/NAME/: small random-weight models as open_clip saves them for the hub, and OpenAI's state dict, each with expected.json.

Needs open_clip_torch 3.3 and timm 1.0 beside torch and safetensors.
"""
import json, shutil, sys
from functools import partial
from pathlib import Path
import torch
from safetensors.torch import load_file, save_file
import timm
from open_clip.model import CLIP, CustomTextCLIP, build_model_from_openai_state_dict
from timm.models import register_model
from timm.models.vision_transformer import VisionTransformer

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "engine"))
from common import pixel_tensor, pixels, tensor  # noqa: E402
from families import randomise  # noqa: E402


# The name tells the number of heads, 12, as those of timm's own SigLIP towers do.
def vit_base_patch8_siglip_24(pretrained=False, **kwargs):
    known = {k: v for k, v in kwargs.items() if k in ("num_classes", "global_pool")}
    return VisionTransformer(img_size=24, patch_size=8, embed_dim=24, depth=2, num_heads=12, mlp_ratio=2, class_token=False, **known)


vit_base_patch8_siglip_24.__module__ = timm.models.vision_transformer.__name__
register_model(vit_base_patch8_siglip_24)


def answers(model, g, side, context, vocabulary, end=None):
    x = pixels(g, 2, 3, side, side)
    ids = torch.randint(1, vocabulary - 1, (3, context), generator=g)
    if end is not None:
        for row, at in enumerate([context - 1, 4, 2]):
            ids[row, at] = end
            ids[row, at + 1:] = 0
    model = model.double().eval()
    with torch.no_grad():
        image, text = model.encode_image(x, normalize=True), model.encode_text(ids, normalize=True)
        logits = model.logit_scale.exp() * image @ text.T + (model.logit_bias if model.logit_bias is not None else 0)
    return {"pixels": pixel_tensor(x), "inputIds": tensor(ids), "features": tensor(image), "textEmbeds": tensor(text), "logitsPerImage": tensor(logits)}


def folder_of(name):
    folder = HERE / "open-clip" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def finish(folder, expected):
    (folder / "expected.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")
    print(f"{folder.name:16} {sum(f.stat().st_size for f in folder.iterdir()) / 1024:4.0f} KiB")


def hub(name, config, seed, dtype=torch.float32, preprocess=None):
    g = torch.Generator().manual_seed(seed)
    custom = config.get("custom_text", False)
    build = lambda: (CustomTextCLIP if custom else CLIP)(**{k: v for k, v in config.items() if k != "custom_text"})
    model = build()
    randomise(model, g)
    folder = folder_of(name)
    save_file({k: v.to(dtype).contiguous() for k, v in model.state_dict().items()}, folder / "open_clip_model.safetensors", {"format": "pt"})
    said = {"model_cfg": config, "preprocess_cfg": preprocess or {}}
    (folder / "open_clip_config.json").write_text(json.dumps(said, indent=2) + "\n")
    model = build()
    model.load_state_dict({k: v.float() for k, v in load_file(folder / "open_clip_model.safetensors").items()})
    t = config["text_cfg"]
    causal = not t.get("no_causal_mask")
    finish(folder, answers(model, g, config["vision_cfg"]["image_size"], t["context_length"], t["vocab_size"], t["vocab_size"] - 1 if causal else None))


def openai(name, seed):
    """OpenAI's archive has these tensors in half precision, with three that tell its sizes."""
    g = torch.Generator().manual_seed(seed)
    model = CLIP(32, dict(layers=1, width=64, patch_size=8, image_size=24), dict(context_length=9, vocab_size=50, width=64, heads=1, layers=1), quick_gelu=True)
    randomise(model, g)
    state = {k: v.half().contiguous() for k, v in model.state_dict().items()}
    sizes = dict(input_resolution=torch.tensor(24), context_length=torch.tensor(9), vocab_size=torch.tensor(50))
    folder = folder_of(name)
    save_file({**state, **sizes}, folder / "ViT-tiny.safetensors", {"format": "pt"})
    model = build_model_from_openai_state_dict({**state, **sizes}, cast_dtype=torch.float32)
    finish(folder, answers(model, g, 24, 9, 50, 49))


if __name__ == "__main__":
    hub("quick", dict(embed_dim=20, quick_gelu=True, vision_cfg=dict(image_size=24, layers=2, width=24, head_width=8, patch_size=8),
                      text_cfg=dict(context_length=9, vocab_size=50, width=16, heads=2, layers=2)), 1)
    hub("own-text", dict(embed_dim=16, custom_text=True, vision_cfg=dict(image_size=22, layers=1, width=20, head_width=10, patch_size=5, mlp_ratio=2.7, act_kwargs={"approximate": "tanh"}),
                         text_cfg=dict(context_length=12, vocab_size=40, width=24, heads=3, layers=3, mlp_ratio=1.5, norm_kwargs={"eps": 1e-3})), 2, torch.bfloat16,
        dict(mean=[0.5, 0.4, 0.3], std=[0.2, 0.3, 0.4], interpolation="bilinear", resize_mode="squash"))
    openai("openai", 3)
    hub("siglip", dict(embed_dim=24, init_logit_bias=-10, custom_text=True,
                       vision_cfg=dict(image_size=24, timm_model_name="vit_base_patch8_siglip_24", timm_model_pretrained=False, timm_pool="map", timm_proj="none"),
                       text_cfg=dict(context_length=8, vocab_size=60, width=24, heads=3, layers=2, no_causal_mask=True, proj_bias=True, pool_type="last", norm_kwargs={"eps": 1e-6}, act_kwargs={"approximate": "tanh"})), 4,
        preprocess=dict(mean=[0.5, 0.5, 0.5], std=[0.5, 0.5, 0.5], resize_mode="squash"))
