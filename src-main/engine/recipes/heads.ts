/** Initial values of a classifier head. */
import { Rng } from '../data/rng.ts'
import { outlining } from '../runtime/outline.ts'
import { zeroShotHead } from '../tasks/embed.ts'
import type { Head } from '../weights/head.ts'
import type { Run, Trained } from './run.ts'

/**
 * An explicit request for the zero-shot classifier requires a text tower; by default it is used only if there is one.
 */
export const demandsOfHead = ({ head }: Readonly<Record<string, unknown>>) =>
  head === 'zero-shot' ? { needs: ['embedText' as const], by: 'head: zero-shot' } : undefined

/**
 * The zero-shot classifier, or a random one if requested or if the model has no text tower (recorded in the notes).
 * @param model computes the zero-shot classifier; the run's base by default
 */
export async function startHead(
  run: Run,
  wanted: 'zero-shot' | 'random',
  model = run.model,
): Promise<{ head: Head; notes: Trained['notes'] }> {
  if (wanted === 'random' || outlining()) return { head: randomHead(run), notes: {} }
  if (!model.text) return { head: randomHead(run), notes: { head: 'random' } }
  const { classes, templates, provider } = run.o
  return { head: await zeroShotHead(model, classes, templates, { provider }), notes: {} }
}

/** Rows of about unit length, without the zero-shot classifier's scale: the baseline of Kumar et al. 2022. */
function randomHead(run: Run): Head {
  const rng = Rng.of(run.o.seed, 0x4ead)
  const dim = run.model.dim
  const classes = run.o.classes.map((c) => c.name)
  const weight = Float32Array.from({ length: classes.length * dim }, () => rng.normal() * dim ** -0.5)
  return { classes, dim, weight, bias: new Float32Array(classes.length) }
}
