/** Measuring what is found in images against their accepted regions. */
import { cancelled } from '#shared/errors.ts'
import type { ClassSpec, FoundRegion, Item, RegionScores } from '#shared/model/job.ts'
import type { DetectionSettings, Prompt } from '#shared/model/preview.ts'
import { naming } from '../data/images.ts'
import type { JobHooks } from './hooks.ts'
import type { Data } from './measure.ts'

interface Labelled {
  readonly label: number
}

/** What was found in an image and what is there. */
interface Compared<Found extends FoundRegion, True extends Labelled> {
  readonly detections: readonly Found[]
  readonly truth: readonly True[]
}

/** A task's metrics of images with so many classes, by id, as far as they are defined. */
type Score<Image> = (of: { readonly images: readonly Image[]; readonly classes: number }) => Record<string, number>

/** What finds labelled regions of an image. It is released in the end. */
interface Finder<Found> {
  find(file: string, prompt: Prompt, settings?: DetectionSettings): Promise<readonly (Found & { readonly label: string })[]>
  release(): Promise<void>
}

/** How a task compares what is found with what is there. */
interface Comparing<Raw, Found extends FoundRegion, True extends Labelled> {
  readonly settings?: DetectionSettings
  found(raw: Raw, label: number): Found
  truth(item: Item): readonly True[]
  /** The metric that stands for the others. */
  readonly main: string
  readonly score: Score<Compared<Found, True>>
}

/** Looks for the classes in every image of the splits and scores what is found: over all labels, and of each label by itself. */
export async function measureRegions<Raw, Found extends FoundRegion, True extends Labelled>(
  data: Data,
  hooks: JobHooks,
  finder: Finder<Raw>,
  { settings, found, truth, main, score }: Comparing<Raw, Found, True>,
): Promise<Record<string, RegionScores>> {
  const { classes, templates } = data
  const numberOf = new Map(classes.map(({ name }, i) => [name, i]))
  const prompt = { classes, ...(templates?.length ? { templates } : {}) }
  const look = async (item: Item): Promise<Compared<Found, True>> => ({
    detections: (await finder.find(item.file, prompt, settings)).map((raw) => found(raw, numberOf.get(raw.label)!)),
    truth: truth(item),
  })
  try {
    return await scoredSplits(data, hooks, look, main, score)
  } finally {
    await finder.release()
  }
}

async function scoredSplits<Found extends FoundRegion, True extends Labelled>(
  data: Data,
  { onProgress, isCancelled }: JobHooks,
  look: (item: Item) => Promise<Compared<Found, True>>,
  main: string,
  score: Score<Compared<Found, True>>,
): Promise<Record<string, RegionScores>> {
  const total = Object.values(data.splits).reduce((n, items) => n + items.length, 0)
  let done = 0
  const splits: Record<string, RegionScores> = {}
  for (const [name, items] of Object.entries(data.splits)) {
    const images: Compared<Found, True>[] = []
    for (const item of items) {
      if (isCancelled()) throw cancelled()
      images.push(await naming(item.file, look(item)))
      onProgress({ phase: 'evaluating', done: ++done, total })
    }
    const scores = scoresOf(images, data.classes, main, score)
    splits[name] = data.found ? { ...scores, found: images.map(({ detections }) => [...detections]) } : scores
  }
  return splits
}

function scoresOf<Found extends FoundRegion, True extends Labelled>(
  images: readonly Compared<Found, True>[],
  classes: readonly ClassSpec[],
  main: string,
  score: Score<Compared<Found, True>>,
): RegionScores {
  const metrics = score({ images, classes: classes.length })
  const labels = classes.flatMap(({ name }, label) => {
    const of = <T extends Labelled>(all: readonly T[]) => all.filter((x) => x.label === label).map((x) => ({ ...x, label: 0 }))
    const own = images.map(({ detections, truth }) => ({ detections: of(detections), truth: of(truth) }))
    const regions = own.reduce((n, { truth }) => n + truth.length, 0)
    return regions ? [{ label: name, regions, metrics: score({ images: own, classes: 1 }) }] : []
  })
  return {
    n: images.length,
    regions: labels.reduce((n, { regions }) => n + regions, 0),
    score: metrics[main] ?? null,
    metrics,
    labels,
  }
}
