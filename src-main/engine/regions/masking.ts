import type { DetectionSettings, Prompt, Segment } from '#shared/model/preview.ts'
import { Detecting } from '../detection/detecting.ts'
import type { Model } from '../models/model.ts'
import { Assembled } from './assembled.ts'
import { Prompting } from '../segmentation/prompting.ts'

/** Boxes of an image that are made masks of, at most. */
const MOST = 100

/** Words, or an example → boxes of a detector → a mask of each, of a model that takes boxes for prompts. */
export class Masking {
  private readonly detecting: Pick<Detecting, 'find' | 'release'>
  private readonly prompting: Prompting

  /** @throws a user error, starting with `wanted`, if a model cannot do its part */
  constructor(detector: Model, masker: Model, wanted: string) {
    this.detecting = Assembled.of(detector, wanted) ?? Detecting.with(detector, wanted)
    this.prompting = Prompting.with(masker, wanted)
  }

  /**
   * Masks with their boxes and the detector's scores, best first. A box outside the image, and one whose mask is empty, are
   * left out.
   */
  async find(file: string, prompt: Prompt, o: DetectionSettings = {}): Promise<Segment[]> {
    const found = await this.detecting.find(file, prompt, { overlap: 0.5, ...o, most: o.most ?? MOST })
    if (!found.length) return []
    const masks = await this.prompting.inBoxes(
      file,
      found.map(({ box }) => box),
    )
    return found.flatMap(({ label, score }, i): Segment[] => {
      const own = masks[i]
      if (!own) return []
      const { x, y, w, h } = own.box
      return [{ label, score, box: [x, y, w, h], mask: own.mask }]
    })
  }

  async release(): Promise<void> {
    await this.detecting.release()
    await this.prompting.release()
  }
}
