/** What a training gained and forgot, in words and as a table. */
import { percent, points } from '#shared/format.ts'
import { type Change, type Knowledge, largeLosses } from '#shared/model/knowledge.ts'
import { type Column, renderTable } from '../terminal/table.ts'

type Measured = Extract<Knowledge, { kind: 'measured' }>
type Row = Change & { readonly on: string }

export function knowledgeText(knowledge: Knowledge): string {
  if (knowledge.kind === 'unchanged') return 'Knowledge kept: unchanged, since both towers were left as they were.'
  if (knowledge.kind === 'failed') return `Knowledge kept: could not be measured: ${knowledge.problem}`
  return `${renderTable(columns, rowsOf(knowledge))}${warning(knowledge)}`
}

const columns: Column<Row>[] = [
  { title: 'gained and kept', align: 'left', value: (r) => r.on },
  { title: 'n', value: (r) => r.n },
  { title: 'before %', value: (r) => percent(r.before) },
  { title: 'after %', value: (r) => percent(r.after) },
  { title: 'change', value: (r) => points(r.change) },
  { title: '95 %', value: (r) => r.interval.map(points).join(' … ') },
]

function rowsOf({ gain, outside, texts, images }: Measured): Row[] {
  const of = outside && (outside.of === 'project' ? 'labels that are not trained on' : 'things as pictographs')
  return [
    ...(gain ? [{ on: `this task: accuracy on ${gain.split}`, ...gain }] : []),
    ...(outside ? [{ on: `zero-shot accuracy on ${outside.classes} ${of}`, ...outside }] : []),
    ...(texts ? [{ on: 'captions found for images, recall@1', ...texts }] : []),
    ...(images ? [{ on: 'images found for captions, recall@1', ...images }] : []),
  ]
}

const warning = (knowledge: Measured): string =>
  largeLosses(knowledge).length
    ? '\nMuch was forgotten: a loss lies wholly below −5 points. ' +
      'Milder ways: lp-ft, lora, or a blend with the base (merge --method wise-ft).'
    : ''
