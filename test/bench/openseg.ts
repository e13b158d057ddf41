/**
 * What the recipe `openseg` brings: mIoU of Nano, asked as a dense CLIP, before and after it learned from captions of scenes, with
 * their masks (without labels) or with a grid alone. Measured on other scenes of the same words, and on scenes of words that no
 * caption had; all in styles that Nano's pre-training never saw.
 */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { type Asked, testScenes, wordIou } from '../../src-main/app/pretrain/segment-measure.ts'
import { sceneConcepts } from '../../src-main/app/pretrain/detect-data.ts'
import { randomOf } from '../../src-main/app/sample/random.ts'
import { runJob } from '../../src-main/engine/jobs/run-job.ts'
import { programRoot } from '../../src-main/program.ts'

const NANO = path.join(programRoot, 'resources', 'nano')
/** Words of the captions, and as many others; scenes that are learned from, and of either kind that is measured. */
const SIZES = { full: { words: 40, learned: 64, measured: 32, epochs: 12 }, fast: { words: 20, learned: 24, measured: 12, epochs: 6 } }

export async function opensegBench(fast: boolean): Promise<Record<string, number>> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'dashi-bench-'))
  const size = SIZES[fast ? 'fast' : 'full']
  const log = (line: string) => process.stderr.write(`  ${line}\n`)
  try {
    const drawn = randomOf('openseg words')
    const left = sceneConcepts()
    const take = () => Array.from({ length: size.words }, () => left.splice(drawn.integer(0, left.length - 1), 1)[0]!)
    const [words, others] = [take(), take()]
    const scenes = (name: string, n: number, of = words) => testScenes(`openseg ${name}`, n, of, path.join(dir, 'scenes'), () => {})
    const [learned, same, other] = [
      await scenes('learned', size.learned),
      await scenes('measured', size.measured),
      await scenes('other words', size.measured, others),
    ]
    const figures: Record<string, number> = {}
    const measure = async (of: string, checkpoint: string) => {
      for (const [name, concepts, asked] of [
        ['SameWords', words, same],
        ['OtherWords', others, other],
      ] as const)
        figures[`${of}${name}Miou`] = rounded((await wordIou(checkpoint, concepts, asked)).named)
      log(JSON.stringify(figures))
    }
    await measure('dense', NANO)
    for (const [name, regions] of [
      ['masks', 'own'],
      ['grid', 'grid'],
    ] as const) {
      const start = performance.now()
      const { checkpoint } = await runJob(
        {
          kind: 'train',
          model: NANO,
          out: path.join(dir, name),
          recipe: 'openseg',
          settings: { regions, lr: 1e-3, epochs: size.epochs },
          seed: 1,
          device: 'cpu',
          classes: words.map(({ name }) => ({ name })),
          templates: ['a {}'],
          splits: { train: learned.map(itemOf) },
          dataHash: null,
          cache: path.join(dir, 'cache'),
          saveEverySeconds: 3600,
        },
        { onProgress: () => {}, isCancelled: () => false },
      )
      figures[`${name}Seconds`] = Math.round((performance.now() - start) / 1000)
      await measure(name, checkpoint)
    }
    return figures
  } finally {
    fs.rmSync(dir, { recursive: true, force: true })
  }
}

const rounded = (x: number) => Number(x.toFixed(3))

/** A scene as a project has it: captions, and masks whose labels are not read. */
const itemOf = ({ scene, file }: Asked) => ({
  file,
  label: 0,
  masks: scene.objects.map(({ segmentation }) => ({ class: 0, mask: segmentation })),
  captions: scene.captions,
})
