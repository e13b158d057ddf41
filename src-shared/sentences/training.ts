/** Errors of training, evaluation and comparison. */
export const trainingSentences = {
  'recipe.unknown': 'unknown recipe "{recipe}": there are {known}',
  'recipe.unknown-setting': 'recipe {recipe}: unknown setting {setting} (it has {known})',
  'recipe.setting': 'recipe {recipe}: {setting}: {problem}',
  'recipe.no-prefix':
    'recipe {recipe}: {setting}: expected one token of the model’s vocabulary that no caption or label contains, unlike the other one; found "{found}"',
  'recipe.no-decoder': 'recipe {recipe}: {family} makes masks without a decoder that could be trained; take a model such as CLIPSeg',
  'recipe.no-patches': 'recipe {recipe}: {family} does not compare its patches with texts; take a CLIP or SigLIP',
  'recipe.no-room-for-names': "contextLength: {length} leaves no room for a class name in the model's {tokens} tokens",
  'recipe.no-visual-prompts': 'recipe {recipe}: the image tower of {family} takes no tokens beside its patches',
  'recipe.visual-prompts-twice':
    'recipe {recipe}: the model has visual prompts already: start from one without, or train it by another recipe',
  'recipe.no-adapters': 'recipe {recipe}: the image tower of {family} has no Transformer blocks in which adapters would stand',
  'recipe.adapters-twice': 'recipe {recipe}: the model has adapters already: start from one without, or train it by another recipe',
  'recipe.no-such-module':
    'recipe {recipe}: targets: the image tower has no linear layer called "{name}": expected {all} or some of {known}',
  'recipe.small-budget':
    'recipe {recipe}: budget: {budget}% are {most} parameters, too few for rank 1 in {n} layers, which takes {least}: allow more, or fewer layers',
  'recipe.fewer-blocks': 'recipe last-blocks: blocks: {n} were asked for, and the image tower has {has}',
  'recipe.no-teacher':
    'distill: {distill}: {family} has neither a classifier nor texts whose logits could be kept: choose "features", or a model that has',
  'adapter.foreign-tensor': 'tensor {tensor}: no linear layer of {model} has this name',
  'adapter.shape': 'tensor {tensor}: expected shape [{expected}], found {found}',
  'adapter.empty': 'holds no tensors of an adapter',
  'training.foreign-state': '{file}: is not a saved training state, so it is not overwritten; move it away or choose another name',
  'training.tensor-diverged': 'tensor {tensor} is no longer finite after the last step: try a smaller learning rate',
  'training.bad-loss':
    'the loss became {loss} at step {step}, and so the gradients of {bad} of {of} tensors, of which {tensor} is the first',
  'training.bad-gradient': 'the gradients of {bad} of {of} tensors were not finite at step {step}; {tensor} is the first of them',
  'training.bad-weight': 'the weights of {tensor} were no longer finite at step {step}',
  'training.stopped': '{problem}: try a smaller learning rate',
  'training.stopped-at': '{problem}; the state after step {kept} was kept: resume it with a smaller learning rate',
  'training.nothing-to-judge': 'keep, patience: epochs are judged on labelled images in the split "val", and there are none',
  'training.no-memory': 'memory ran out, even with a single image at a time ({reason})',
  'training.no-memory-whole':
    'memory ran out with {n} images a step, which this recipe cannot divide without changing what it learns: choose a smaller batchSize ({reason})',
  'training.no-captions': '{folder}: no accepted captions of images in the split "train": write or accept captions and assign splits first',
  'training.captions-unreadable':
    '{folder}: no image with accepted captions in the split "train" that can be read ({n} cannot: {file}: {reason})',
  'training.no-caption-words':
    'fewer than two training images have captions with words to learn from: write captions, or set words to "content"',
  'training.one-captioned':
    'fewer than two training images have a caption or label to learn from: an image is told from others by what is said of them',
  'training.same-captions': 'the same is said of every training image ("{text}"): nothing tells one from another',
  'training.batch-of-one': 'a batch of one image has no other text to tell its own from: choose a batchSize of 2 or more',
  'training.accumulated-twice': 'accumulate, effectiveBatch: choose one of them: averaged gradients of batches, or one larger batch',
  'training.nothing-to-mix': 'mix: {mix}: a batch of one image has no other to mix it with: choose a batchSize of 2 or more',
  'training.never-unfrozen':
    'unfreezeEvery: {every}: the last block would be unfrozen after {every} of {epochs} epochs, and so never trained: choose fewer, or more epochs',
  'training.class-number': '{file}: label {label}: expected the number of one of {n} classes',
  'training.no-images': 'no training images: put labelled images into the split "train"',
  'training.class-without-images': 'no training image for the class {classes}',
  'training.classes-without-images': 'no training image for the classes {classes}',
  'training.and-more': '{shown} and {n} more',
  'training.some-unreadable': '{problem} (of {n} unreadable images left out, {file} is the first)',
  'training.none-readable': 'none of the images can be read ({file}: {reason})',
  'training.unlabelled': '{folder}: no labelled images in the split "train": label images and assign splits first',
  'training.unreadable': '{folder}: no labelled images in the split "train" that can be read ({n} cannot: {file}: {reason})',
  'training.no-regions': '{folder}: no accepted regions with a label in the split "train": draw or accept regions and assign splits first',
  'training.regions-unreadable':
    '{folder}: no image with accepted regions in the split "train" that can be read ({n} cannot: {file}: {reason})',
  'training.one-label': '{folder}: only one label is used ({label}): a classifier needs at least two',
  'training.no-split': 'split: there is no split "{split}" (splits: {splits})',
  'training.split-twice': 'split: "{split}" cannot be learned from and chosen on at the same time',
  'training.name': 'name: expected letters or digits, not beginning with "." or ending with ".run", found "{name}"',
  'training.disk-full': 'the checkpoint was written, but the disk is full, so it could not be added to the project',
  'evaluation.no-images': '{folder}: no labelled images in any split (splits: {splits})',
  'evaluation.no-images-in-split': '{folder}: no labelled images in the split "{split}" (splits: {splits})',
  'evaluation.no-images-in-splits': '{folder}: no labelled images in the splits asked for',
  'evaluation.unknown-task': 'unknown task "{task}": there are {known}',
  'evaluation.no-regions': '{folder}: no accepted regions with a label in any split (splits: {splits})',
  'evaluation.no-regions-in-split': '{folder}: no accepted regions with a label in the split "{split}" (splits: {splits})',
  'evaluation.no-regions-in-splits': '{folder}: no accepted regions with a label in the splits asked for',
  'evaluation.unknown-class': 'classes: the checkpoint does not know the class "{class}"',
  'evaluation.out-of-range': 'tensor head.weight: its logits leave the range of float32',
  'evaluation.no-direction':
    'weights: the embedding of {of} has no direction (it overflows, or is zero): expected the weights of a trained model',
  'run.several': 'several runs are called "{name}": give an id ({ids})',
  'merging.over-trained': '{folder}: is a checkpoint that was trained: not replaced by a soup; choose another folder',
  'merging.no-held-out': 'greedy soup: no held-out images: put labelled images into the split "heldOut"',
  'merging.several-models': '{name}: is the name of several models: {folders}',
} as const
