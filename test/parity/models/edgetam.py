"""edgetam*/: small random-weight EdgeTAM checkpoints as `transformers` saves them, each with expected.json. Needs timm and torchvision too."""
import torch
from transformers import EdgeTamConfig, EdgeTamMaskDecoderConfig, EdgeTamModel, EdgeTamPromptEncoderConfig, EdgeTamVisionConfig, TimmWrapperConfig
from sam2 import answered


def edgetam(name, seed, side, width, backbone, decoder=None, dtype=torch.float32):
    grid = side // 16
    dims = backbone["embed_dim"]
    indices = list(range(len(dims)))
    config = EdgeTamConfig(
        vision_config=EdgeTamVisionConfig(
            backbone_config=TimmWrapperConfig(architecture="repvit_m1", model_args=dict(in_chans=3, features_only=True, out_indices=indices, **backbone)),
            backbone_channel_list=dims[::-1], backbone_feature_sizes=[[4 * grid] * 2, [2 * grid] * 2, [grid] * 2], fpn_hidden_size=width, fpn_top_down_levels=indices[-2:]),
        prompt_encoder_config=EdgeTamPromptEncoderConfig(hidden_size=width, image_size=side, mask_input_channels=8),
        mask_decoder_config=EdgeTamMaskDecoderConfig(hidden_size=width, mlp_dim=20, num_attention_heads=2, iou_head_hidden_dim=12, **(decoder or {})))
    g = torch.Generator().manual_seed(seed)
    answered(name, EdgeTamModel(config), g, seed, side, grid, dtype)


if __name__ == "__main__":
    edgetam("edgetam", 91, 64, 16, dict(embed_dim=[8, 12, 16, 20], depth=[2, 1, 3, 1]))
    edgetam("edgetam-wide", 92, 96, 24, dict(embed_dim=[6, 12, 18, 24], depth=[1, 2, 1, 2], mlp_ratio=[2, 1, 3, 2], kernel_size=5),
            dict(num_multimask_outputs=2, iou_head_depth=4, dynamic_multimask_via_stability=False), dtype=torch.float16)
    edgetam("edgetam-three", 93, 32, 16, dict(embed_dim=[8, 16, 24], depth=[2, 1, 2]),
            dict(attention_downsample_rate=1, dynamic_multimask_stability_thresh=0.05), dtype=torch.bfloat16)
