"""families/groupvit*/: small random-weight GroupViT checkpoints as `transformers` saves them, each with expected.json: embeddings, logits, and logits of each
pixel. Nothing is taken from the authors' own code, whose licence forbids it."""
import json, shutil
import torch
from transformers import CLIPTokenizer, GroupViTConfig, GroupViTModel
from clip import ASCII, TEXTS, vocabulary
from common import HERE, pixel_tensor, pixels, tensor


def randomise(model, g):
    """Weights large enough that every part of the model matters to the outputs."""
    with torch.no_grad():
        for name, p in [*model.named_parameters(), *model.named_buffers()]:
            if not p.is_floating_point():
                continue
            z = torch.randn(p.shape, generator=g)
            if name.endswith("running_var"):
                p.copy_(0.5 + torch.rand(p.shape, generator=g))
            elif "norm" in name or "_projection.1." in name:
                p.copy_(1 + 0.2 * z if name.endswith("weight") else 0.1 * z)
            elif "logit_scale" in name:
                p.fill_(1.7)
            elif "group_token" in name:
                p.copy_(z)
            elif "token" in name or "position" in name:
                p.copy_(0.4 * z)
            elif p.ndim < 2:
                p.copy_(0.1 * z)
            else:
                p.copy_(z * 1.2 / p[0].numel() ** 0.5)


def build(name, seed, vision, text, dtype=torch.float32, images=2, keeps_tokenizer=False):
    g = torch.Generator().manual_seed(seed)
    vocab, bpe = vocabulary(ASCII, 40, specials_last=True)
    text = dict(vocab_size=len(vocab), bos_token_id=vocab["<|startoftext|>"], eos_token_id=vocab["<|endoftext|>"], pad_token_id=0, **text)
    model = GroupViTModel(GroupViTConfig(text_config=text, vision_config=vision, projection_dim=12, projection_intermediate_dim=20))
    randomise(model, g)
    folder = HERE / "families" / name
    shutil.rmtree(folder, ignore_errors=True)
    model.to(dtype).eval().save_pretrained(folder)
    context, side = text["max_position_embeddings"], vision["image_size"]
    tokenizer = CLIPTokenizer(vocab=vocab, merges=bpe, pad_token="!", model_max_length=context)
    if keeps_tokenizer:
        tokenizer.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps({
        "image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": side}, "crop_size": {"height": side, "width": side},
        "resample": 3, "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}, indent=2) + "\n")

    # The answers come from the folder just written, so that rounding to fp16/bf16 is part of what is compared.
    model = GroupViTModel.from_pretrained(folder, dtype=torch.float32).double().eval()
    ids = tokenizer(TEXTS, padding="max_length", truncation=True, max_length=context, return_tensors="pt").input_ids
    x = pixels(g, images, 3, side, side)
    with torch.no_grad():
        out = model(input_ids=ids, pixel_values=x, output_segmentation=True, output_attentions=True)
    # A patch between two groups could fall to either by rounding.
    for soft in out.vision_model_output.attentions:
        best = soft.topk(2, dim=1).values
        assert (best[:, 0] / best[:, 1]).min() > 1.002, name
    cases = [{"pixels": pixel_tensor(x), "features": tensor(out.image_embeds), "logitsPerImage": tensor(out.logits_per_image),
              "pixelLogits": tensor(out.segmentation_logits)}]
    expected = {"texts": TEXTS, "inputIds": tensor(ids), "textEmbeds": tensor(out.text_embeds), "cases": cases}
    (folder / "expected.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")
    print(f"{name:14} {sum(f.stat().st_size for f in folder.iterdir()) / 1024:4.0f} KiB")


if __name__ == "__main__":
    text = dict(hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2, max_position_embeddings=16)
    vision = dict(hidden_size=16, intermediate_size=24, depths=[1, 1, 1], num_hidden_layers=3, num_group_tokens=[6, 4, 0], num_output_groups=[6, 4, 0],
                  num_attention_heads=2, image_size=24, patch_size=6)
    build("groupvit", 81, vision, text, keeps_tokenizer=True)
    build("groupvit-two", 82, {**vision, "depths": [2, 1], "num_group_tokens": [5, 0], "num_output_groups": [3, 0], "hidden_act": "quick_gelu", "patch_size": 5,
                               "layer_norm_eps": 1e-4, "assign_eps": 0.5, "assign_mlp_ratio": [1.5, 2]}, {**text, "hidden_act": "gelu"}, dtype=torch.float16)
    build("groupvit-four", 83, {**vision, "depths": [1, 2, 1, 0], "num_hidden_layers": 4, "num_group_tokens": [5, 5, 3, 0], "num_output_groups": [5, 5, 3, 0], "num_attention_heads": 4,
                                "hidden_size": 20, "image_size": 20, "patch_size": 5}, {**text, "hidden_size": 12}, dtype=torch.bfloat16)
