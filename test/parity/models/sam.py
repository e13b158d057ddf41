"""sam*/: small random-weight SAM checkpoints as `transformers` saves them, each with expected.json."""
import json
import numpy as np
from PIL import Image
import torch
from transformers import SamConfig, SamMaskDecoderConfig, SamModel, SamPromptEncoderConfig, SamVisionConfig
from transformers.models.sam.image_processing_pil_sam import SamImageProcessorPil, _build_point_grid, _normalize_coordinates
from transformers.models.sam.processing_sam import SamProcessor
from shared import pixel_tensor, pixels, randomise, save, tensor, write


def sam(name, seed, side, patch, width, vision, decoder=None, dtype=torch.float32):
    g = torch.Generator().manual_seed(seed)
    grid = side // patch
    config = SamConfig(
        vision_config=SamVisionConfig(image_size=side, patch_size=patch, output_channels=width, num_pos_feats=width // 2, **vision).to_dict(),
        prompt_encoder_config=SamPromptEncoderConfig(hidden_size=width, image_size=side, patch_size=patch, mask_input_channels=8).to_dict(),
        mask_decoder_config=SamMaskDecoderConfig(hidden_size=width, mlp_dim=20, num_attention_heads=2, iou_head_hidden_dim=12, **(decoder or {})).to_dict())
    model = SamModel(config)
    randomise(model, g)
    with torch.no_grad():  # logits of a few units that differ from place to place
        for n, p in model.mask_decoder.named_parameters():
            if "upscale_conv" in n and n.endswith("weight"):
                p.mul_(4)
            if "proj_out" in n and "hypernetworks" in n:
                p.mul_(6)
    folder, model = save(name, model, dtype)
    image_processor = SamImageProcessorPil(size={"longest_edge": side}, pad_size={"height": side, "width": side}, mask_size={"longest_edge": 4 * grid}, mask_pad_size={"height": 4 * grid, "width": 4 * grid})
    image_processor.save_pretrained(folder)
    processor = SamProcessor(image_processor)
    x = pixels(g, 1, 3, side, side)
    with torch.no_grad():
        embedding = model.get_image_embeddings(x)
    low = (torch.randn(1, 1, 4 * grid, 4 * grid, generator=g, dtype=torch.float64) * 4).float().double()
    cases = cases_of(model, side, embedding, low)
    # Preprocessing, and masks at the size of the picture.
    pictures = []
    random = np.random.default_rng(seed)
    for width_, height in [(side + 9, side // 2), (7, 30), (1, 1), (40, 1)]:
        coarse = random.integers(0, 256, (max(1, height // 3), max(1, width_ // 3), 3), dtype=np.uint8)
        picture = np.repeat(np.repeat(coarse, 3, 0), 3, 1)[:height, :width_]
        picture = np.pad(picture, ((0, height - picture.shape[0]), (0, width_ - picture.shape[1]), (0, 0)), mode="edge")
        seen = processor(images=Image.fromarray(picture), input_points=[[[width_ / 3, height / 2]]], input_boxes=[[[0.0, 0.0, width_ * 0.75, float(height)]]], return_tensors="pt")
        logits = torch.tensor(random.normal(size=(1, 1, 4 * grid, 4 * grid)).astype("f4"))
        full = processor.post_process_masks([logits.double()], seen["original_sizes"], seen["reshaped_input_sizes"], binarize=False)[0]
        pictures.append({"width": width_, "height": height, "rgb": pixel_bytes(picture), "pixels": tensor(seen["pixel_values"].float()),
                         "point": seen["input_points"].flatten().tolist(), "box": seen["input_boxes"].flatten().tolist(), "reshaped": seen["reshaped_input_sizes"].flatten().tolist(),
                         "logits": tensor(logits[0]), "full": tensor(full[0])})
    everything = everything_of(model, processor, pictures[0], side, grid) if name == "sam" else []
    write(folder / "expected.json", {"everything": everything, "pixels": pixel_tensor(x), "embedding": tensor(embedding), "low": tensor(low), "cases": cases, "pictures": pictures if name == "sam" else []})
    print(f"{name:16} {sum(f.stat().st_size for f in folder.iterdir()) / 1024:4.0f} KiB")


def cases_of(model, side, embedding, low):
    """Points, boxes and an earlier mask, and what the model answers: the mask for clear prompts, then the others."""
    at = lambda *v: torch.tensor(v, dtype=torch.float64)
    cases = []
    for points, labels, box, mask in [
        ([[3.25, 7.5]], [1], None, None),
        ([[3.0, 7.0], [side - 2.0, 1.5]], [1, 0], None, None),
        (None, None, [2.0, 3.5, side - 4.0, side - 1.0], None),
        ([[5.0, 5.0]], [0], [2.0, 3.5, side - 4.0, side - 1.0], low),
        ([[6.0, 9.0]], [1], None, low),
    ]:
        given = {}
        if points:
            given.update(input_points=at(*points)[None, None], input_labels=torch.tensor(labels)[None, None])
        if box:
            given["input_boxes"] = at(*box)[None, None]
        if mask is not None:
            given["input_masks"] = mask
        with torch.no_grad():
            one = model(image_embeddings=embedding, multimask_output=False, **given)
            many = model(image_embeddings=embedding, multimask_output=True, **given)
        cases.append({"points": points or [], "labels": labels or [], "box": box, "mask": mask is not None,
                      "logits": tensor(torch.cat([one.pred_masks, many.pred_masks], 2)[0].float()), "iou": tensor(torch.cat([one.iou_scores, many.iou_scores], 2)[0])})
    return cases


def everything_of(model, processor, picture, side, grid):
    """What the mask-generation pipeline does with a grid of 4 × 4 points, without crops; non-maximum suppression is written out."""
    import base64
    image = np.frombuffer(base64.b64decode(picture["rgb"]), np.uint8).reshape(picture["height"], picture["width"], 3)
    seen = processor.image_processor(Image.fromarray(image), return_tensors="pt")
    points = _build_point_grid(4) * np.array([[picture["width"], picture["height"]]])
    points = torch.tensor(_normalize_coordinates(side, points, image.shape[:2]))[None, :, None]
    with torch.no_grad():
        out = model(pixel_values=seen["pixel_values"].double(), input_points=points, input_labels=torch.ones(points.shape[:3], dtype=torch.int64))
    full = processor.post_process_masks(out.pred_masks, seen["original_sizes"], seen["reshaped_input_sizes"], binarize=False)[0]
    stable = (full > 1).sum((-1, -2)) / (full > -1).sum((-1, -2))
    quality, stability, overlap = float(out.iou_scores.quantile(0.3)), float(stable.double().nan_to_num().quantile(0.3)), 0.98
    crop = [0, 0, picture["width"], picture["height"]]
    masks, scores, boxes = processor.image_processor.filter_masks(full, out.iou_scores[0], image.shape[:2], crop, quality, stability, 0.0, 1)
    kept = []
    area = lambda b: (b[2] - b[0]) * (b[3] - b[1])
    for i in scores.argsort(descending=True).tolist():
        def iou(j):
            a, b = boxes[i].double(), boxes[j].double()
            inter = (torch.min(a[2:], b[2:]) - torch.max(a[:2], b[:2])).clamp(min=0).prod()
            return inter / (area(a) + area(b) - inter)
        if all(iou(j) <= overlap for j in kept):
            kept.append(i)
    print(f"everything: {full.shape[0] * full.shape[1]} masks, {len(scores)} pass, {len(kept)} kept")
    return {"quality": quality, "stability": stability, "overlap": overlap, "masks": [{"score": float(scores[i]), "counts": masks[i]["counts"]} for i in kept]}


def pixel_bytes(x):
    import base64
    return base64.b64encode(np.ascontiguousarray(x).tobytes()).decode()


if __name__ == "__main__":
    vision = dict(hidden_size=12, num_hidden_layers=3, num_attention_heads=2, mlp_dim=20, window_size=3, global_attn_indexes=[1])
    sam("sam", 61, 32, 8, 16, vision)
    sam("sam-plain", 62, 40, 8, 24, {**vision, "use_rel_pos": False, "qkv_bias": False, "num_hidden_layers": 2, "window_size": 0, "hidden_act": "relu"}, dict(attention_downsample_rate=3, num_hidden_layers=3), dtype=torch.float16)
    sam("sam-few", 63, 36, 6, 16, {**vision, "use_abs_pos": False, "num_attention_heads": 3, "mlp_dim": None, "mlp_ratio": 1.5, "window_size": 4, "global_attn_indexes": [0, 2]}, dict(num_multimask_outputs=2, iou_head_depth=4, hidden_act="gelu"), dtype=torch.bfloat16)
