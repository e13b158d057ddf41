import { Command, Option } from 'commander'
import { z } from 'zod'
import { userError } from '#shared/errors.ts'
import type { Course } from '#shared/model/course.ts'
import { accuracies, type Device } from '#shared/model/job.ts'
import type { RunnerId } from '#shared/model/slurm.ts'
import { sentence } from '#shared/sentences/table.ts'
import { recipes } from '../../engine/recipes/index.ts'
import { deviceRecords } from '../../engine/runtime/index.ts'
import type { AppContext } from '../context.ts'
import { closeInterrupted, listRuns, openProject, type Project } from '../projects/index.ts'
import { renderTable } from '../terminal/table.ts'
import { requireRoom } from '../storage/storage.ts'
import { startingFolder } from '../training/box.ts'
import { leavesOut } from '../training/readable.ts'
import { freeName } from '../training/names.ts'
import { planOf, rehearse, writesOf } from '../training/plan/plan.ts'
import { defaultName, registerTraining, startTraining, type TrainRequest } from '../training/train.ts'
import { type Choice, choiceOf, choosing } from './choice.ts'
import { carryOutQueue, timeOf } from './jobs.ts'
import { knowledgeText } from './knowledge.ts'
import { planText } from './plan.ts'
import { onSlurm, runnerOption, slurmOption } from './slurm.ts'
import { jobBars, output, untilDone } from './output.ts'

export const deviceOption = () =>
  new Option('--device <device>', 'device to compute on (default: the one in the settings, or auto)').choices(
    deviceRecords.map((d) => d.id),
  )

/** Without it, the model in the box that suits the recipe (training/box.ts). */
export const modelOption = () =>
  new Option('--model <dir>', 'checkpoint folder to start from (default: Nano; for detection and segmentation, what is made from it)')

export const trainCommand = (app: AppContext): Command =>
  choosing(
    new Command('train')
      .requiredOption('--project <dir>', 'project folder')
      .requiredOption('--recipe <name>', recipes.map((r) => r.id).join(', '))
      .addOption(modelOption())
      .addOption(deviceOption())
      .option('--seed <n>', 'random seed of order, augmentation and initialisation', '0')
      .option('--name <name>', 'name of the checkpoint')
      .option('--set <key=value...>', 'settings of the recipe', [])
      .addOption(runnerOption())
      .addOption(slurmOption())
      .option('--at <time>', 'queue it for that time instead (22:00, or 2030-01-31T22:00): whatever has the project open then trains')
      .option('--plan', 'only say what it would do, need and measure, and what stands in its way')
      .option('--measure', 'with --plan: run a few steps first, to say how long it takes'),
  )
    .addHelpText('after', recipesHelp)
    .action(
      async (
        o: {
          project: string
          recipe: string
          model?: string
          device?: Device
          seed: string
          name?: string
          set: string[]
          runner: RunnerId
          slurm?: string[]
          at?: string
          plan?: boolean
          measure?: boolean
          json?: boolean
        } & Choice,
      ) => {
        const project = openProject(o.project)
        const bars = jobBars(o.name ?? o.recipe)
        try {
          closeInterrupted(project)
          const asked = {
            recipe: o.recipe,
            model: o.model,
            device: o.device,
            seed: seedOf(o.seed),
            settings: settingsOf(o.set),
            data: choiceOf(o),
            runner: o.runner,
          }
          if (o.plan) return await answerPlan(app, project, asked, o)
          if (o.measure) throw userError(sentence('command.measure-alone'))
          const wanted = o.name ?? defaultName(asked)
          const request = { ...asked, name: freeName(project, wanted, [startingFolder(app, asked)]) }
          const startAt = o.at === undefined ? undefined : timeOf(o.at)
          if (startAt !== undefined && o.runner !== 'local') throw userError(sentence('runner.later'))
          if (request.name !== wanted)
            output(Boolean(o.json)).say(`There is a checkpoint "${wanted}" already: this one will be "${request.name}".`)
          if (startAt !== undefined) return await trainLater(app, project, request, startAt, o)
          await requireRoom(app, project.folder, () => writesOf(app, project, request))
          const { result } = await untilDone(
            startTraining(onSlurm(app, o.slurm), project, request, bars.onProgress, (images) =>
              output(Boolean(o.json)).say(leavesOut(images)),
            ),
          )
          bars.end()
          const metrics = accuracies(result.measured)
          const { checkpoint, steps, loss, device, seconds, leftOut, course, also, notes, knowledge } = result
          const prompt = notes['prompt']
          output(Boolean(o.json)).answer(
            {
              ...{ checkpoint, steps, loss, metrics, device, seconds, ...(leftOut.length && { leftOut }), ...(course && { course }) },
              ...(knowledge && { knowledge }),
              ...(prompt !== undefined && { prompt }),
              ...(also && { also: { checkpoint: also.checkpoint, kept: also.kept, metrics: accuracies(also.measured) } }),
            },
            () => {
              const title = {
                classify: 'accuracy %',
                contrast: 'recall@1 %',
                'word-order': 'own caption nearer %',
                detect: 'score %',
                segment: 'score %',
              }[result.measured.task]
              const table = renderTable(
                [
                  { title: 'split', value: (r) => r[0] },
                  { title, value: (r) => (100 * r[1]).toFixed(1) },
                ],
                Object.entries(metrics),
              )
              const said = [leftOut.length ? `\n${leavesOut(leftOut)}` : '', course ? courseLines(course) : '', promptLine(prompt)]
              const kept = knowledge ? `\n${knowledgeText(knowledge)}` : ''
              return `${table}${said.join('')}${kept}\n${checkpoint}${also ? `\n${also.checkpoint} (${also.kept})` : ''}`
            },
          )
        } finally {
          project.close()
        }
      },
    )

/** Queues the training and carries it out when its time has come, unless this process ends before: then it stays in the queue. */
async function trainLater(
  app: AppContext,
  project: Project,
  request: TrainRequest & { readonly name: string },
  startAt: number,
  { json, project: folder }: { readonly json?: boolean; readonly project: string },
): Promise<void> {
  const register = (of: Project) => ({ runId: registerTraining(app, of, request).id, subject: request.name })
  const at = new Date(startAt).toLocaleString('sv')
  output(Boolean(json)).say(
    `"${request.name}" will start at ${at}. Ended before, it stays in the queue: dashi jobs run --project ${folder}`,
  )
  await carryOutQueue(app, project, (queue) => {
    queue.add('train', { startAt, register, project: { folder: project.folder, user: null } })
  })
  const { status, error } = listRuns(project).find((run) => run.settings['name'] === request.name)!
  if (status === 'failed') process.exitCode = 2
  output(Boolean(json)).answer({ name: request.name, startAt: new Date(startAt).toISOString(), status, error }, () => error ?? status)
}

async function answerPlan(
  app: AppContext,
  project: Project,
  asked: TrainRequest,
  { measure = false, json = false }: { readonly measure?: boolean; readonly json?: boolean },
): Promise<void> {
  if (measure) {
    const bars = jobBars('measuring')
    await untilDone(rehearse(app, project, asked, bars.onProgress))
    bars.end()
  }
  const plan = await planOf(app, project, asked)
  output(json).answer(plan, () => planText(plan))
}

/** What is nearest to the tokens that prompt tuning learned. */
const promptLine = (prompt: number | string | undefined) =>
  prompt === undefined ? '' : `\nThe words nearest to the learned tokens: ${prompt} (all in prompt.json)`

/** What the checkpoint holds, and what the run had to do for it. */
function courseLines({ kept, epoch, judged, early, batches }: Course): string {
  const best =
    judged && `; on the split val, epoch ${judged.best} was the best (${judged.by} ${judged.values[judged.best - 1]!.toFixed(3)})`
  return [
    `\nKept: the ${kept} weights, of epoch ${epoch}${early ? ', with which it ended early' : ''}${best ?? ''}.`,
    batches && `\nMemory ran out, so an update was made of ${batches.accumulate} batches of ${batches.size}.`,
  ]
    .filter(Boolean)
    .join('')
}

function seedOf(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw userError(sentence('command.seed', { found: text }))
  return Number(text)
}

/** Help text: every recipe with its settings, from its record. */
function recipesHelp(): string {
  const settingOf = ([name, schema]: [string, z.ZodType]) => {
    const usual = schema instanceof z.ZodDefault ? schema.def.defaultValue : undefined
    return `      ${name}${usual === undefined ? '' : `=${String(usual)}`}  ${schema.meta()?.description ?? ''}`
  }
  const lines = recipes.flatMap(({ id, about, settings }) => [`  ${id}: ${about.en}`, ...Object.entries(settings.shape).map(settingOf)])
  return `\nRecipes, their settings and defaults:\n${lines.join('\n')}`
}

/** `lr=1e-4` → { lr: 0.0001 }, `weights=0.5,0.5` → { weights: [0.5, 0.5] }; values that are not numbers stay text. */
export function settingsOf(pairs: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, key, value] = /^([^=]+)=(.*)$/.exec(pair) ?? []
      if (!key || value === undefined) throw userError(sentence('command.set', { found: pair }))
      if (value === 'true' || value === 'false') return [key, value === 'true']
      const numbers = value.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)))
      return [key, !numbers.every(Number.isFinite) ? value : numbers.length > 1 ? numbers : numbers[0]]
    }),
  )
}
