import { existsSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import { dataError, userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { accuracies, classesOf, type Item, type JobProgress, type ResultOf, type TrainJob } from '#shared/model/job.ts'
import type { Seeing } from '#shared/model/seeing.ts'
import { fingerprint as fingerprintOf } from '../data/cache.ts'
import { openModel } from '../models/checkpoint.ts'
import { need } from '../models/families.ts'
import { parseSettings, recipeRecord } from '../recipes/recipes.ts'
import { withoutIdle } from '../recipes/regularising.ts'
import { Run, type Trained } from '../recipes/run.ts'
import type { Keeping } from '../recipes/settings.ts'
import { chooseProvider } from '../runtime/devices.ts'
import { Pauses, roomFor } from '../runtime/pauses.ts'
import { checkReplaceable, findRecord, readRecord, writeCheckpoint, writeRecord } from '../weights/checkpoint.ts'
import { ioError } from '../weights/files.ts'
import { captionTask, regionTask } from '../tasks/tasks.ts'
import { fingerprint } from '../weights/fingerprint.ts'
import { openSafetensors } from '../weights/safetensors.ts'
import { fromWeights } from '../weights/tensors.ts'
import { besideOf } from './beside.ts'
import { evaluateSplits } from './evaluate.ts'
import { forgetState, removeEmpty, stateOf } from './kept.ts'
import { knowledgeKept } from './knowledge.ts'
import { storeFor } from './pictures.ts'
import type { JobHooks } from './hooks.ts'

/**
 * Trains, writes the checkpoint, and evaluates the written checkpoint. Meanwhile `OUT.run/` holds the saved state,
 * from which the same job resumes when it is started again.
 */
export async function trainJob(job: TrainJob, hooks: JobHooks): Promise<ResultOf<'train'>> {
  const started = performance.now()
  const recipe = recipeRecord(job.recipe)
  const settings = parseSettings(recipe, job.settings)
  await checkReplaceable(job.out, [job.model])
  checkData(job, !recipe.untrained, recipe.task)
  const { provider } = await chooseProvider(job.device)
  const seeing = seeingOf(settings as Seeing, findRecord(job.model)?.seeing)
  const model = await openModel(job.model, seeing)
  let written = false
  let run: Run | undefined
  try {
    need(model, recipe.needs, `recipe ${recipe.id}`)
    const more = recipe.demands?.(job.settings)
    if (more) need(model, more.needs, `recipe ${recipe.id}: ${more.by}`)
    const templates = job.templates?.length ? job.templates : model.templates
    const base = findRecord(job.model)?.fingerprint ?? (await fingerprint(job.model))
    const { dir: stateDir, file: stateFile } = stateOf(job.out)
    refuseForeign(stateFile)
    // Neither when it ends nor, unless the best weights are kept on the way, which are kept changes a step.
    const { keep, patience: _, minDelta: __, ...stepping } = settings as Partial<Keeping> & Record<string, unknown>
    const steps = keep === undefined || keep === 'last' ? stepping : { ...stepping, keepsBest: true }
    const identityBy = (known: (items: readonly Item[] | undefined) => unknown, { lr, ...others }: Record<string, unknown> = steps) =>
      fingerprintOf({
        recipe: job.recipe,
        settings: asBefore(lr === undefined ? others : { lr, ...others }),
        seed: job.seed,
        base,
        classes: job.classes,
        templates,
        provider,
        preprocess: model.preprocess,
        train: known(job.splits['train']),
        val: known(job.splits['val']),
      })
    let latest: JobProgress = { phase: 'training', done: 0, total: 1 }
    const onPause = (waits: JobProgress['waits'] | null) => hooks.onProgress({ ...latest, waits: waits ?? undefined })
    const pauses = job.waits ? new Pauses({ onPause, isCancelled: hooks.isCancelled }) : undefined
    const room = <T>(body: () => Promise<T>) => roomFor(pauses, path.dirname(job.out), body)
    await room(async () => makeFolder(stateDir))
    const splits = job.pool ? { ...job.splits, unlabelled: job.pool } : job.splits
    run = new Run({
      model,
      classes: job.classes,
      templates,
      splits,
      seed: job.seed,
      provider,
      cache: job.cache,
      pictures: storeFor(splits),
      ...(recipe.resumes === 'from the last saved step' && {
        resume: {
          ...{ file: stateFile, everySeconds: job.saveEverySeconds, identity: identityBy(contents), formerly: identityBy(places) },
          apart: identityBy(contents, { ...steps, lr: undefined }),
        },
      }),
      pauses,
      isCancelled: hooks.isCancelled,
      onProgress(p) {
        latest = { phase: p.phase, part: p.part, done: p.done, total: p.total }
        hooks.onProgress(p)
      },
    })
    const trained = await recipe.run(run, settings)
    for (const made of [trained, ...(trained.other ? [trained.other] : [])]) refuseDiverged(made)
    const record = {
      base: { path: job.model, fingerprint: base },
      recipe: { name: job.recipe, settings: { ...settings } },
      ...(Object.keys(seeing).length && { seeing }),
      seed: job.seed,
      ...(job.sweep && { sweep: job.sweep }),
      ...(job.shots !== undefined && { shots: job.shots }),
      dataHash: job.dataHash,
      ...(job.leftOut?.length && { leftOut: [...job.leftOut] }),
      device: provider,
      templates: [...(trained.wording?.templates ?? templates)],
      ...(trained.wording && { captionTemplate: trained.wording.captionTemplate }),
      classes: job.classes.map((c) => c.name),
      metrics: {},
    }
    const content = {
      base: job.model,
      weights: fromWeights(model.weights, trained.weights, trained.added),
      says: trained.config,
      head: trained.head,
      partners: trained.partners,
      tensors: trained.tensors,
      files: trained.files,
      record: { ...record, ...(trained.course && { course: trained.course }) },
    }
    await room(() => writeCheckpoint(job.out, content))
    written = true
    const { other } = trained
    const also = other && (await room(() => besideOf(job, other, { base: job.model, record, weights: model.weights })))
    // A recipe that learned words of its own is measured by them.
    const asked = { ...job, ...(trained.wording && { templates: null }), task: recipe.measuredAt ?? recipe.task }
    const measured = await evaluateSplits(job.out, asked, hooks, provider, { patience: pauses })
    const seconds = (performance.now() - started) / 1000
    await room(() => writeRecord(job.out, { ...readRecord(job.out), metrics: accuracies(measured) }))
    const others = also && (await evaluateSplits(also, asked, hooks, provider, { patience: pauses }))
    if (others) await room(() => writeRecord(also, { ...readRecord(also), metrics: accuracies(others) }))
    const made = { unchanged: !trained.weights.size && !trained.added?.size, measured, seeing, templates }
    const knowledge = job.knowledge && (await knowledgeKept({ ...job, base: job.model, knowledge: job.knowledge }, made, hooks, provider))
    if (!job.keepsState) forgetState(job.out)
    return {
      kind: 'train',
      checkpoint: job.out,
      device: provider,
      seconds,
      steps: trained.losses.length,
      loss: [...trained.losses],
      measured,
      notes: { ...trained.notes },
      ...(trained.course && { course: trained.course }),
      ...(others && { also: { checkpoint: also, kept: trained.other!.kept, measured: others } }),
      ...(knowledge && { knowledge }),
      leftOut: [],
    }
  } finally {
    await run?.end()
    model.close()
    // Nothing to resume if the run failed before saving a state; but what it wrote is claimed by the folder.
    if (!(job.keepsState && written)) removeEmpty(stateOf(job.out).dir)
  }
}

/** What training depends on, wherever the images are: their hashes where they are known. */
const contents = (items: readonly Item[] | undefined) =>
  items?.map(({ name: _, file, hash, ...target }) => (hash == null ? { file, ...target } : { hash, ...target }))
/** Without what changes nothing, so that states of versions that did not know it are continued. */
function asBefore({ classWeights = 'none', beta, sampling = 'shuffled', ...settings }: Record<string, unknown>) {
  const { towers = 'image', dropout = 0, checkpointing, ...others } = settings
  return {
    ...withoutIdle(others),
    ...(towers !== 'image' && { towers }),
    ...(dropout !== 0 && { dropout }),
    ...(checkpointing === true && { checkpointing }),
    ...(classWeights !== 'none' && { classWeights, beta }),
    ...(sampling !== 'shuffled' && { sampling }),
  }
}
/** As states were identified before: a run was resumed only where it had been. */
const places = (items: readonly Item[] | undefined) => items?.map(({ name: _, ...item }) => item)

/** Non-default preprocessing choices: those of the job, else those with which the base was trained. */
export function seeingOf({ deep, interpolate }: Seeing, base: Seeing = {}): Seeing {
  const [samples, positions] = [deep === 'clip' ? base.deep : deep, interpolate || base.interpolate]
  return { ...(samples && { deep: samples }), ...(positions && { interpolate: true }) }
}

/** A saved state may overwrite an earlier state, but never any other file. */
function refuseForeign(file: string): void {
  if (!existsSync(file)) return
  const open = openSafetensors(file)
  open.close()
  if (open.metadata['format'] !== 'dashi-run') throw userError(sentence('training.foreign-state', { file }))
}

function makeFolder(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true })
  } catch (e) {
    throw ioError(dir, 'written', e)
  }
}

/** The last update may have produced values that the last recorded loss does not reflect yet. */
function refuseDiverged({ weights, head }: Pick<Trained, 'weights' | 'head'>): void {
  for (const [name, data] of [...weights, ...(head ? [['head.weight', head.weight] as const] : [])])
    if (!data.every(Number.isFinite)) throw dataError('training', sentence('training.tensor-diverged', { tensor: name }))
}

function checkData(job: TrainJob, trains: boolean, task: string): void {
  const strange = Object.values(job.splits)
    .flat()
    .find((item) => classesOf(item).some((c) => c >= job.classes.length))
  if (strange)
    throw userError(
      sentence('training.class-number', {
        file: strange.file,
        label: classesOf(strange).find((c) => c >= job.classes.length)!,
        n: job.classes.length,
      }),
    )
  if (!trains) return
  const train = job.splits['train'] ?? []
  if (!train.length) throw userError(sentence('training.no-images'))
  if (captionTask(task) ?? regionTask(task)) return // a label without regions to learn from is one to tell others from
  const seen = new Set(train.map((item) => item.label))
  const empty = job.classes.filter((_, i) => !seen.has(i)).map((c) => c.name)
  if (!empty.length) return
  const quoted = empty
    .slice(0, 5)
    .map((c) => `"${c}"`)
    .join(', ')
  const classes = empty.length > 5 ? sentence('training.and-more', { shown: quoted, n: empty.length - 5 }) : quoted
  const problem = sentence(empty.length === 1 ? 'training.class-without-images' : 'training.classes-without-images', { classes })
  const [first] = job.leftOut ?? []
  throw userError(first ? sentence('training.some-unreadable', { problem, n: job.leftOut!.length, file: first.file }) : problem)
}
