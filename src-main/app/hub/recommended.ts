/** A short list of models that Dashi can use, by what they are good for. What a download would bring is asked of the hub. */
import type { Recommended } from '#shared/model/hub.ts'

/** Sizes are of the weights in float32, four bytes a parameter as their papers and model cards state them. */
export const recommended: readonly Recommended[] = [
  { name: 'google/siglip-base-patch16-224', task: 'classify', licence: 'apache-2.0', bytes: 813e6 },
  { name: 'facebook/dinov2-small', task: 'embed', licence: 'apache-2.0', bytes: 88e6 },
  { name: 'facebook/dinov2-base', task: 'embed', licence: 'apache-2.0', bytes: 346e6 },
  { name: 'google/owlv2-base-patch16-ensemble', task: 'detect', licence: 'apache-2.0', bytes: 620e6 },
  { name: 'IDEA-Research/grounding-dino-tiny', task: 'detect', licence: 'apache-2.0', bytes: 690e6 },
  { name: 'CIDAS/clipseg-rd64-refined', task: 'segment', licence: 'apache-2.0', bytes: 603e6 },
  { name: 'yonigozlan/EdgeTAM-hf', task: 'prompt', licence: 'apache-2.0', bytes: 56e6 },
  { name: 'facebook/sam2.1-hiera-tiny', task: 'prompt', licence: 'apache-2.0', bytes: 156e6 },
  { name: 'facebook/sam-vit-base', task: 'prompt', licence: 'apache-2.0', bytes: 375e6 },
]
