/** What every model that `dashi pretrain` makes has in common: its folder, its curve and its record. */
import { cpSync, existsSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { userError } from '#shared/errors.ts'
import type { CheckpointRecord } from '#shared/model/checkpoint.ts'
import { findRecord, fingerprint, readRecord, sizesIn, writeRecord } from '../../engine/weights/index.ts'
import type { Proof } from '../../files/owned.ts'
import { lstat } from '../../files/places.ts'
import { replaceFolder } from '../../files/replace.ts'
import pkg from '../../../package.json' with { type: 'json' }
import { lossCurve } from './curve.ts'
import { sceneConcepts } from './detect-data.ts'

export type OnProgress = (phase: string, done: number, total: number, note?: string) => void

/** Only a model of that recipe with its original weights is replaced. */
const proofOf =
  (recipe: string): Proof =>
  async (dir, name) => {
    const record = lstat(dir)?.isDirectory() ? findRecord(dir) : undefined
    if (record?.recipe?.name !== recipe || record.fingerprint !== (await fingerprint(dir)))
      throw userError(`${name}: was not made by pretrain, so it is not replaced; choose another folder`)
  }

/** Makes a model in a folder beside `dir`, then puts it there; other files of the former one are kept. */
export async function madeIn<T>(dir: string, recipe: string, make: (beside: string) => Promise<T>): Promise<T> {
  let made: { readonly is: T } | undefined
  const fill = async (beside: string) => {
    made = { is: await make(beside) }
    if (existsSync(dir))
      for (const name of readdirSync(dir))
        if (!existsSync(path.join(beside, name)))
          cpSync(path.join(dir, name), path.join(beside, name), { recursive: true, verbatimSymlinks: true })
  }
  await replaceFolder(dir, fill, { proof: proofOf(recipe) })
  return made!.is
}

/** The loss per step as a picture and as numbers. */
export function writeCurve(dir: string, losses: readonly number[], digits = 4): void {
  writeFileSync(path.join(dir, 'curve.svg'), lossCurve(losses))
  writeFileSync(path.join(dir, 'curve.json'), JSON.stringify(losses.map((x) => Number(x.toFixed(digits)))))
}

/** One of so many words for things in scenes stands for what is not asked for. */
const OTHERS_ONE_IN = 8

/** The models beside a made one that it works with. */
export function partnersOf({
  names,
  boxes,
  foreground,
  refine,
  outline,
}: {
  readonly names: string
  readonly boxes?: string
  readonly foreground?: string
  readonly refine?: string
  readonly outline?: string
}): NonNullable<CheckpointRecord['partners']> {
  const ref = (dir: string) => ({ path: `../${path.basename(dir)}`, fingerprint: readRecord(dir).fingerprint })
  return {
    names: ref(names),
    ...(boxes ? { boxes: ref(boxes) } : {}),
    ...(foreground ? { foreground: ref(foreground) } : {}),
    ...(refine ? { refine: ref(refine) } : {}),
    ...(outline ? { outline: ref(outline) } : {}),
    others: sceneConcepts()
      .filter((_, i) => i % OTHERS_ONE_IN === 0)
      .map(({ name }) => name),
  }
}

/** Writes the record of what is in the folder by now. */
export async function recordMade(
  dir: string,
  {
    settings,
    ...made
  }: Pick<CheckpointRecord, 'base' | 'metrics' | 'partners'> & {
    readonly recipe: string
    readonly settings: NonNullable<CheckpointRecord['recipe']>['settings'] & { readonly seed: number }
    readonly templates: readonly string[]
  },
): Promise<void> {
  await writeRecord(dir, {
    format: 1,
    dashi: pkg.version,
    created: new Date().toISOString(),
    fingerprint: await fingerprint(dir),
    base: made.base,
    recipe: { name: made.recipe, settings },
    seed: settings.seed,
    dataHash: null,
    device: 'cpu',
    metrics: made.metrics,
    templates: [...made.templates],
    classes: [],
    ...(made.partners ? { partners: made.partners } : {}),
    files: sizesIn(dir),
  })
}
