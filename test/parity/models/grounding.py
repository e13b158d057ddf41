"""grounding*/: small random-weight Grounding DINOs and MM-Grounding-DINOs (the classes of LLMDet too) as `transformers` saves them, each with expected.json;
grounding-pictures.json: odd pictures and captions with what its processors (those without torchvision) and post-processing make of them."""
import base64, io, json, sys
import numpy as np
import torch
from PIL import Image, ImageOps
from transformers import (BertConfig, BertTokenizer, GroundingDinoConfig, GroundingDinoForObjectDetection, GroundingDinoProcessor,
                          MMGroundingDinoConfig, MMGroundingDinoForObjectDetection, SwinConfig)
from transformers.image_transforms import convert_to_rgb, get_size_with_aspect_ratio
from transformers.models.grounding_dino.image_processing_pil_grounding_dino import GroundingDinoImageProcessorPil
from transformers.models.grounding_dino.modeling_grounding_dino import build_label_maps
from shared import ENGINE, HERE, pixel_tensor, pixels, save, tensor, write
from owl import pictures

KINDS = {"grounding": (GroundingDinoConfig, GroundingDinoForObjectDetection), "mm": (MMGroundingDinoConfig, MMGroundingDinoForObjectDetection)}
LABELS = ["a cat", "Red apple", "the house, "]


def vocabulary():
    """BERT's ids of [CLS], [SEP], the full stop and the question mark are part of the model; between them are letters and some words."""
    letters = "abcdefghijklmnopqrstuvwxyz0123456789,!-'#()東京の"
    words = ["a", *letters, *(f"##{c}" for c in letters), "the", "of", "cat", "dog", "red", "apple", "house", "app", "##le", "##s", "remote", "control"]
    vocab = {"[PAD]": 0, "[UNK]": 100, "[CLS]": 101, "[SEP]": 102, "[MASK]": 103, ".": 1012, "?": 1029}
    for i, word in enumerate(dict.fromkeys(words)):
        vocab[word] = 104 + i
    taken = set(vocab.values())
    return {**vocab, **{f"[unused{i}]": i for i in range(1030) if i not in taken}}


def tokenizer(context):
    return BertTokenizer(vocab=dict(sorted(vocabulary().items(), key=lambda e: e[1])), model_max_length=context)


def randomise(model, g):
    """Weights large enough that every part of the model matters to the outputs."""
    with torch.no_grad():
        for name, p in model.named_parameters():
            z = torch.randn(p.shape, generator=g)
            if "norm" in name.lower() or (name.startswith("model.input_proj") and p.ndim == 1):
                p.copy_(1 + 0.2 * z if name.endswith("weight") else 0.1 * z)
            elif "_param" in name:
                p.copy_(0.6 + 0.3 * z)
            elif "sampling_offsets.bias" in name:
                p.copy_(1.5 * z)
            elif "word_embeddings" in name or "query_position" in name:
                p.copy_(2 * z)
            elif "embed" in name and "bbox" not in name and "patch" not in name:
                p.copy_(0.5 * z)
            elif "bias_table" in name:
                p.copy_(0.5 * z)
            elif p.ndim < 2:
                p.copy_(0.1 * z)
            else:
                p.copy_(z * (1.6 if "bbox" in name else 1.1) / p[0].numel() ** 0.5)


def build(name, kind, seed, swin, text, sizes, texts, dtype=torch.float32, **own):
    config, cls = KINDS[kind]
    g = torch.Generator().manual_seed(seed)
    context = own["max_text_len"]
    model = cls(config(backbone_config={"model_type": "swin", **SwinConfig(**swin).to_dict()}, text_config={"vocab_size": 1030, "max_position_embeddings": context, **text}, **own))
    randomise(model, g)
    folder, model = save(name, model, dtype)
    size = {"shortest_edge": 40, "longest_edge": 90}
    processor = GroundingDinoProcessor(GroundingDinoImageProcessorPil(size=size), tokenizer(context))
    processor.image_processor.save_pretrained(folder)
    if name == "grounding":
        processor.tokenizer.save_pretrained(folder)
    cases = []
    for (height, width), labels in zip(sizes, texts):
        x = pixels(g, 1, 3, height, width)
        ids = processor(text=[labels], return_tensors="pt").input_ids
        with torch.no_grad():
            out = model(pixel_values=x, input_ids=ids)
        cases.append({"labels": labels, "pixels": pixel_tensor(x), "ids": ids[0].tolist(), "boxes": tensor(out.pred_boxes[0]), "logits": tensor(out.logits[0, :, :ids.shape[1]])})
    write(folder / "expected.json", {"cases": cases})
    print(f"{name:14} {sum(f.stat().st_size for f in folder.iterdir()) / 1024:4.0f} KiB")


def odd_pictures():
    """What is found in whole pictures by labels: boxes and scores of `post_process_grounded_object_detection`, its phrases, and each label's best token."""
    folder = HERE / "grounding"
    processor = GroundingDinoProcessor(GroundingDinoImageProcessorPil.from_pretrained(folder), BertTokenizer.from_pretrained(folder))
    model = GroundingDinoForObjectDetection.from_pretrained(folder, dtype=torch.float32).double().eval()
    answers = {}
    for name, (image, how) in pictures().items():
        file = io.BytesIO()
        image.save(file, "PNG", optimize=True, **how)
        upright = convert_to_rgb(ImageOps.exif_transpose(Image.open(io.BytesIO(file.getvalue()))))
        inputs = processor(text=[LABELS], images=upright, return_tensors="pt")
        answers[name] = {"file": base64.b64encode(file.getvalue()).decode(), "pixels": tensor(inputs.pixel_values[0])}
        if name not in ("one pixel", "10:1", "grey", "turned"):
            continue
        with torch.no_grad():
            out = model(**{k: v.double() if v.is_floating_point() else v for k, v in inputs.items()})
        size = torch.tensor([upright.size[::-1]])
        found = []
        for threshold, words in ((0.25, 0.25), (0.9, 0.5)):
            r = processor.post_process_grounded_object_detection(out, threshold=threshold, text_threshold=words, target_sizes=size)[0]
            found.append({"threshold": threshold, "textThreshold": words, "scores": tensor(r["scores"]), "boxes": tensor(r["boxes"]), "phrases": r["text_labels"]})
        maps = build_label_maps(out.logits, inputs.input_ids)[0]
        best = torch.stack([out.logits[0].masked_fill(m == 0, -torch.inf).max(-1)[0] for m in maps])
        answers[name]["answer"] = {"labelScores": tensor(best.sigmoid()), "found": found}
    texts = ["a cat", "Cats and DOGS!", "naïve café", "東京の cat", "an apple-tree's (red) apples?", "x" * 101, "remote   control\t2", "ΑΣ", "", "[SEP] cat", "🍎 apple", "#1 cat."]
    sizes = [(640, 480), (480, 640), (800, 1333), (800, 800), (1, 1), (4000, 1000), (999, 1000), (3, 2000), (2000, 3), (1067, 801), (133, 1333), (8000, 9), (1600, 2667), (77, 1281)]
    write(HERE / "grounding-pictures.json", {"sizes": [[*size, *get_size_with_aspect_ratio(size, 800, 1333)] for size in sizes], "labels": LABELS, "ids": inputs.input_ids[0].tolist(), "pictures": answers, "texts": [{"text": t, "ids": processor.tokenizer(t).input_ids} for t in texts]})


if __name__ == "__main__":
    swin = dict(embed_dim=8, depths=[1, 2, 1, 1], num_heads=[1, 2, 2, 4], window_size=3, out_indices=[2, 3, 4])
    text = dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24)
    detr = dict(d_model=32, encoder_layers=2, decoder_layers=2, encoder_ffn_dim=32, decoder_ffn_dim=24, encoder_attention_heads=4, decoder_attention_heads=2, max_text_len=32, num_queries=10)
    words = [["a cat", "red apple"], ["The house", "dog", "remote control"], ["cats"]]
    build("grounding", "grounding", 71, swin, text, [(37, 50), (24, 416)], words, dtype=torch.float16, **{**detr, "num_feature_levels": 3})
    build("grounding-odd", "grounding", 72, {**swin, "depths": [2, 1, 2], "num_heads": [2, 4, 1], "window_size": 4, "patch_size": 5, "qkv_bias": False, "mlp_ratio": 1.5, "out_indices": [1, 3], "hidden_act": "relu"},
          {**text, "num_hidden_layers": 1, "hidden_act": "relu"}, [(44, 61), (30, 57)], words, dtype=torch.bfloat16,
          **{**detr, "decoder_layers": 3, "num_feature_levels": 3, "activation_function": "gelu", "decoder_bbox_embed_share": False, "positional_embedding_temperature": 10000, "encoder_n_points": 2, "decoder_n_points": 3, "max_text_len": 24, "num_queries": 17})
    build("grounding-mm", "mm", 73, {**swin, "depths": [1, 1, 2, 1], "window_size": 2}, {**text, "num_attention_heads": 4}, [(40, 136)], words, dtype=torch.float16,
          **{**detr, "num_feature_levels": 5, "encoder_attention_heads": 8, "decoder_bbox_embed_share": False, "decoder_cls_embed_share": False, "encoder_layers": 1, "decoder_layers": 3})
    build("grounding-llmdet", "mm", 74, {**swin, "depths": [1, 1, 1, 1], "window_size": 5}, text, [(32, 72)], words, dtype=torch.float16, **{**detr, "encoder_layers": 1})
    odd_pictures()
