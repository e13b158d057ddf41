import { processor, withOlderRescale } from '../data/preprocess.ts'
import { owlFamily } from './owl.ts'

/** OWL-ViT: Minderer et al. 2022, arXiv:2205.06230. */
export const owlvit = owlFamily({
  type: 'owlvit',
  name: 'OWL-ViT',
  saves: 'OwlViTForObjectDetection',
  patch: 32,
  objectness: false,
  processors: [
    withOlderRescale(
      processor('OwlViT', {
        size: { height: 768, width: 768 },
        resample: 'bicubic',
        do_center_crop: false,
        crop: 768,
        image_mean: [0.48145466, 0.4578275, 0.40821073],
        image_std: [0.26862954, 0.26130258, 0.27577711],
      }),
    ),
  ],
})
