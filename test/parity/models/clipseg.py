"""clipseg*/: small random-weight CLIPSeg checkpoints as `transformers` saves them, each with expected.json."""
import base64, json, shutil
import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from transformers import AutoTokenizer, CLIPSegConfig, CLIPSegForImageSegmentation
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil
from shared import ENGINE, pixel_tensor, pixels, randomise, save, tensor, write


TEXTS = ["a photo of a cat", "dog", "red apple in a house"]


def clipseg(name, seed, side, text, image, dtype=torch.float32, keeps_tokenizer=False, **rest):
    g = torch.Generator().manual_seed(seed)
    config = CLIPSegConfig(text_config=text, vision_config=image, **rest)
    model = CLIPSegForImageSegmentation(config)
    randomise(model, g)
    folder, model = save(name, model, dtype)
    (folder / "preprocessor_config.json").write_text(json.dumps({
        "feature_extractor_type": "ViTFeatureExtractor", "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225], "resample": 2, "size": side}, indent=2) + "\n")
    if keeps_tokenizer:
        for file in ["tokenizer.json", "tokenizer_config.json"]:
            shutil.copy(ENGINE / "clip" / "hub" / file, folder)
    n = 3
    ids = torch.randint(5, text["vocab_size"] - 2, (n, text["max_position_embeddings"]), generator=g)
    end = text["vocab_size"] - 1
    for i in range(n):
        ids[i, 3 + i :] = end
    x, example = pixels(g, 1, 3, side, side), pixels(g, n, 3, side, side)
    many = x.expand(n, -1, -1, -1)
    with torch.no_grad():
        by_text = model(input_ids=ids, pixel_values=many)
        by_image = model(conditional_pixel_values=example, pixel_values=many)
        features = model.clip.get_image_features(pixel_values=x, interpolate_pos_encoding=True).pooler_output
    pictures = []
    if keeps_tokenizer:
        processor = ViTImageProcessorPil.from_pretrained(folder)
        asked = AutoTokenizer.from_pretrained(folder)(TEXTS, padding="max_length", truncation=True, max_length=text["max_position_embeddings"], return_tensors="pt").input_ids
        random = np.random.default_rng(seed)
        for width, height in [(20, 9), (30, 3), (1, 1)]:
            picture = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
            seen = processor(Image.fromarray(picture), return_tensors="pt").pixel_values.double()
            with torch.no_grad():
                low = model(input_ids=asked, pixel_values=seen.expand(len(TEXTS), -1, -1, -1)).logits
            full = F.interpolate(low[None], (height, width), mode="bilinear", align_corners=False)[0]
            pictures.append({"width": width, "height": height, "rgb": base64.b64encode(picture.tobytes()).decode(), "texts": TEXTS, "full": tensor(full)})
    write(folder / "expected.json", {
        "pictures": pictures,
        "inputIds": tensor(ids), "pixels": pixel_tensor(x), "examples": pixel_tensor(example), "features": tensor(features),
        "queries": tensor(by_text.conditional_embeddings), "exampleQueries": tensor(by_image.conditional_embeddings),
        "masks": tensor(by_text.logits), "exampleMasks": tensor(by_image.logits)})
    print(f"{name:16} {sum(f.stat().st_size for f in folder.iterdir()) / 1024:4.0f} KiB")


if __name__ == "__main__":
    vocab = json.loads((ENGINE / "clip" / "hub" / "config.json").read_text())["text_config"]["vocab_size"]
    text = dict(hidden_size=16, intermediate_size=24, num_hidden_layers=1, num_attention_heads=2, max_position_embeddings=12, vocab_size=vocab, eos_token_id=2)
    image = dict(hidden_size=16, intermediate_size=24, num_hidden_layers=3, num_attention_heads=2, image_size=24, patch_size=8)
    small = dict(projection_dim=12, decoder_intermediate_size=20)
    clipseg("clipseg", 51, 32, text, image, **small, extract_layers=[0, 1, 2], reduce_dim=8, keeps_tokenizer=True)
    clipseg("clipseg-refined", 52, 24, text, {**image, "patch_size": 9, "image_size": 18, "hidden_act": "gelu"}, dtype=torch.float16, **small,
            extract_layers=[1, 2], reduce_dim=6, decoder_num_attention_heads=3, use_complex_transposed_convolution=True)
    clipseg("clipseg-late", 53, 25, {**text, "eos_token_id": vocab - 1}, {**image, "num_hidden_layers": 2, "patch_size": 5, "layer_norm_eps": 1e-4}, dtype=torch.bfloat16, **small,
            extract_layers=[0, 0, 1], reduce_dim=8, conditional_layer=1)
