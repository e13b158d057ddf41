/** Running trainings on a Slurm cluster: what is asked of it, and the files through which a node and the program that follows it talk. */
import { z } from 'zod'
import { failureSchema } from './failure.ts'
import { jobProgressSchema, jobResultSchema, trainJobSchema } from './job.ts'
import { setting } from './words.ts'

/** Where a training runs: by this machine's engine, or as a job of a Slurm cluster. */
export const runnerIds = ['local', 'slurm'] as const
export const runnerIdSchema = z.enum(runnerIds)
export type RunnerId = z.infer<typeof runnerIdSchema>

/** A value of an option in the job's script: without blanks, quotes and line ends, which would begin something else. */
const word = z
  .string()
  .trim()
  .regex(/^[^\s'"\\]*$/, 'expected no blanks and no quotes')
  .max(200)
const line = z
  .string()
  .trim()
  .regex(/^[^\r\n\0]*$/, 'expected one line')
  .max(4000)

/** What is asked of Slurm; an empty text leaves it to the cluster's own default. */
export const slurmSettings = z.object({
  partition: setting(
    word.default(''),
    'Where the jobs wait; the default partition if empty.',
    'ジョブを入れるパーティション。空なら既定のもの。',
    {
      name: ['Partition', 'パーティション'],
    },
  ),
  time: setting(
    z
      .string()
      .trim()
      .regex(/^(\d+(:\d{1,2}){0,2}|\d+-\d{1,2}(:\d{1,2}){0,2}|infinite)?$/i, 'expected 30, 4:00:00 or 2-12:00:00')
      .default(''),
    'Time limit of a run: minutes, hours:minutes:seconds, or days-hours.',
    '1 回の実行の制限時間：分、時:分:秒、または 日-時。',
    { name: ['Time limit', '制限時間'] },
  ),
  cpus: setting(z.int().min(1).max(4096).default(4), 'Processor cores of a run.', '1 回の実行が使う CPU コア数。', {
    name: ['CPUs', 'CPU 数'],
  }),
  memory: setting(
    z
      .string()
      .trim()
      .regex(/^(\d+[KMGT]?)?$/i, 'expected 8000M or 16G')
      .default(''),
    'Memory of a run, e.g. 16G.',
    '1 回の実行のメモリ。例：16G。',
    { name: ['Memory', 'メモリ'] },
  ),
  gres: setting(word.default(''), 'Other resources of a run, e.g. gpu:1.', 'そのほかの資源。例：gpu:1。', {
    name: ['GPUs (gres)', 'GPU（gres）'],
  }),
  options: setting(
    line
      .refine((text) => text.split(/\s+/).every((o) => o === '' || /^--?[A-Za-z]/.test(o)), 'expected options such as --account=vision')
      .default(''),
    'More options of sbatch, e.g. --account=vision --qos=long.',
    'sbatch のほかのオプション。例：--account=vision --qos=long。',
    { name: ['More options', 'ほかのオプション'], advanced: true },
  ),
  before: setting(
    line.default(''),
    'A shell command on the node before the program, e.g. module load nodejs.',
    'プログラムの前にノードで実行するコマンド。例：module load nodejs。',
    { name: ['Command before', '前に実行するコマンド'], advanced: true },
  ),
  requeue: setting(
    z.boolean().default(true),
    'A run that is preempted, or whose node fails, waits again and goes on from its saved state.',
    '横取りされたりノードが故障した実行は、再び順番を待ち、保存した状態から続けます。',
    { name: ['Requeue', '再キュー'], advanced: true },
  ),
  save: setting(
    z.int().min(10).max(86_400).default(600),
    'Seconds between two saves of the state to the shared disk; it is also saved when Slurm ends a run.',
    '共有ディスクに状態を保存する間隔（秒）。Slurm が実行を終えるときにも保存します。',
    { name: ['Save every (s)', '保存の間隔（秒）'], advanced: true },
  ),
  node: setting(line.default(''), 'Path of Node.js on the nodes; as here if empty.', 'ノード上の Node.js のパス。空ならここと同じ。', {
    name: ['Path of Node.js', 'Node.js のパス'],
    advanced: true,
  }),
  program: setting(
    line.default(''),
    'Folder of Dashi on the nodes; as here if empty.',
    'ノード上の Dashi のフォルダー。空ならここと同じ。',
    {
      name: ['Folder of Dashi', 'Dashi のフォルダー'],
      advanced: true,
    },
  ),
  shared: setting(
    line.default(''),
    'Folders that the nodes see, with colons between them; not checked if empty.',
    'ノードから見えるフォルダー（コロン区切り）。空なら確かめません。',
    { name: ['Shared folders', '共有フォルダー'], advanced: true },
  ),
  cache: setting(
    line.default(''),
    'Folder for computed features that the nodes see; as here if empty.',
    '計算した特徴を置く共有フォルダー。空ならここと同じ。',
    {
      name: ['Folder for features', '特徴を置くフォルダー'],
      advanced: true,
    },
  ),
})
export type SlurmSettings = z.infer<typeof slurmSettings>

/** `plan.json` of a run: the engine's job, whose images are in `data.json`, which the runs of a sweep share. */
export const slurmPlan = z.object({
  version: z.literal(1),
  job: trainJobSchema.omit({ splits: true }),
  /** Whether the model is the one in the box, wherever the node has it. */ nano: z.boolean(),
})
export type SlurmPlan = z.infer<typeof slurmPlan>
export const slurmData = trainJobSchema.shape.splits

/**
 * `job.json` of a run, by which it is found again after a restart. `plan`: SHA-256 of the job, so that another one is not taken
 * for it; `out`: the run's checkpoint folder, so that a copy of the project is not taken for this one.
 */
export const slurmTicket = z.object({ version: z.literal(1), job: z.string().regex(/^\d+_\d+$/), plan: z.string(), out: z.string() })

/** A line of `events.jsonl`, which only the node writes. A run that was requeued begins again. */
export const slurmEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('begun'), host: z.string(), time: z.number(), restarts: z.int().nonnegative() }),
  z.object({ type: z.literal('progress'), progress: jobProgressSchema }),
  /** It was asked to end, and has saved its state. */
  z.object({ type: z.literal('stopped') }),
  z.object({ type: z.literal('done'), result: jobResultSchema }),
  failureSchema.extend({ type: z.literal('failed') }),
])
export type SlurmEvent = z.infer<typeof slurmEvent>
