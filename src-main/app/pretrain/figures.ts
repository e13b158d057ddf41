/** `dashi pretrain figures`: joins the models in the box and measures them together, in styles that no training saw. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import type { CheckpointRecord } from '#shared/model/checkpoint.ts'
import { readRecord, sizesIn, writeRecord } from '../../engine/weights/index.ts'
import type { AppContext } from '../context.ts'
import { sceneConcepts } from './detect-data.ts'
import { measureDetector } from './detect-measure.ts'
import { type OnProgress, partnersOf } from './made.ts'
import { measureSegmenter } from './segment-measure.ts'

/** By model and figure; they are in the models' records, too. */
export type BoxFigures = Readonly<Record<string, Readonly<Record<string, number>>>>

/**
 * Each model that finds things gets the others as partners: the one that names, the one that finds boxes, the one that
 * looks at them again, the one that outlines what is in them, and the one that tells things from the background. Then it is measured with
 * them, and its record says both.
 */
export async function measureBox({ nano, cache }: AppContext, onProgress: OnProgress): Promise<BoxFigures> {
  const beside = (name: string) => path.join(nano, '..', name)
  const [boxes, masks, naming] = [beside('nano-detect'), beside('nano-segment'), beside('nano-names')]
  const [again, ends] = [beside('nano-refine'), beside('nano-outline')]
  const names = existsSync(naming) ? naming : nano
  const foreground = existsSync(masks) ? { foreground: masks } : {}
  const windows = { ...(existsSync(again) ? { refine: again } : {}), ...(existsSync(ends) ? { outline: ends } : {}) }
  const detector = await measured(boxes, partnersOf({ names, ...foreground, ...windows }), async () => {
    const { seen, unseen } = await measureDetector(boxes, sceneConcepts(), cache, (done, of) => onProgress('boxes', done, of))
    return named({ seen, unseen })
  })
  if (!existsSync(masks)) return { 'nano-detect': detector }
  const segmenter = await measured(masks, partnersOf({ names, boxes, ...windows }), async () => ({
    ...(await measureSegmenter({ dir: masks, nano, cache }, onProgress)),
  }))
  return { 'nano-detect': detector, 'nano-segment': segmenter }
}

async function measured(dir: string, partners: CheckpointRecord['partners'], measure: () => Promise<Record<string, number>>) {
  const record = { ...readRecord(dir), partners, files: sizesIn(dir) }
  await writeRecord(dir, record)
  const metrics = await measure()
  await writeRecord(dir, { ...record, metrics })
  return metrics
}

const named = (figures: Readonly<Record<string, Readonly<Record<string, number>>>>): Record<string, number> =>
  Object.fromEntries(Object.entries(figures).flatMap(([of, m]) => Object.entries(m).map(([id, x]) => [`${of}.${id}`, x] as const)))
