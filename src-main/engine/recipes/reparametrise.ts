/**
 * Methods that leave the model's tensors as they are and train others beside them: tensor W becomes f(W, θ). Of θ = {@link
 * Adapter.tensors}, `adapt` makes f(W, θ) in the graph, and `merge` the same in float64 when training has ended, so that
 * the checkpoint is an ordinary one that computes what was trained.
 */
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { Model } from '../models/model.ts'
import { outlining } from '../runtime/outline.ts'
import { zeroShotHead } from '../tasks/embed.ts'
import { ClassTexts } from './class-texts.ts'
import { startHead } from './heads.ts'
import { type OwnTensor, withWeights } from './overlay.ts'
import type { Run, Trained } from './run.ts'
import type { Targets } from './targets.ts'
import { tune, type Tuning } from './tune.ts'
import type { Adapter } from './tuning-step.ts'

export interface Reparametrisation extends Adapter {
  /** The model's tensors that become others. */
  readonly changes: readonly string[]
  /** f(W, θ), in place. @param w a copy of the tensor `name` @param own θ by name */
  merge(name: string, w: Float32Array, own: (name: string) => Float32Array): void
}

/** The values of all tensors that a method changes. @param tensors θ; as at the start by default */
export function merged(
  { weights }: Pick<Model, 'weights'>,
  { changes, tensors: start, merge }: Reparametrisation,
  tensors: Reparametrisation['tensors'] = start,
): Map<string, Float32Array> {
  return new Map(
    changes.map((name) => {
      const w = Float32Array.from(weights.float32(name))
      merge(name, w, (own) => tensors.get(own)!.data)
      return [name, w] as const
    }),
  )
}

/** θ with the values that training found. */
export const trainedTensors = (start: Adapter['tensors'], found: ReadonlyMap<string, Float32Array>): Map<string, OwnTensor> =>
  new Map([...start].map(([name, t]) => [name, { ...t, data: found.get(name) ?? t.data }]))

/**
 * Trains a method's tensors and a head that starts as the setting `head` says; where it changes the text tower by the
 * setting `towers`, the head is what that tower says of the classes. The notes say how many parameters those tensors have.
 * @param saved files that keep the tensors by themselves
 */
export async function tuneReparametrised(
  run: Run,
  s: Tuning & { readonly head: 'zero-shot' | 'random'; readonly towers?: Targets['towers']; readonly dropout?: number },
  method: Reparametrisation,
  {
    recipe,
    saved,
  }: { readonly recipe: string; readonly saved?: (tensors: ReadonlyMap<string, OwnTensor>) => Pick<Trained, 'tensors' | 'files'> },
): Promise<Trained> {
  const { model } = run
  const { classes, templates, provider } = run.o
  const readsTexts = s.towers !== undefined && s.towers !== 'image'
  if (readsTexts && s.head === 'random') throw userError(sentence('recipe.texts-classify', { recipe, towers: s.towers }))
  const start = () => startHead(run, s.head, outlining() ? model : withWeights(model, merged(model, method)))
  const { head, notes } = readsTexts ? { head: new ClassTexts(run, recipe), notes: {} } : await start()
  const trained = await tune(run, s, { head, trains: () => false, adapter: method, dropout: s.dropout })
  const made = async ({ adapter }: { readonly adapter: ReadonlyMap<string, Float32Array> }) => {
    const tensors = trainedTensors(method.tensors, adapter)
    const weights = merged(model, method, tensors)
    const read = readsTexts && { head: await zeroShotHead(withWeights(model, weights), classes, templates, { provider }) }
    return { weights, ...read, ...saved?.(tensors) }
  }
  const parameters = [...method.tensors.values()].reduce((n, { data }) => n + data.length, 0)
  return {
    ...trained,
    ...(await made(trained)),
    ...(trained.other && { other: { ...trained.other, ...(await made(trained.other)) } }),
    notes: { ...trained.notes, ...notes, parameters },
  }
}
