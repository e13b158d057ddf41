/** The plan of a training, as text. */
import { filled } from '#shared/model/filled.ts'
import type { TrainingPlan } from '#shared/model/plan.ts'
import type { Words } from '#shared/model/words.ts'
import { renderTable } from '../terminal/table.ts'

const megabytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MB`

/** `90 s`, `12 min`, `3.5 h`. */
function time(seconds: number): string {
  if (seconds < 120) return `${Math.max(1, Math.round(seconds))} s`
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`
}

const why = {
  asked: 'as asked',
  only: 'the only one here',
  rehearsed: 'the fastest that computes correctly here',
  undecided: 'decided when it starts',
} as const

/** Lines from what it is to what stands in its way. */
export function planText(plan: TrainingPlan): string {
  const { outline, pace, device, images, classes } = plan
  const splits = Object.keys(images)
  const say = (words: Words, values: Readonly<Record<string, string | number>> = {}) => filled(words.en, values)
  const classed = classes.length ? [`${classes.length} classes`] : []
  const lines = [
    `${plan.recipe} on ${[...classed, ...splits.map((s) => `${s} ${images[s]}`)].join(', ') || 'no images'}`,
    ...(outline
      ? [
          trainsText(outline.parameters),
          outline.steps
            ? `${outline.steps} steps of ${outline.batch * outline.accumulate} images, ${outline.perEpoch} an epoch`
            : 'no steps of gradient descent',
          `memory ${megabytes(outline.memory.total)} (${parts(outline.memory)}), ${megabytes(plan.memory.free)} free`,
          diskText(plan.disk),
        ]
      : []),
    `device ${device.used ?? 'undecided'}: ${[why[device.why], ...device.notes].join('; ')}`,
    plan.seconds === null
      ? 'time unknown: --measure runs a few steps'
      : `time ${time(plan.seconds)}${pace?.step ? `, ${(1000 * pace.step).toFixed(0)} ms a step` : ''}`,
    ...plan.measured.map((words) => say(words)),
    ...plan.concerns.map((c) => `${c.level}: ${say(c.problem, c.with)} ${say(c.cure, c.with)}`),
    ...(plan.suggestion.recipe !== plan.recipe
      ? [`suggested: ${plan.suggestion.recipe ?? 'nothing to train'}. ${say(plan.suggestion.why, plan.suggestion.with)}`]
      : []),
  ]
  const table = renderTable(
    [
      { title: 'class', value: (c) => c.name },
      ...splits.map((s) => ({ title: s, value: (c: (typeof classes)[number]) => String(c.counts[s] ?? 0) })),
    ],
    classes,
  )
  return `${lines.join('\n')}\n${classes.length ? `\n${table}` : ''}`
}

const diskText = ({ needed, free, budget }: TrainingPlan['disk']) =>
  [
    `disk ${megabytes(needed ?? 0)}`,
    ...(free === null ? [] : [`${megabytes(free)} free`]),
    ...(budget ? [`${megabytes(budget.left)} left of the budget of ${megabytes(budget.most)}`] : []),
  ].join(', ')

const trainsText = ({ trained, model }: { readonly trained: number; readonly model: number }) =>
  `trains ${trained.toLocaleString('en')} parameters (${share(trained, model)} of the model's ${model.toLocaleString('en')})`

const share = (part: number, whole: number) => `${whole ? ((100 * part) / whole).toPrecision(3) : 0} %`

const names = {
  weights: 'weights',
  moments: 'moments',
  gradients: 'gradients',
  activations: 'activations',
  pictures: 'images',
  saving: 'saving',
  program: 'program',
} as const
const parts = (memory: Readonly<Record<keyof typeof names, number>>) =>
  Object.entries(names)
    .filter(([key]) => memory[key as keyof typeof names] >= 2 ** 20)
    .map(([key, name]) => `${name} ${megabytes(memory[key as keyof typeof names])}`)
    .join(', ')
