/** What the prompt bar remembers across a reload, as text in the browser. */

export type PromptTask = 'detect' | 'segment'
/** What is like an example has relative scores: the best has 1. */
const exampleThreshold = 0.6

export const initialPrompt = {
  words: [] as readonly string[],
  task: null as PromptTask | null,
  model: null as string | null,
  live: true,
  overlap: 0.5,
  most: 0,
  thresholds: [0.1, exampleThreshold] as readonly [number, number],
}
/** What this browser remembers; whatever it cannot be is as at first. */
export function rememberedPrompt(text: string | null): typeof initialPrompt {
  try {
    const was = JSON.parse(text ?? '{}') as Partial<typeof initialPrompt>
    const share = (x: unknown, otherwise: number) => (typeof x === 'number' && x >= 0 && x <= 1 ? x : otherwise)
    return {
      words: Array.isArray(was.words) ? was.words.filter((w) => typeof w === 'string') : [],
      task: was.task === 'detect' || was.task === 'segment' ? was.task : null,
      model: typeof was.model === 'string' ? was.model : null,
      live: was.live !== false,
      overlap: share(was.overlap, initialPrompt.overlap),
      most: typeof was.most === 'number' && was.most >= 0 ? Math.floor(was.most) : 0,
      thresholds: [share(was.thresholds?.[0], initialPrompt.thresholds[0]), share(was.thresholds?.[1], exampleThreshold)],
    }
  } catch {
    return initialPrompt
  }
}
