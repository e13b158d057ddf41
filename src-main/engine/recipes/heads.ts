/** What a classifier starts from. */
import { Rng } from '../data/rng.ts'
import { zeroShotHead } from '../tasks/embed.ts'
import type { Head } from '../weights/head.ts'
import type { Run, Trained } from './run.ts'

/** Whoever asks for the zero-shot classifier is told where the model has none; by default it is taken where there is one. */
export const demandsOfHead = ({ head }: Readonly<Record<string, unknown>>) =>
  head === 'zero-shot' ? { needs: ['embedText' as const], by: 'head: zero-shot' } : undefined

/**
 * The zero-shot classifier, or a random one: also where the model reads no texts, which the notes then say.
 * @param model whose texts the zero-shot classifier is made of: the run's unless told
 */
export async function startHead(
  run: Run,
  wanted: 'zero-shot' | 'random',
  model = run.model,
): Promise<{ head: Head; notes: Trained['notes'] }> {
  if (wanted === 'random') return { head: randomHead(run), notes: {} }
  if (!model.text) return { head: randomHead(run), notes: { head: 'random' } }
  const { classes, templates, provider } = run.o
  return { head: await zeroShotHead(model, classes, templates, { provider }), notes: {} }
}

/** Rows of about unit length, not scaled as the zero-shot classifier's are: the baseline of Kumar et al. 2022. */
function randomHead(run: Run): Head {
  const rng = Rng.of(run.o.seed, 0x4ead)
  const dim = run.model.dim
  const classes = run.o.classes.map((c) => c.name)
  const weight = Float32Array.from({ length: classes.length * dim }, () => rng.normal() * dim ** -0.5)
  return { classes, dim, weight, bias: new Float32Array(classes.length) }
}
