"""families/dual*/: small random-weight VisionTextDualEncoderModels as `transformers` saves them, each with expected.json.

`dual.py load CHECKPOINT EMBED.json --image F… --text T…` instead loads a checkpoint that Dashi wrote and compares it with what `dashi embed --json` said."""
import json, shutil, sys
import torch
from transformers import (AutoImageProcessor, AutoTokenizer, BertConfig, BertTokenizer, CLIPTextConfig, CLIPTokenizer, CLIPVisionConfig, Dinov2Config,
                          Dinov2WithRegistersConfig, SwinConfig, VisionTextDualEncoderConfig, VisionTextDualEncoderModel, ViTConfig)
from clip import ASCII, TEXTS, vocabulary
from common import HERE, pixel_tensor, pixels, tensor

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijklmnopqrstuvwxyz,.!;2", *("##" + c for c in "abcdefghijklmnopqrstuvwxyz"), "photo", "cat", "red", "##ing"]


def randomise(model, g):
    """Weights large enough that every part of the model matters to the outputs."""
    with torch.no_grad():
        for name, p in model.named_parameters():
            z = torch.randn(p.shape, generator=g)
            if "norm" in name.lower():
                p.copy_(1 + 0.2 * z if name.endswith("weight") else 0.1 * z)
            elif "logit_scale" in name:
                p.fill_(1.7)
            elif "lambda" in name:
                p.copy_(0.5 + 0.2 * z)
            elif "token" in name or "embeddings" in name or "embedding" in name and "patch" not in name:
                p.copy_(0.4 * z)
            elif p.ndim < 2:
                p.copy_(0.1 * z)
            else:
                p.copy_(z * 1.2 / p[0].numel() ** 0.5)


def build(name, seed, vision, text, processor, sizes=(), dim=12, dtype=torch.float32, keeps_tokenizer=False):
    g = torch.Generator().manual_seed(seed)
    context = text.pop("max_position_embeddings")
    if text.pop("kind") == "bert":
        tokenizer = BertTokenizer(vocab={w: i for i, w in enumerate(PIECES)}, model_max_length=context)
        text = BertConfig(vocab_size=len(PIECES), max_position_embeddings=context, **text)
    else:
        vocab, bpe = vocabulary(ASCII, 40, specials_last=True)
        tokenizer = CLIPTokenizer(vocab=vocab, merges=bpe, pad_token="!", model_max_length=context)
        text = CLIPTextConfig(vocab_size=len(vocab), bos_token_id=vocab["<|startoftext|>"], eos_token_id=vocab["<|endoftext|>"], pad_token_id=0, max_position_embeddings=context, **text)
    model = VisionTextDualEncoderModel(VisionTextDualEncoderConfig.from_vision_text_configs(vision, text, projection_dim=dim))
    randomise(model, g)
    folder = HERE / "families" / name
    shutil.rmtree(folder, ignore_errors=True)
    model.to(dtype).eval().save_pretrained(folder)
    if keeps_tokenizer:
        tokenizer.save_pretrained(folder)
    side = vision.image_size
    size = {"shortest_edge": side + 4} if processor in ("Bit", "CLIP") else {"height": side, "width": side}
    said = {"image_processor_type": f"{processor}ImageProcessor", "size": size, "crop_size": {"height": side, "width": side}}
    (folder / "preprocessor_config.json").write_text(json.dumps(said, indent=2) + "\n")
    # The answers come from the folder just written, so that rounding to fp16/bf16 is part of what is compared.
    model = VisionTextDualEncoderModel.from_pretrained(folder, dtype=torch.float32).double().eval()
    told = tokenizer(TEXTS, padding="max_length", truncation=True, max_length=context, return_tensors="pt")
    cases = []
    for height, width in [(side, side), *sizes]:
        x = pixels(g, 2, 3, height, width)
        with torch.no_grad():
            out = model(input_ids=told.input_ids, attention_mask=told.attention_mask, pixel_values=x)
        cases.append({"pixels": pixel_tensor(x), "features": tensor(out.image_embeds), "logitsPerImage": tensor(out.logits_per_image)})
    expected = {"texts": TEXTS, "inputIds": tensor(told.input_ids), "textEmbeds": tensor(out.text_embeds), "cases": cases}
    (folder / "expected.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")
    print(f"{name:14} {sum(f.stat().st_size for f in folder.iterdir()) / 1024:4.0f} KiB")


def load(checkpoint, answers, *rest):
    from PIL import Image
    images, texts = rest[rest.index("--image") + 1:rest.index("--text")], list(rest[rest.index("--text") + 1:])
    said = json.load(open(answers))
    model, notes = VisionTextDualEncoderModel.from_pretrained(checkpoint, output_loading_info=True)
    assert not notes["missing_keys"] and not notes["unexpected_keys"] and not notes["mismatched_keys"], notes
    told = AutoTokenizer.from_pretrained(checkpoint)(texts, padding=True, return_tensors="pt")
    told.pop("token_type_ids", None)
    seen = AutoImageProcessor.from_pretrained(checkpoint)([Image.open(i).convert("RGB") for i in images], return_tensors="pt")
    with torch.no_grad():
        out = model.eval()(**told, **seen)
    for name, found in (("image", out.image_embeds), ("text", out.text_embeds), ("logitsPerImage", out.logits_per_image)):
        ours = torch.tensor(said[name])
        print(f"{name}: largest difference {(ours - found).abs().max():.1e}")
        assert torch.allclose(ours, found, atol=1e-3)


if __name__ == "__main__":
    if sys.argv[1:2] == ["load"]:
        sys.exit(load(*sys.argv[2:]))
    tower = dict(hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=3)
    dino = dict(hidden_size=24, num_hidden_layers=2, num_attention_heads=3, mlp_ratio=2, image_size=28, patch_size=7)
    clip = lambda **other: dict(kind="clip", **{**tower, "hidden_size": 16, "num_attention_heads": 2, "max_position_embeddings": 16, **other})
    bert = lambda **other: dict(kind="bert", **{**tower, "hidden_size": 20, "num_attention_heads": 4, "max_position_embeddings": 24, **other})
    build("dual", 91, Dinov2Config(**dino), clip(), "Bit", sizes=[(21, 42)], keeps_tokenizer=True)
    build("dual-bert", 92, ViTConfig(**tower, image_size=24, patch_size=8), bert(), "ViT", dim=32, keeps_tokenizer=True)
    build("dual-clip", 93, CLIPVisionConfig(**tower, image_size=24, patch_size=8, hidden_act="gelu"), bert(max_position_embeddings=18, type_vocab_size=1, layer_norm_eps=1e-5), "CLIP", dim=9, dtype=torch.bfloat16)
    build("dual-registers", 94, Dinov2WithRegistersConfig(**{**dino, "mlp_ratio": 4}, num_register_tokens=3, use_swiglu_ffn=True), clip(hidden_act="gelu", num_hidden_layers=1), "Bit", dim=24, dtype=torch.float16)
    build("dual-swin", 95, SwinConfig(image_size=24, patch_size=3, embed_dim=8, depths=[1, 1], num_heads=[2, 4], window_size=4, mlp_ratio=2.0), clip(), "ViT")
