"""regions.json: losses of detection and segmentation and Hungarian matching, by transformers' functions."""
import torch
from cases import Cases
from common import round32, save, tensor
from transformers.image_transforms import center_to_corners_format
from transformers.loss.loss_deformable_detr import DeformableDetrHungarianMatcher
from transformers.loss.loss_for_object_detection import dice_loss, generalized_box_iou, sigmoid_focal_loss

k = Cases(20261127)


def boxes(*shape):
    """Centre and size within the unit square; two in a row may be apart, overlap, or one lie in the other."""
    return round32(torch.cat([k.uniform(0.2, 0.8, *shape, 2), k.uniform(0.05, 0.5, *shape, 2)], -1))


def hits(*shape):
    return (k.uniform(0, 1, *shape) > 0.7).double()


def focal(alpha, gamma):
    # `mean(1).sum()` over one column is the sum of the elements, so rows are kept apart by an upstream gradient
    def f(x, t):
        return torch.stack([sigmoid_focal_loss(a.reshape(1, 1), b.reshape(1, 1), 1, alpha, gamma) for a, b in zip(x.flatten(), t.flatten())]).reshape(x.shape)

    return f


def giou(a, b):
    return 1 - torch.diag(generalized_box_iou(center_to_corners_format(a), center_to_corners_format(b)))[:, None]


def add(op, fn, x, t, **attrs):
    """Gradients of the predictions only: targets are constants."""
    k.case(op, lambda x: fn(x, t), [x], **attrs)
    k.cases[-1]["inputs"].append(tensor(t))
    k.cases[-1]["grads"].append(None)


for alpha, gamma in [(0.25, 2.0), (0.5, 1.0)]:
    add("sigmoidFocal", focal(alpha, gamma), k.away(3, 4), hits(3, 4), alpha=alpha, gamma=gamma)
add("sigmoidFocal", focal(0.25, 2.0), round32(torch.tensor([[30.0, -30.0, 12.0, -12.0]]).double()), torch.tensor([[1.0, 0, 0, 1]]).double(), alpha=0.25, gamma=2.0)
bce = lambda x, t: torch.nn.functional.binary_cross_entropy_with_logits(x, t, reduction="none")
add("binaryCrossEntropy", bce, k.away(2, 5), k.uniform(0, 1, 2, 5))
add("binaryCrossEntropy", bce, round32(torch.tensor([[80.0, -80.0]]).double()), torch.tensor([[0.0, 1.0]]).double())
dice = lambda x, t: torch.stack([dice_loss(a[None], b[None], 1) for a, b in zip(x, t)])
add("dice", dice, k.randn(3, 20), hits(3, 20))
add("dice", dice, k.randn(1, 4), torch.zeros(1, 4).double())
add("boxDistance", lambda a, b: (a - b).abs().sum(1, keepdim=True), boxes(5), boxes(5))
add("giouLoss", giou, boxes(12), boxes(12))

matches = []
matcher = DeformableDetrHungarianMatcher(class_cost=2, bbox_cost=5, giou_cost=2)
for n, q, targets in [(6, 3, 4), (20, 5, 11), (9, 2, 1), (4, 2, 7)]:
    logits, predicted = k.randn(n, q, scale=2.0), boxes(n)
    wanted, labels = boxes(targets), k.ints(0, q, targets)
    [(i, j)] = matcher({"logits": logits[None], "pred_boxes": predicted[None]}, [{"class_labels": labels, "boxes": wanted}])
    found = torch.full((targets,), -1)
    found[j] = i
    matches.append({"logits": tensor(logits), "boxes": tensor(predicted), "targets": tensor(wanted), "queries": labels.tolist(), "found": found.tolist()})

save("regions.json", {"cases": k.cases, "matches": matches})
