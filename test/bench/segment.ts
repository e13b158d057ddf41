import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { Pixels } from '../../src-main/engine/data/pixels.ts'
import { openModel } from '../../src-main/engine/models/checkpoint.ts'
import { Prompter } from '../../src-main/engine/segmentation/prompts.ts'
import { WordSegmenter } from '../../src-main/engine/segmentation/words.ts'
import { decide } from '../../src-main/engine/segmentation/decide.ts'
import { programRoot } from '../../src-main/program.ts'
import { timed, writeRandom } from './preview.ts'

const noise = (seed: number): Pixels => ({
  width: 1600,
  height: 1200,
  channels: 3,
  data: Uint8Array.from({ length: 1600 * 1200 * 3 }, (_, i) => (i * 7919 + seed * 101) % 251),
})

/** Masks of any CLIP, with Nano: an image, then other words on it. */
async function byWords(): Promise<Record<string, number>> {
  const model = await openModel(path.join(programRoot, 'resources', 'nano'))
  const words = new WordSegmenter(model)
  const find = async (seed: number, ...texts: string[]) => {
    const image = await words.encode(noise(seed))
    return decide(await words.logits(image, await words.words(texts.map((t) => [t]))), image, true, { threshold: 0 })
  }
  await find(0, 'dog', 'wheel')
  const nanoMasksMs = await timed(3, (i) => find(i, 'dog', 'wheel'))
  const image = await words.encode(noise(0))
  const nanoLogitsMs = await timed(9, async (i) => words.logits(image, await words.words([[`dog ${i}`], [`wheel ${i}`]])))
  await words.release()
  model.close()
  return { nanoMasksMs, nanoLogitsMs }
}

/** A model that answers clicks, of its family's default size: an image, a click and its mask at the image's size. */
async function byClicks(family: string, processor: string, prefix: string): Promise<Record<string, number>> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'dashi-bench-'))
  try {
    await writeRandom(dir, { model_type: family }, { image_processor_type: processor })
    const model = await openModel(dir)
    const prompter = new Prompter(model)
    const first = await timed(1, () => prompter.embed(noise(0)))
    const seen = await prompter.embed(noise(1))
    const image = await timed(1, () => prompter.embed(noise(2)))
    const click = async (n: number) => {
      const clicks = Array.from({ length: n }, (_, i) => ({ x: 300 + 100 * i, y: 400 + 7 * i, inside: i % 2 === 0 }))
      const [best] = await prompter.ask(seen, { clicks })
      return prompter.mask(seen, best!)
    }
    const one = await timed(9, () => click(1))
    const second = await timed(1, () => click(2))
    await prompter.release()
    model.close()
    const megabytes = Math.round(process.resourceUsage().maxRSS / 1024)
    const measured = { FirstMs: first, ImageMs: image, ClickMs: one, SecondClickMs: second, Megabytes: megabytes }
    return Object.fromEntries(Object.entries(measured).map(([name, x]) => [prefix + name, x]))
  } finally {
    fs.rmSync(dir, { recursive: true, force: true })
  }
}

/** The models from the smallest on, since the memory is the largest that the process had until then. */
export const segmentBench = async (): Promise<Record<string, number>> => ({
  ...(await byWords()),
  ...(await byClicks('edgetam', 'Sam2ImageProcessor', 'edgeTam')),
  ...(await byClicks('sam2', 'Sam2ImageProcessor', 'sam2')),
  ...(await byClicks('sam', 'SamImageProcessor', 'sam')),
})
