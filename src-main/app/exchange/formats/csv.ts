/**
 * Tables with one row per annotation or image, or with a column per class; columns are recognised by name or, without
 * a header, by the first row.
 */
import { dataError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { properName } from '#shared/model/words.ts'
import { reasonFor, type Where } from '../findings.ts'
import { captionTable, layoutOf } from './csv/layout.ts'
import { numbersBetween } from './csv/shapes.ts'
import { Survey } from './csv/survey.ts'
import type { Draft, Source } from '../draft.ts'
import { becomes, defineFormat, usualLosses, ofLabels } from '../format.ts'
import { namer } from '../label-map.ts'
import { imageNamed, outside } from '../lookup.ts'
import type { Peek } from '../peek.ts'
import { tableRows } from '../rows.ts'
import { Spool } from '../../../db/spool.ts'
import type { Found } from '../tree.ts'
import { write } from './csv/write.ts'
import { cells, Reading, type Stored } from './csv/rows.ts'

const recognises = ({ name, file }: Peek) =>
  /\.(csv|tsv)$/.test(name) ? layoutOf(file) !== null : name.endsWith('.txt') && captionTable(file)

async function* read(source: Source): AsyncGenerator<Draft> {
  const { tree, file } = source
  // Tables at the top, or else in any folder: one per split.
  const all =
    file === null ? [...tree.files('', source.findings)].filter((f) => /\.(?:csv|tsv|txt)$/i.test(f) && recognises(tree.peek(f))) : [file]
  const drafts = all.length === 1 ? readFile(source, all[0]!) : merged(source, all)
  yield* drafts
}

/** An image may appear in several files: boxes in one, captions in another. */
async function* merged(source: Source, files: readonly string[]): AsyncGenerator<Draft> {
  for (const file of files) yield* readFile(source, file)
}

async function* readFile(source: Source, file: string): AsyncGenerator<Draft> {
  const { tree, images, findings } = source
  const layout = layoutOf(tree.absolute(file))
  if (!layout) throw dataError(file, sentence('exchange.csv-no-images'))
  const number = numbersBetween(layout.delimiter)
  const survey = new Survey(layout, number)
  const spool = new Spool()
  try {
    let first = layout.header
    try {
      for await (const { fields, line } of tableRows(tree.absolute(file), layout.delimiter)) {
        if (first) {
          first = false
          continue
        }
        const { row, extra } = cells(layout, fields)
        if (!row.file || row.file.includes('\0')) {
          findings.leave({ file, line }, sentence('finding.no-image-named'))
          continue
        }
        spool.put('row', row.file, { row, extra } satisfies Stored, line)
        survey.see(row, extra)
      }
    } catch (e) {
      findings.leave({ file }, sentence('finding.rows-before', { problem: reasonFor(e) }))
    }
    const plan = survey.plan(file, findings)
    const names = namer(tree, file, plan.classes, (text) => findings.note(text))
    source.declareLabels(plan.oneHot.length ? plan.oneHot : names.names)
    const found = new Map<string, string>() // one image may be named in two ways
    const drafts = new Map<string, { image: Found; where: Where; names: string[] }>()
    for (const name of spool.keys('row')) {
      const where = { file, line: spool.of('row', name)[0]!.line }
      const image = imageNamed(images, name, file)
      if (!image || (!image.exists && /^https?:/i.test(name)))
        findings.leave(where, image ? sentence('finding.url', { name }) : outside('image', name))
      else if (found.has(image.path)) drafts.get(image.path)!.names.push(name)
      else {
        found.set(image.path, name)
        drafts.set(image.path, { image, where, names: [name] })
      }
    }
    for (const { image, where, names: named } of drafts.values()) {
      const rows = named.flatMap((n) => spool.of('row', n) as { value: Stored; line: number }[])
      yield new Reading(plan, layout, number, findings, names.name).draft(image, where, rows)
    }
  } finally {
    spool.close()
  }
}

export default defineFormat({
  id: 'csv',
  order: 150,
  title: properName('CSV'),
  about: {
    en: 'A table with one row per annotation or image; columns are recognised by their names',
    ja: '注釈または画像ごとに一行の表。列は名前で見分ける',
  },
  extensions: ['.csv', '.tsv'],
  reference: 'https://www.rfc-editor.org/rfc/rfc4180',
  recognises,
  apart: ['annotations', 'labels'],
  read,
  write,
  images: 'none',
  losses: {
    ...ofLabels,
    'drawing order': becomes.orderOfRows,
    comments: usualLosses.comments,
    'proposals left out': usualLosses['proposals left out'],
  },
})
