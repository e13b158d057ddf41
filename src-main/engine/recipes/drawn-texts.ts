/**
 * The texts of labels while a model of regions is trained. A step asks for each label by one of its texts, drawn at random, as
 * OWL-ViT (Minderer et al. 2022, §3.2) and CLIPSeg (Lüddecke & Ecker 2022, §4.1) were trained; the mean of all of them is asked
 * for afterwards.
 */
import type { ClassSpec } from '#shared/model/job.ts'
import type { Rng } from '../data/rng.ts'
import { textsOf } from '../tasks/embed.ts'

export class DrawnTexts {
  private constructor(
    /** Where each label's texts begin, and where the last label's end. */
    private readonly starts: readonly number[],
    private readonly rows: Float32Array,
    /** Length of a row. */
    private readonly width: number,
  ) {}

  /** @param embed the embeddings of texts, one row each; a text that several labels share is embedded once */
  static async read(
    classes: readonly ClassSpec[],
    templates: readonly string[],
    embed: (texts: readonly string[]) => Promise<Float32Array>,
  ): Promise<DrawnTexts> {
    const texts = classes.map((c) => [...new Set(textsOf(c, templates))])
    const distinct = [...new Set(texts.flat())]
    const found = await embed(distinct)
    const width = found.length / distinct.length
    const at = new Map(distinct.map((text, i) => [text, i]))
    const rows = new Float32Array(texts.flat().length * width)
    texts.flat().forEach((text, i) => rows.set(found.subarray(at.get(text)! * width, (at.get(text)! + 1) * width), i * width))
    const starts = [0]
    for (const own of texts) starts.push(starts.at(-1)! + own.length)
    return new DrawnTexts(starts, rows, width)
  }

  /** The embedding of one of a label's texts. */
  draw(label: number, rng: Rng): Float32Array {
    const [from, to] = [this.starts[label]!, this.starts[label + 1]!]
    const row = from + rng.int(to - from)
    return this.rows.subarray(row * this.width, (row + 1) * this.width)
  }

  /** One of the texts of every label, in their order: [labels, width]. */
  drawAll(rng: Rng): Float32Array {
    const labels = this.starts.length - 1
    const out = new Float32Array(labels * this.width)
    for (let label = 0; label < labels; label++) out.set(this.draw(label, rng), label * this.width)
    return out
  }
}
