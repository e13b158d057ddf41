import { Command } from 'commander'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { agreementQuery, type AgreementReport, type AuthorRef, type Kappa } from '#shared/model/agreement.ts'
import { authorNamed, compareAuthors, listAuthors } from '../agreement/index.ts'
import { listLabels, openProject, type Project } from '../projects/index.ts'
import { renderTable } from '../terminal/table.ts'
import { output } from './output.ts'

interface Options {
  between?: string[]
  iou: string
  images: string
  list?: boolean
  json?: boolean
}

/** Two names, or the project's authors if there are exactly two. */
function pairOf(project: Project, names: readonly string[] | undefined): [AuthorRef, AuthorRef] {
  if (names) {
    if (names.length !== 2) throw userError(sentence('command.two-authors', { found: names.length }))
    return [authorNamed(project, names[0]!), authorNamed(project, names[1]!)]
  }
  const [a, b, ...more] = listAuthors(project)
  if (a && b && !more.length) return [a, b]
  const all = listAuthors(project).map((x) => `"${x.name}"`)
  const there = all.length > 1 ? all.join(', ') : `there is only ${all[0] ?? 'nobody'}`
  throw userError(`project agreement: --between: expected two of the authors here: ${there}`)
}

export const agreementCommand = (): Command =>
  new Command('agreement')
    .description('measure how far two authors agree: regions by IoU, image labels by Cohen’s kappa')
    .argument('<dir>', 'project folder')
    .option('--between <authors...>', 'two people, or checkpoints by id; optional if there are only two')
    .option('--iou <least>', 'smallest IoU at which two regions match', '0.5')
    .option(
      '--images <which>',
      'both: images where both drew regions; either: where one did, and the other’s omissions count as missed',
      'both',
    )
    .option('--list', 'list the disagreements, the most serious first')
    .action(async (dir: string, o: Options) => {
      const project = openProject(dir, { readOnly: true })
      try {
        const [a, b] = pairOf(project, o.between)
        const query = agreementQuery.safeParse({
          a: { kind: a.kind, name: a.name },
          b: { kind: b.kind, name: b.name },
          threshold: o.iou.trim() ? Number(o.iou) : NaN,
          images: o.images,
        })
        if (!query.success) {
          const { path, message } = query.error.issues[0]!
          throw userError(`project agreement: --${path[0] === 'threshold' ? 'iou' : String(path[0])}: ${message}`)
        }
        const { report, disagreements } = await compareAuthors(project, query.data)
        const names = new Map(listLabels(project).map((l) => [l.id, l.name]))
        const named = (id: number | null) => (id === null ? '(no label)' : (names.get(id) ?? String(id)))
        const document = {
          ...report,
          labels: report.labels.map((l) => ({ name: named(l.labelId), ...l })),
          ...(o.list && {
            list: disagreements.map((d) => ({ ...d, labelsA: d.labelsA.map(named), labelsB: d.labelsB.map(named) })),
          }),
        }
        output(Boolean(o.json)).answer(document, () =>
          [
            ...agreementLines(report, named),
            ...(o.list
              ? disagreements.map((d) => {
                  const said = (labels: readonly (number | null)[]) => labels.map(named).join(', ') || '–'
                  const iou = d.iou === null ? '' : ` (IoU ${d.iou.toFixed(2)})`
                  return `  ${d.kind.padEnd(6)} ${d.path}: ${said(d.labelsA)} | ${said(d.labelsB)}${iou}${d.decided ? ' settled' : ''}`
                })
              : []),
          ].join('\n'),
        )
      } finally {
        project.close()
      }
    })

const digits = (value: number | null) => (value === null ? '–' : value.toFixed(3))
const kappaText = (k: Kappa) => `κ ${digits(k.kappa)} over ${k.n} images (observed ${digits(k.observed)}, by chance ${digits(k.expected)})`

function agreementLines(report: AgreementReport, named: (id: number | null) => string): string[] {
  const { images, regions: r, disagreements: d } = report
  return [
    `${report.a.name} annotated ${images.a} images, ${report.b.name} ${images.b}; ${images.both} both of them; ${images.compared} compared`,
    ...(r.a + r.b
      ? [
          `regions: ${r.a} and ${r.b}; ` +
            `${r.matched} matched at IoU ${report.threshold}, mean IoU ${digits(r.meanIou)}, F1 ${digits(r.f1)}; ` +
            `${r.labelDiffers} of another label, ${r.lowIou} that overlap less, ` +
            `${r.onlyA} only of ${report.a.name}, ${r.onlyB} only of ${report.b.name}` +
            (r.withoutArea ? `; ${r.withoutArea} lines and points left out` : ''),
        ]
      : []),
    ...(report.classes.n ? [`image classes: ${kappaText(report.classes)}`] : []),
    ...(report.labels.length
      ? [
          renderTable(
            [
              { title: 'label', value: (l) => named(l.labelId) },
              { title: report.a.name, value: (l) => l.a },
              { title: report.b.name, value: (l) => l.b },
              { title: 'matched', value: (l) => l.matched },
              { title: 'other label', value: (l) => l.labelDiffers },
              { title: 'low IoU', value: (l) => l.lowIou },
              { title: 'F1', value: (l) => digits(l.f1) },
              { title: 'mean IoU', value: (l) => digits(l.meanIou) },
              { title: 'image κ', value: (l) => digits(l.image?.kappa ?? null) },
            ],
            report.labels,
          ).trimEnd(),
        ]
      : []),
    `${d.open} disagreements are open: ${d.missed} missed, ${d.label} of another label, ` +
      `${d.iou} that overlap too little, ${d.class} of another class in all`,
  ]
}
