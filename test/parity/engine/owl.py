"""families/owl*/: small random-weight OWL-ViT and OWLv2 checkpoints as `transformers` saves them, each with expected.json; owl-pictures.json: odd pictures
with what its image processors (those without torchvision) and post-processing make of them. Needs SciPy and Pillow too."""
import base64, io, json, shutil
import numpy as np
import torch
from PIL import Image, ImageOps
from transformers import (CLIPTokenizer, OwlViTConfig, OwlViTForObjectDetection, OwlViTProcessor, Owlv2Config, Owlv2ForObjectDetection, Owlv2Processor)
from transformers.models.owlvit.image_processing_pil_owlvit import OwlViTImageProcessorPil
from transformers.models.owlv2.image_processing_pil_owlv2 import Owlv2ImageProcessorPil
from clip import ASCII, TEXTS, vocabulary
from common import HERE, pixel_tensor, pixels, save, tensor

KINDS = {"owlvit": (OwlViTConfig, OwlViTForObjectDetection, OwlViTImageProcessorPil, OwlViTProcessor),
         "owlv2": (Owlv2Config, Owlv2ForObjectDetection, Owlv2ImageProcessorPil, Owlv2Processor)}


def randomise(model, g):
    """Weights large enough that every part of the model matters to the outputs."""
    with torch.no_grad():
        for name, p in model.named_parameters():
            z = torch.randn(p.shape, generator=g)
            if "layer_norm" in name or "layernorm" in name:
                p.copy_(1 + 0.2 * z if name.endswith("weight") else 0.1 * z)
            elif name.endswith(".logit_scale"):
                p.fill_(2.3)
            elif p.ndim < 2:
                p.copy_(0.3 * z if "class_embedding" in name else 0.1 * z)
            elif "embedding.weight" in name and p.ndim == 2:
                p.copy_(0.4 * z)
            else:
                p.copy_(z * 1.2 / p[0].numel() ** 0.5)


def build(name, kind, seed, vision, text, sizes=(), dtype=torch.float32, images=2, keeps_tokenizer=False):
    config, cls, image_processor, _ = KINDS[kind]
    g = torch.Generator().manual_seed(seed)
    vocab, bpe = vocabulary(ASCII, 40, specials_last=True)
    text = dict(vocab_size=len(vocab), bos_token_id=vocab["<|startoftext|>"], eos_token_id=vocab["<|endoftext|>"], pad_token_id=0, **text)
    model = cls(config(text_config=text, vision_config=vision, projection_dim=text["hidden_size"]))
    randomise(model, g)
    folder = HERE / "families" / name
    shutil.rmtree(folder, ignore_errors=True)
    model.to(dtype).eval().save_pretrained(folder)
    context, side = text["max_position_embeddings"], vision["image_size"]
    tokenizer = CLIPTokenizer(vocab=vocab, merges=bpe, pad_token="!", model_max_length=context)
    if keeps_tokenizer:
        tokenizer.save_pretrained(folder)
    image_processor(size={"height": side, "width": side}).save_pretrained(folder)

    # The answers come from the folder just written, so that rounding to fp16/bf16 is part of what is compared.
    model = cls.from_pretrained(folder, dtype=torch.float32).double().eval()
    towers = getattr(model, kind)
    ids = tokenizer(TEXTS, padding="max_length", truncation=True, max_length=context, return_tensors="pt").input_ids
    cases = []
    for height, width in [(side, side), *sizes]:
        x = pixels(g, images, 3, height, width)
        own = dict(interpolate_pos_encoding=(height, width) != (side, side))
        with torch.no_grad():
            out = towers(input_ids=ids, pixel_values=x, **own)
            found = model(input_ids=ids.repeat(images, 1), pixel_values=x, **own)
        case = {"pixels": pixel_tensor(x), "features": tensor(out.image_embeds), "logitsPerImage": tensor(out.logits_per_image),
                "boxes": tensor(found.pred_boxes), "patchLogits": tensor(found.logits)}
        if kind == "owlv2":
            case["objectness"] = tensor(found.objectness_logits)
        cases.append(case)
    guided = []
    for height, width in [(side, side), *sizes]:
        x, query = pixels(g, images, 3, height, width), pixels(g, images, 3, height, width)
        own = dict(interpolate_pos_encoding=(height, width) != (side, side))
        with torch.no_grad():
            found = model.image_guided_detection(pixel_values=x, query_pixel_values=query, **own)
            feature_map = model.image_embedder(pixel_values=query, **own)[0]
            _, at, _ = model.embed_image_query(feature_map.flatten(1, 2), feature_map, **own)
        guided.append({"pixels": pixel_tensor(x), "query": pixel_tensor(query), "at": at.flatten().tolist(), "patchLogits": tensor(found.logits)})
    expected = {"texts": TEXTS, "inputIds": tensor(ids), "textEmbeds": tensor(out.text_embeds), "cases": cases, "guided": guided}
    (folder / "expected.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")
    print(f"{name:14} {sum(f.stat().st_size for f in folder.iterdir()) / 1024:4.0f} KiB")


def scene(width, height):
    """A smooth ground with a disc and a bar, so that boxes differ and the file is small."""
    y, x = np.mgrid[:height, :width] / max(width, height)
    rgb = np.stack([160 * x + 60, 200 * y + 20, 120 + 100 * np.sin(9 * x) * np.cos(7 * y)], -1)
    rgb[(x - 0.3) ** 2 + (y - 0.3) ** 2 < 0.02] = [230, 30, 40]
    rgb[(abs(y - 0.55) < 0.05) & (x > 0.5)] = [20, 60, 220]
    return Image.fromarray(rgb.clip(0, 255).astype(np.uint8))


def pictures():
    rgba = scene(31, 40).convert("RGBA")
    rgba.putalpha(Image.fromarray((np.mgrid[:40, :31][1] * 8).astype(np.uint8)))
    turned = scene(40, 26)
    exif = Image.Exif()
    exif[0x0112] = 6
    return {"one pixel": (Image.new("RGB", (1, 1), (200, 90, 20)), {}), "two by three": (scene(2, 3), {}), "10:1": (scene(120, 12), {}), "1:10": (scene(7, 70), {}),
            "large": (scene(150, 110), {}), "exact": (scene(12, 12), {}), "grey": (scene(50, 45).convert("L"), {}), "transparent": (rgba, {}), "turned": (turned, {"exif": exif})}


def odd_pictures():
    answers = {}
    for name, (image, how) in pictures().items():
        file = io.BytesIO()
        image.save(file, "PNG", optimize=True, **how)
        upright = ImageOps.exif_transpose(Image.open(io.BytesIO(file.getvalue())))
        answer = {"file": base64.b64encode(file.getvalue()).decode(), "pixels": tensor(Owlv2ImageProcessorPil(size={"height": 12, "width": 12})(upright, return_tensors="pt").pixel_values)}
        for kind, (_, cls, image_processor, processor) in KINDS.items():
            folder = HERE / "families" / kind
            whole = processor(image_processor.from_pretrained(folder), CLIPTokenizer.from_pretrained(folder))
            model = cls.from_pretrained(folder, dtype=torch.float32).double().eval()
            texts = ["a photo of a cat", "a photo of a red apple", "a photo of a house"]
            inputs = whole(text=[texts], images=upright, return_tensors="pt")
            size = torch.tensor([upright.size[::-1]])
            with torch.no_grad():
                out = model(input_ids=inputs.input_ids, pixel_values=inputs.pixel_values.double())
                similar = model.image_guided_detection(pixel_values=inputs.pixel_values.double(), query_pixel_values=inputs.pixel_values.double())
            told = lambda r: {k: tensor(v) for k, v in r.items() if torch.is_tensor(v)}
            answer[kind] = {"found": [{"threshold": t, **told(whole.post_process_grounded_object_detection(out, threshold=t, target_sizes=size)[0])} for t in (0.1, 0.5)],
                            "similar": [{"threshold": t, "nms": n, **told((whole.post_process_image_guided_detection(similar, threshold=t, nms_threshold=n, target_sizes=size) or [{}])[0])} for t, n in ((0.0, 0.3), (0.5, 0.1), (0.0, 1.0))]}
        answers[name] = answer
    save("owl-pictures.json", answers)


if __name__ == "__main__":
    tower = dict(hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=3)
    words = dict(hidden_size=20, intermediate_size=28, num_hidden_layers=2, num_attention_heads=2)
    for kind, seed in (("owlvit", 1), ("owlv2", 11)):
        build(kind, kind, seed, dict(**tower, image_size=24, patch_size=8), dict(**words, max_position_embeddings=16), sizes=[(32, 16)], keeps_tokenizer=True)
        build(f"{kind}-wide", kind, seed + 1, dict(hidden_size=36, intermediate_size=48, num_hidden_layers=1, num_attention_heads=6, image_size=28, patch_size=14, hidden_act="gelu", layer_norm_eps=1e-6),
              dict(hidden_size=24, intermediate_size=32, num_hidden_layers=3, num_attention_heads=4, max_position_embeddings=24, hidden_act="gelu"), dtype=torch.float16, sizes=[(42, 70)])
        build(f"{kind}-odd", kind, seed + 2, dict(hidden_size=20, intermediate_size=24, num_hidden_layers=3, num_attention_heads=1, image_size=22, patch_size=5, hidden_act="silu"),
              dict(hidden_size=16, intermediate_size=24, num_hidden_layers=1, num_attention_heads=1, max_position_embeddings=12, hidden_act="gelu_pytorch_tanh"), dtype=torch.bfloat16)
    odd_pictures()
