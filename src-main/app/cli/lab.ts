import path from 'node:path'
import { Command, Option } from 'commander'
import { userError } from '#shared/errors.ts'
import { percent } from '#shared/format.ts'
import { type LabTask, labMetrics, labRequest, labTaskSchema, MOST_ROWS } from '#shared/model/prompt-lab.ts'
import { PLACE, promptsOf, promptSet } from '#shared/model/prompts.ts'
import { sentence } from '#shared/sentences/table.ts'
import { updateLabel } from '../annotations/index.ts'
import type { AppContext } from '../context.ts'
import { comparePrompts } from '../lab/index.ts'
import { listLabels, openProject } from '../projects/index.ts'
import { type ProgressBar, progressBar } from '../terminal/progress.ts'
import { type Column, renderTable } from '../terminal/table.ts'
import { output, untilDone } from './output.ts'
import { count } from './preview.ts'

interface Given {
  readonly project: string
  readonly model: string
  readonly label: string
  readonly task: LabTask
  readonly words?: string[]
  readonly templates?: string[]
  readonly others: boolean
  readonly most?: string
  readonly save?: boolean
  readonly json?: boolean
}

/** Texts separated by semicolons, since words and sentences may have commas. @throws a user error naming the option if there are none */
function textsOf(option: string, given: string): string[] {
  const texts = [...new Set(given.split(';').map((text) => text.trim()))].filter(Boolean)
  if (!texts.length) throw userError(sentence('lab.texts', { option, found: given }))
  return texts
}

/** What the label has, then each set of words in each set of templates; without words, the label's own in them. */
function rowsOf(own: readonly string[], { words, templates }: Pick<Given, 'words' | 'templates'>): string[][] {
  const wordSets = words?.map((set) => textsOf('--words', set)) ?? []
  const templateSets = templates?.map((set) => textsOf('--templates', set)) ?? []
  const placed = wordSets.flat().find((text) => text.includes(PLACE))
  if (placed !== undefined) throw userError(sentence('lab.words', { place: PLACE, found: placed }))
  const wordless = templateSets.flat().find((text) => !text.includes(PLACE))
  if (wordless !== undefined) throw userError(sentence('lab.templates', { place: PLACE, found: wordless }))
  if (!words && !templates) throw userError(sentence('lab.no-sets'))
  const sets = wordSets.length ? wordSets : [[...promptSet(own).words]]
  const rows = sets.flatMap((of) => (templateSets.length ? templateSets.map((t) => [...of, ...t]) : [of]))
  const all = [promptsOf(promptSet(own)), ...rows]
  const distinct = [...new Map(all.map((row) => [JSON.stringify(row), row])).values()]
  if (distinct.length > MOST_ROWS) throw userError(sentence('lab.too-many', { n: distinct.length, most: MOST_ROWS }))
  return distinct
}

const said = (prompts: readonly string[], name: string) => (prompts.length ? prompts.join('; ') : name)

export const labCommand = (app: AppContext): Command =>
  new Command('lab')
    .requiredOption('--project <dir>', 'project folder')
    .requiredOption('--model <dir>', 'checkpoint folder')
    .requiredOption('--label <name>', 'the label')
    .addOption(
      new Option('--task <task>', 'what is measured; detect: boxes (AP), segment: masks (IoU), classify: images (accuracy)')
        .choices(labTaskSchema.options)
        .default('detect'),
    )
    .option('--words <a; b...>', 'sets of words, each an argument: those of a set are separated by semicolons, and averaged')
    .option('--templates <t; u...>', 'sets of sentences with {} in the place of the words; each set of words is tried in each')
    .option('--no-others', 'not on images that have only other labels')
    .option('--most <n>', 'at most so many images (default: 200)')
    .option('--save', 'the best set becomes the label’s prompts, unless what it has is as good')
    .action(async (o: Given) => {
      const project = openProject(o.project, { readOnly: !o.save })
      const abort = new AbortController()
      let bar: ProgressBar | undefined
      try {
        const label = listLabels(project).find((l) => l.name === o.label)
        if (!label) throw userError(sentence('lab.no-label', { label: JSON.stringify(o.label) }))
        const request = labRequest.parse({
          labelId: label.id,
          model: path.resolve(o.model),
          task: o.task,
          rows: rowsOf(label.prompts, o),
          others: o.others,
          most: count(o.most),
        })
        const onProgress = (done: number, total: number) => (bar ??= progressBar('comparing prompts', { total })).update({ done, total })
        const result = comparePrompts(app, project, request, { signal: abort.signal, onProgress })
        const found = await untilDone({ result, cancel: () => abort.abort() })
        bar?.end()
        const metrics = labMetrics[o.task]
        const scores = found.rows.map((row) => row.scores[metrics[0]] ?? -1)
        const best = scores.indexOf(Math.max(...scores))
        const saves = Boolean(o.save) && best > 0
        if (saves) updateLabel(project, label.id, { prompts: found.rows[best]!.prompts })
        const out = output(Boolean(o.json))
        for (const { path: at, reason } of found.leftOut) out.say(`${at}: ${reason}`)
        const { images, rows, leftOut } = found
        out.answer({ task: o.task, label: label.name, images, rows, best, saved: saves, leftOut }, () => {
          const columns: Column<(typeof rows)[number]>[] = [
            {
              title: 'set',
              value: (row) => (row === rows[0] ? `${said(row.prompts, label.name)} (in use)` : said(row.prompts, label.name)),
            },
            ...metrics.map((id) => ({
              title: id,
              value: (row: (typeof rows)[number]) => (row.scores[id] == null ? null : percent(row.scores[id])),
            })),
          ]
          const done = saves ? 'saved' : o.save ? 'what it has is as good: nothing saved' : 'best'
          return (
            `${images.with} images with the label, ${images.without} without\n${renderTable(columns, rows)}` +
            `${done}: ${said(rows[best]!.prompts, label.name)}`
          )
        })
      } finally {
        project.close()
      }
    })
