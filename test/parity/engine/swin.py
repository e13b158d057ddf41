"""families/swin*, dinov2-registers*: small random-weight checkpoints; swin-step.json: a loss and its gradients."""
import torch
from safetensors.torch import load_file
from transformers import (Dinov2Config, Dinov2ForImageClassification, Dinov2WithRegistersConfig, Dinov2WithRegistersForImageClassification,
                          Dinov2WithRegistersModel, SwinConfig, SwinForImageClassification, SwinModel)
from common import HERE, pixel_tensor, pixels, save as save_json, tensor
from families import answer, preprocessor, randomise, save


def classifier(name, cls, config, seed, sizes, dtype=torch.float32, images=2, kind="ViT"):
    g = torch.Generator().manual_seed(seed)
    model = cls(config)
    randomise(model, g)
    with torch.no_grad():  # biases of positions that matter
        for key, p in model.named_parameters():
            if "relative_position_bias_table" in key:
                p.copy_(0.7 * torch.randn(p.shape, generator=g))
    folder, model = save(name, model, dtype)
    preprocessor(folder, kind, config.image_size if kind == "ViT" else config.patch_size * 3)
    cases = []
    for height, width in sizes:
        x = pixels(g, images, 3, height, width)
        kept = {}
        head = getattr(model, "classifier", None)
        hook = head.register_forward_hook(lambda _, i, o: kept.update(features=i[0])) if head is not None else None
        with torch.no_grad():
            # A model keeps the window sizes of an earlier, smaller image, so each case has its own.
            out = type(model).from_pretrained(folder, dtype=torch.float32).double().eval()(pixel_values=x) if head is None else model(pixel_values=x)
        case = {"pixels": pixel_tensor(x), "features": tensor(kept.get("features", getattr(out, "pooler_output", None)))}
        if hook:
            hook.remove()
            case["logits"] = tensor(out.logits)
        cases.append(case)
    answer(folder, {"cases": cases})
    return model, g


if __name__ == "__main__":
    names = dict(id2label={0: "cat", 1: "dog", 2: "a tree"})
    # Stages of 8, 4 and 2 windows wide: the first is shifted, the last is one window.
    model, g = classifier("swin", SwinForImageClassification, SwinConfig(image_size=32, patch_size=4, embed_dim=8, depths=[2, 2], num_heads=[2, 4], window_size=4, mlp_ratio=2, **names), 31, [(32, 32), (48, 32)])
    model = SwinForImageClassification.from_pretrained(HERE / "families" / "swin", dtype=torch.float32).double().eval()
    x, labels = pixels(g, 4, 3, 32, 32), torch.tensor([0, 2, 1, 2])
    loss = torch.nn.functional.cross_entropy(model(pixel_values=x).logits, labels)
    loss.backward()
    stored = load_file(HERE / "families" / "swin" / "model.safetensors")
    found = {tuple(p.shape): [] for p in model.parameters()}
    for name, p in model.named_parameters():
        found[tuple(p.shape)].append((p.detach().float(), p.grad))
    gradients = {}
    for name, t in stored.items():  # parameters are renamed where they are saved
        [grad] = [grad for value, grad in found[tuple(t.shape)] if torch.equal(value, t)]
        gradients[name] = tensor(grad)
    save_json("swin-step.json", {"pixels": pixel_tensor(x), "labels": tensor(labels), "loss": loss.item(), "gradients": gradients})
    classifier("swin-encoder", SwinModel, SwinConfig(image_size=30, patch_size=3, embed_dim=12, depths=[1, 2], num_heads=[3, 2], window_size=5, mlp_ratio=1.5, qkv_bias=False, hidden_act="gelu_new", layer_norm_eps=1e-3), 32, [(30, 30), (33, 45)], torch.bfloat16)
    classifier("swin-three", SwinForImageClassification, SwinConfig(image_size=24, patch_size=2, embed_dim=6, depths=[2, 2, 1], num_heads=[1, 3, 2], window_size=3, mlp_ratio=2), 33, [(24, 24), (26, 38)], torch.float16)
    dino = dict(hidden_size=24, num_hidden_layers=2, num_attention_heads=3, image_size=42, patch_size=7)
    classifier("dinov2-registers", Dinov2WithRegistersModel, Dinov2WithRegistersConfig(**dino, mlp_ratio=2), 34, [(42, 42), (28, 28), (49, 35)], kind="Bit", images=1)
    classifier("dinov2-registers-classes", Dinov2WithRegistersForImageClassification, Dinov2WithRegistersConfig(**{**dino, "num_attention_heads": 1}, mlp_ratio=3, num_register_tokens=2, **names), 35, [(42, 42), (21, 63)], torch.float16, kind="Bit", images=1)
    classifier("dinov2-classes", Dinov2ForImageClassification, Dinov2Config(**{**dino, "num_hidden_layers": 1}, mlp_ratio=2, **names), 36, [(42, 42), (28, 49)], torch.bfloat16, kind="Bit", images=1)
