import { squareProcessor, withOlderRescale } from '../data/preprocess.ts'
import { owlFamily } from './owl.ts'

/** OWLv2: Minderer et al. 2023, arXiv:2306.09683. */
export const owlv2 = owlFamily({
  type: 'owlv2',
  name: 'OWLv2',
  saves: 'Owlv2ForObjectDetection',
  patch: 16,
  objectness: true,
  processors: [
    withOlderRescale(
      squareProcessor('Owlv2', {
        size: { height: 960, width: 960 },
        resample: 'bilinear',
        image_mean: [0.48145466, 0.4578275, 0.40821073],
        image_std: [0.26862954, 0.26130258, 0.27577711],
      }),
    ),
  ],
})
