"""detect-step.json: one training step of families/owlvit on two images, by transformers' model, matcher and losses and PyTorch's gradients. Run owl.py first."""
import torch
from common import HERE, pixel_tensor, pixels, round32, save, tensor
from transformers import OwlViTForObjectDetection
from transformers.image_transforms import center_to_corners_format
from transformers.loss.loss_deformable_detr import DeformableDetrHungarianMatcher
from transformers.loss.loss_for_object_detection import generalized_box_iou, sigmoid_focal_loss

torch.manual_seed(5)
g = torch.Generator().manual_seed(5)
model = OwlViTForObjectDetection.from_pretrained(HERE / "families" / "owlvit", dtype=torch.float32).double().eval()
x = pixels(g, 2, 3, 24, 24)
queries = torch.nn.functional.normalize(torch.randn(4, 20, generator=g).double(), dim=-1)
queries = round32(queries)
targets = [
    {"class_labels": torch.tensor([2, 0, 2]), "boxes": round32(torch.tensor([[0.3, 0.3, 0.4, 0.5], [0.7, 0.6, 0.3, 0.3], [0.5, 0.8, 0.6, 0.2]]).double())},
    {"class_labels": torch.tensor([3]), "boxes": round32(torch.tensor([[0.6, 0.4, 0.5, 0.7]]).double())},
]
feature_map, _ = model.image_embedder(pixel_values=x)
b, h, w, d = feature_map.shape
features = feature_map.reshape(b, h * w, d)
logits, _ = model.class_predictor(features, queries[None].expand(b, -1, -1), None)
boxes = model.box_predictor(features, feature_map)
matched = DeformableDetrHungarianMatcher(class_cost=2, bbox_cost=5, giou_cost=2)({"logits": logits, "pred_boxes": boxes}, targets)
count = sum(len(t["boxes"]) for t in targets)
onehot = torch.zeros_like(logits)
own, wanted, found = [], [], []
for i, (at, of) in enumerate(matched):
    onehot[i, at, targets[i]["class_labels"][of]] = 1
    own.append(boxes[i, at])
    wanted.append(targets[i]["boxes"][of])
    order = torch.empty(len(of), dtype=torch.long)
    order[of] = at
    found.append(order.tolist())
own, wanted = torch.cat(own), torch.cat(wanted)
# `mean(1).sum()` over one column is the sum over the elements
focal = sigmoid_focal_loss(logits.reshape(-1, 1), onehot.reshape(-1, 1), count, 0.25, 2)
l1 = (own - wanted).abs().sum() / count
giou = (1 - torch.diag(generalized_box_iou(center_to_corners_format(own), center_to_corners_format(wanted)))).sum() / count
loss = 2 * focal + 5 * l1 + 2 * giou
loss.backward()
save("detect-step.json", {
    "pixels": pixel_tensor(x), "queries": tensor(queries), "found": found,
    "targets": [{"queries": t["class_labels"].tolist(), "boxes": tensor(t["boxes"])} for t in targets],
    "loss": loss.item(), "focal": focal.item(), "distance": l1.item(), "giou": giou.item(),
    "grads": {name: tensor(p.grad) for name, p in model.named_parameters() if p.grad is not None},
})
