/** On what it is measured what a training forgot: images and captions of the project that it does not learn from, or pictographs. */
import type { ClassSpec, Item, JobProgress, TrainJob } from '#shared/model/job.ts'
import type { KnowledgeSet } from '#shared/model/knowledge.ts'
import type { TrainingChoice } from '#shared/model/training-choice.ts'
import { labelsIn } from '../../engine/data/index.ts'
import type { MakeJob } from '../../engine/index.ts'
import { capabilitiesIn } from '../../engine/models/index.ts'
import { recipeRecord } from '../../engine/recipes/index.ts'
import { captionTask } from '../../engine/tasks/index.ts'
import type { Project } from '../projects/project.ts'
import { openOutside } from '../sample/outside.ts'
import { withArticle } from '../sample/phrases.ts'
import { captionData } from './captions.ts'
import { classificationData } from './dataset.ts'

/** The project's own images are taken if they show so many classes on so many images, else pictographs. */
const least = { classes: 2, images: 24, captions: 8 }
/** No more are looked at, evenly drawn: an interval is then some 4 points to each side. */
const most = { images: 512, captions: 256, things: 64 }

/** The job with what its forgetting is measured on, unless that is not wanted. */
export const knowledgeAsked =
  (
    project: Project,
    choice: TrainingChoice | undefined,
    make: MakeJob<TrainJob>,
    onProgress?: (p: JobProgress) => void,
  ): MakeJob<TrainJob> =>
  async (stop) => {
    const job = await make(stop)
    if (choice?.forgetting === false) return job
    const knowledge = await knowledgeSet(project, job, onProgress)
    return knowledge ? { ...job, knowledge } : job
  }

/** Undefined for a model without towers of images and texts. */
export async function knowledgeSet(
  project: Project,
  job: Pick<TrainJob, 'recipe' | 'model' | 'classes' | 'splits'>,
  onProgress?: (p: JobProgress) => void,
): Promise<KnowledgeSet | undefined> {
  return recipeRecord(job.recipe).leavesTowers && hasTowers(job.model) ? {} : knowledgeBeside(project, job, onProgress)
}

function hasTowers(model: string): boolean {
  const can = capabilitiesIn(model, false)
  return can.includes('embedImage') && can.includes('embedText')
}

/** What a model knows besides what was learned from these splits; undefined for one without towers of images and texts. */
export async function knowledgeBeside(
  project: Project,
  job: Pick<TrainJob, 'model' | 'classes' | 'splits'>,
  onProgress?: (p: JobProgress) => void,
): Promise<KnowledgeSet | undefined> {
  if (!hasTowers(job.model)) return undefined
  const learned = learnedIn(job)
  const outside = ofProject(project, learned) ?? (await pictographs(learned, onProgress))
  const captions = Object.values(captionData(project, captionTask('contrast')!).splits)
    .flat()
    .filter(({ file }) => !learned.files.has(file))
  return { ...(outside && { outside }), ...(captions.length >= least.captions && { captions: evenly(captions, most.captions) }) }
}

/** What a training sees. */
function learnedIn({ classes, splits }: Pick<TrainJob, 'classes' | 'splits'>) {
  const items = [...(splits['train'] ?? []), ...(splits['val'] ?? [])]
  const words = [...new Set(items.flatMap((item) => item.captions ?? []))].join('\n')
  const knows = (thing: ClassSpec) =>
    labelsIn(words, [thing]).length > 0 || classes.some((c) => labelsIn(c.name, [thing]).length || labelsIn(thing.name, [c]).length)
  return { files: new Set(items.map((item) => item.file)), knows }
}
type Learned = ReturnType<typeof learnedIn>

/** Labelled images of the project whose class it does not learn. */
function ofProject(project: Project, { files, knows }: Learned): KnowledgeSet['outside'] {
  const { classes, splits } = classificationData(project)
  const all = Object.values(splits).flat()
  const unknown = classes.map((c) => !knows(c))
  const items = all.filter(({ label, file }) => unknown[label] && !files.has(file))
  const own = [...new Set(items.map((item) => item.label))].sort((a, b) => a - b)
  if (own.length < least.classes || items.length < least.images) return undefined
  return { of: 'project', classes: own.map((label) => classes[label]!), items: evenly(renumbered(items, own), most.images) }
}

/** A training does not fail for want of pictures. */
async function pictographs({ knows }: Learned, onProgress?: (p: JobProgress) => void): Promise<KnowledgeSet['outside']> {
  const set = await openOutside((done, total) => onProgress?.({ phase: 'drawing', done, total })).catch(() => undefined)
  if (!set) return undefined
  const specs = set.index.things.map(({ name }) => ({ name, phrase: withArticle(name) }))
  const own = specs.flatMap((thing, i) => (knows(thing) ? [] : [i])).slice(0, most.things)
  const items = set.index.pictures.map(({ file, thing }): Item => ({ file: `${set.dir}/${file}`, label: thing, name: file }))
  if (own.length < least.classes) return undefined
  return {
    of: 'pictographs',
    classes: own.map((i) => specs[i]!),
    items: renumbered(
      items.filter(({ label }) => own.includes(label)),
      own,
    ),
  }
}

const renumbered = (items: readonly Item[], own: readonly number[]): Item[] =>
  items.map((item) => ({ ...item, label: own.indexOf(item.label) }))

/** At most so many, at equal distances. */
const evenly = <T>(items: readonly T[], n: number): T[] =>
  items.length <= n ? [...items] : Array.from({ length: n }, (_, i) => items[Math.floor((i * items.length) / n)]!)
