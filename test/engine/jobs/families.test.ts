/** What can be done with a family is asked of what it can, so all are tuned by the same recipes. */
import fs from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { TrainJob } from '#shared/model/job.ts'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { modelFacts } from '../../../src-main/engine/questions/facts.ts'
import { mergeCheckpoints } from '../../../src-main/engine/merge/merge.ts'
import { goldenPath } from '../../helpers/golden.ts'
import { CLASSES, shapePictures, shapesJob, temporaryFolder } from '../../helpers/pictures.ts'

let dir: string
let splits: TrainJob['splits']
let n = 0
beforeAll(async () => {
  dir = temporaryFolder()
  splits = await shapePictures(path.join(dir, 'pictures'))
})

const hooks = { onProgress: () => undefined, isCancelled: () => false }
const TUNING = { epochs: 2, batchSize: 4, lr: 1e-3 }
const model = (name: string) => goldenPath(`families/${name}`)
function train(name: string, recipe: TrainJob['recipe'], settings: Record<string, unknown> = {}) {
  const job = shapesJob(splits, { model: model(name), out: path.join(dir, `run-${n++}`), cache: path.join(dir, 'cache'), recipe, settings })
  return runJob(job, hooks)
}

describe.each([
  'siglip',
  'siglip2',
  'dual',
  'vit',
  'deit-teacher',
  'vit-encoder',
  'dinov2',
  'dinov2-registers-classes',
  'swin',
  '../../models/clipseg',
  'groupvit',
  'owlvit',
  'owlv2',
])('%s', (name) => {
  test.each([
    ['lp', { cCount: 3 }],
    ['ft', TUNING],
    ['lp-ft', { ...TUNING, cCount: 3 }],
  ] as const)('is tuned by %s to a checkpoint that opens, with a head of the classes', async (recipe, settings) => {
    const { checkpoint, measured, loss } = await train(name, recipe, settings)
    expect(loss.every(Number.isFinite)).toBe(true)
    expect(measured.splits['train']!.n).toBe(splits['train']!.length)
    const [tuned, base] = [await openModel(checkpoint), await openModel(model(name))]
    expect(tuned.head!.classes).toEqual(CLASSES)
    // The number of batches that a norm has seen is an integer.
    const floats = tuned.weights.names().filter((t) => !t.endsWith('num_batches_tracked'))
    const changed = floats.filter((t) => !tuned.weights.float32(t).every((x, i) => x === base.weights.float32(t)[i]))
    if (recipe === 'lp') expect(changed).toEqual([])
    else {
      expect(changed.length).toBeGreaterThan(0)
      expect(changed.every((t) => tuned.tensors.isOf(t, 'image'))).toBe(true)
    }
    tuned.close()
    base.close()
  })

  test('two tuned models are blended', async () => {
    const [a, b] = [await train(name, 'lp', { cCount: 2 }), await train(name, 'lp', { cCount: 3 })]
    const out = path.join(dir, `soup-${n++}`)
    await mergeCheckpoints({ method: { name: 'uniform' }, ingredients: [a.checkpoint, b.checkpoint], out })
    ;(await openModel(out)).close()
  })
})

test('SigLIP reads texts, so it is a zero-shot classifier and its prompt can be tuned', async () => {
  expect((await train('siglip', 'zero-shot')).measured.splits['train']!.n).toBe(splits['train']!.length)
  expect((await train('siglip', 'coop', { epochs: 1, batchSize: 4, contextLength: 2 })).loss.length).toBeGreaterThan(0)
  expect(modelFacts(model('siglip'))!.can).toEqual(['embedImage', 'embedText', 'segment'])
})

describe('what a family cannot do is refused in one line', () => {
  test.each([
    [
      'vit',
      'zero-shot',
      {},
      'recipe zero-shot: a ViT model cannot embed texts: choose a model of CLIP, SigLIP, SigLIP 2 NaFlex, dual encoder, CLIPSeg, GroupViT, OWL-ViT or OWLv2',
    ],
    [
      'dinov2',
      'coop',
      {},
      'recipe coop: a DINOv2 model cannot embed texts: choose a model of CLIP, SigLIP, SigLIP 2 NaFlex, dual encoder, CLIPSeg, GroupViT, OWL-ViT or OWLv2',
    ],
    [
      'vit',
      'ft',
      { head: 'zero-shot' },
      'recipe ft: head: zero-shot: a ViT model cannot embed texts: choose a model of CLIP, SigLIP, SigLIP 2 NaFlex, dual encoder, CLIPSeg, GroupViT, OWL-ViT or OWLv2',
    ],
  ] as const)('%s by %s', async (name, recipe, settings, line) => {
    await expect(train(name, recipe, settings)).rejects.toThrow(line)
  })

  test('and its facts list none of it as a capability', () => {
    expect(modelFacts(model('dinov2'))!.can).toEqual(['embedImage'])
    expect(modelFacts(model('vit'))!.can).toEqual(['embedImage', 'classify'])
  })
})

test('a pretrained classifier uses its own classes until it is tuned', async () => {
  const own = await openModel(model('vit'))
  expect(own.head!.classes).toEqual(['cat', 'dog', 'a tree'])
  own.close()
})

test('an unsupported family is refused with a list of the supported ones', async () => {
  const folder = path.join(dir, 'unknown')
  fs.cpSync(model('vit'), folder, { recursive: true })
  const file = path.join(folder, 'config.json')
  fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace('"model_type": "vit"', '"model_type": "swinv2"'))
  await expect(openModel(folder)).rejects.toThrow(
    `${file}: model_type: expected "clip", "siglip", "siglip2", "vit", "deit", "dinov2", "dinov2_with_registers", "vision-text-dual-encoder", "swin", "clipseg", "groupvit", "sam", "mobile_sam", "sam2", "sam2_video", "edgetam", "edgetam_video", "owlvit", "owlv2", "grounding-dino" or "mm-grounding-dino", found "swinv2": the supported families are CLIP, SigLIP, SigLIP 2 NaFlex, ViT, DINOv2, dual encoder, Swin, CLIPSeg, GroupViT, SAM, MobileSAM, SAM 2, EdgeTAM, OWL-ViT, OWLv2 and Grounding DINO`,
  )
})
