"""Loads a checkpoint folder that Dashi wrote in transformers and compares it with what `dashi embed --json` said of the same images and texts.

  npm run -s dashi -- embed --model DIR --image a.png b.png --text "a cat" "a dog" --json > embed.json
  python load_back.py DIR embed.json --image a.png b.png --text "a cat" "a dog"

Images go through the folder's own processor, so a difference there shows up too; texts through its tokenizer. Exits 1 when an embedding differs by more
than 1e-5 (text), --image-tolerance (image) or a logit by more than 1e-3 (with the images' own difference allowed for).
"""
import argparse, json, sys
import torch
from PIL import Image, ImageOps
from transformers.models.clip import CLIPImageProcessor, CLIPModel, CLIPTokenizer

args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
args.add_argument("folder")
args.add_argument("embeddings", help="output of `dashi embed --json`: {image, text, logitsPerImage}")
args.add_argument("--image", nargs="*", default=[])
args.add_argument("--text", nargs="*", default=[])
args.add_argument("--image-tolerance", type=float, default=1e-5)
args = args.parse_args()

ours = json.load(open(args.embeddings))
model, report = CLIPModel.from_pretrained(args.folder, dtype=torch.float32, output_loading_info=True)
model = model.double().eval()
print("loading:", {k: sorted(v) for k, v in report.items() if v} or "every tensor in its place")
failed = any(report[k] for k in ("missing_keys", "mismatched_keys"))
theirs = {}


def compare(name, a, b, tolerance):
    global failed
    a = torch.tensor([[float("nan") if x is None else x for x in row] for row in a], dtype=torch.float64)  # JSON has null for NaN
    if a.shape != b.shape:
        print(f"{name}: shape {list(a.shape)}, transformers has {list(b.shape)}")
        failed = True
        return
    worst = (a - b).abs().max().item()
    bad = not worst <= tolerance
    failed |= bad
    print(f"{name}: largest difference {worst:.2e} {'MORE THAN' if bad else 'within'} {tolerance:.0e}")


with torch.no_grad():
    if args.image:
        images = [ImageOps.exif_transpose(Image.open(f)) for f in args.image]  # transparency is the processor's to resolve
        pixels = CLIPImageProcessor.from_pretrained(args.folder)(images, return_tensors="pt").pixel_values.double()
        theirs["image"] = torch.nn.functional.normalize(model.get_image_features(pixel_values=pixels).pooler_output, dim=-1)
        compare("image", ours["image"], theirs["image"], args.image_tolerance)
    if args.text:
        tokenizer = CLIPTokenizer.from_pretrained(args.folder)
        ids = tokenizer(args.text, padding="max_length", truncation=True, max_length=model.config.text_config.max_position_embeddings, return_tensors="pt").input_ids
        theirs["text"] = torch.nn.functional.normalize(model.get_text_features(input_ids=ids).pooler_output, dim=-1)
        compare("text", ours["text"], theirs["text"], 1e-5)
    if args.image and args.text:
        scale = model.logit_scale.exp()
        compare("logitsPerImage", ours["logitsPerImage"], scale * theirs["image"] @ theirs["text"].T, 1e-3 + float(scale) * (args.image_tolerance - 1e-5))
sys.exit(1 if failed else 0)
