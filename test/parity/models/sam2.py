"""sam2*/: small random-weight SAM 2 checkpoints as `transformers` saves them, each with expected.json. The image processor needs torchvision, so its settings are written here."""
import json
import torch
from transformers import Sam2Config, Sam2HieraDetConfig, Sam2MaskDecoderConfig, Sam2Model, Sam2PromptEncoderConfig, Sam2VisionConfig
from shared import pixel_tensor, pixels, randomise, save, tensor, write


def sam2(name, seed, side, stride, width, backbone, decoder=None, dtype=torch.float32):
    g = torch.Generator().manual_seed(seed)
    grid = side // (4 * stride)
    dims = backbone["embed_dim_per_stage"]
    config = Sam2Config(
        vision_config=Sam2VisionConfig(
            backbone_config=Sam2HieraDetConfig(hidden_size=dims[0], image_size=[side, side], patch_stride=[stride, stride], num_query_pool_stages=len(dims) - 1, mlp_ratio=2.0, **backbone).to_dict(),
            backbone_channel_list=dims[::-1], backbone_feature_sizes=[[4 * grid] * 2, [2 * grid] * 2, [grid] * 2], fpn_hidden_size=width, fpn_top_down_levels=[2, 3] if len(dims) > 3 else [1, 2]).to_dict(),
        prompt_encoder_config=Sam2PromptEncoderConfig(hidden_size=width, image_size=side, patch_size=4 * stride, mask_input_channels=8).to_dict(),
        mask_decoder_config=Sam2MaskDecoderConfig(hidden_size=width, mlp_dim=20, num_attention_heads=2, iou_head_hidden_dim=12, **(decoder or {})).to_dict())
    answered(name, Sam2Model(config), g, seed, side, grid, dtype)


def normalised(model, g, side):
    """Gives batch normalisation the statistics of random pictures, so that activations keep their size as in a trained model."""
    norms = [m for m in model.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    if not norms:
        return
    with torch.no_grad():
        for m in norms:
            m.weight.copy_(1 + 0.2 * torch.randn(m.weight.shape, generator=g))
            m.momentum = 1.0
        model.vision_encoder.train()(torch.randn(16, 3, side, side, generator=g))


def answered(name, model, g, seed, side, grid, dtype):
    """The model's folder with random weights, and what transformers answers to prompts for a random picture."""
    randomise(model, g)
    with torch.no_grad():
        model.no_memory_embedding.copy_(torch.randn(model.no_memory_embedding.shape, generator=g) * 0.3)
        for n, p in model.named_parameters():
            if "point_embed.weight" in n or "no_mask_embed" in n:
                p.copy_(torch.randn(p.shape, generator=g) * 0.4)
            if "upscale_conv" in n and n.endswith("weight"):
                p.mul_(4)
            if "proj_out" in n and "hypernetworks" in n:
                p.mul_(6)
        for n, b in model.named_buffers():
            if n.endswith("positional_embedding"):
                b.copy_(torch.randn(b.shape, generator=torch.Generator().manual_seed(seed)))
    normalised(model, g, side)
    folder, model = save(name, model, dtype)
    (folder / "preprocessor_config.json").write_text(json.dumps({"image_processor_type": "Sam2ImageProcessor", "size": {"height": side, "width": side}, "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}, indent=2) + "\n")
    x = pixels(g, 1, 3, side, side)
    with torch.no_grad():
        maps = model.get_image_embeddings(x)
    low = (torch.randn(1, 1, 4 * grid, 4 * grid, generator=g, dtype=torch.float64) * 4).float().double()
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
            one = model(image_embeddings=maps, multimask_output=False, **given)
            many = model(image_embeddings=maps, multimask_output=True, **given)
        cases.append({"points": points or [], "labels": labels or [], "box": box, "mask": mask is not None,
                      "steady": bool((one.iou_scores[..., None] != many.iou_scores).all()),
                      "logits": tensor(torch.cat([one.pred_masks, many.pred_masks], 2)[0].float()), "iou": tensor(torch.cat([one.iou_scores, many.iou_scores], 2)[0])})
    print(name, [c["steady"] for c in cases])
    # Masks are interpolated from the decoder's size to the image's at once (Sam2ImageProcessor.post_process_masks).
    full = torch.nn.functional.interpolate(low, (7, 30), mode="bilinear", align_corners=False)
    write(folder / "expected.json", {"pixels": pixel_tensor(x), "embedding": tensor(torch.cat([m.flatten() for m in maps])), "low": tensor(low), "full": tensor(full), "cases": cases})


if __name__ == "__main__":
    sam2("sam2", 81, 64, 4, 16, dict(embed_dim_per_stage=[8, 12, 16, 20], blocks_per_stage=[1, 2, 2, 1], num_attention_heads_per_stage=[1, 2, 4, 2], window_size_per_stage=[4, 4, 2, 2], global_attention_blocks=[4]))
    sam2("sam2-padded", 82, 48, 2, 24, dict(embed_dim_per_stage=[6, 12, 18, 24], blocks_per_stage=[1, 1, 2, 1], num_attention_heads_per_stage=[1, 3, 2, 4], window_size_per_stage=[8, 10, 4, 3], global_attention_blocks=[3],
         patch_kernel_size=[5, 5], patch_padding=[2, 2], window_positional_embedding_background_size=[5, 5], hidden_act="relu"),
         dict(num_multimask_outputs=2, iou_head_depth=4, dynamic_multimask_via_stability=False), dtype=torch.float16)
    sam2("sam2-three", 83, 32, 2, 16, dict(embed_dim_per_stage=[8, 16, 24], blocks_per_stage=[2, 1, 2], num_attention_heads_per_stage=[2, 2, 3], window_size_per_stage=[4, 4, 2], global_attention_blocks=[1, 4]),
         dict(attention_downsample_rate=1, dynamic_multimask_stability_thresh=0.05), dtype=torch.bfloat16)
