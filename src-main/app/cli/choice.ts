/** Which data a training or a sweep is asked to use, as options of its command. */
import type { Command } from 'commander'
import { userError } from '#shared/errors.ts'
import { holdOut, type TrainingChoice, trainingChoice } from '#shared/model/training-choice.ts'
import { issueSentence } from '#shared/sentences/issue.ts'
import { sentence } from '#shared/sentences/table.ts'
import { filterOf } from './propose.ts'
import { dashed } from './settings.ts'

export const choosing = (command: Command): Command =>
  command
    .option('--snapshot <name>', 'train on the dataset as it was when this snapshot was taken')
    .option('--filter <key=value...>', 'only images for which all of this holds, e.g. tag=street')
    .option('--train <splits>', 'splits to learn from, with commas between them (default: train)')
    .option('--val <splits>', 'splits to choose settings on (default: val)')
    .option('--test <splits>', 'other splits to measure (default: all)')
    .option('--hold-out <group>', `leave out training images of whose group one is measured: ${holdOut.options.join(', ')}`)
    .option('--tag-prefix <prefix>', 'with --hold-out tag: only tags that begin so, e.g. patient:')
    .option('--no-forgetting', 'do not measure what the model knew besides, before and after')

export interface Choice {
  readonly snapshot?: string
  readonly filter?: string[]
  readonly train?: string
  readonly val?: string
  readonly test?: string
  readonly holdOut?: string
  readonly tagPrefix?: string
  /** Commander's: true unless it is said not to. */
  readonly forgetting: boolean
}

/** @throws a user error naming the option */
export function choiceOf(choice: Choice): TrainingChoice | undefined {
  const { snapshot, filter, train, val, test, holdOut: group, tagPrefix, forgetting } = choice
  const list = (text: string | undefined) => text?.split(',').map((s) => s.trim())
  const given = {
    snapshot,
    filter: filter && filterOf(filter),
    train: list(train),
    val: list(val),
    test: list(test),
    holdOut: group,
    tagPrefix,
    forgetting: forgetting ? undefined : false,
  }
  const told = Object.fromEntries(Object.entries(given).filter(([, v]) => v !== undefined))
  if (!Object.keys(told).length) return undefined
  const parsed = trainingChoice.safeParse(told)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw userError(sentence('in-field', { field: `--${dashed(String(issue!.path[0]))}`, problem: issueSentence(parsed.error) }))
}
