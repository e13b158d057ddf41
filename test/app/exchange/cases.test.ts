/**
 * Inputs that failed once: every folder of `../shared/cases` (where it is present) and of `fixtures` beside this file is imported as a person would, with
 * `auto`. What is right for those known is in `cases/expected.json`; a folder may bring an `expected.json` of its own. One that is not known is tried all
 * the same: it must not crash, invent nothing and hide nothing.
 */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { DashiError } from '#shared/errors.ts'
import type { ImportReport } from '#shared/model/exchange.ts'
import type { ImageRecord } from '#shared/model/record.ts'
import { importInto } from '../../../src-main/app/exchange/index.ts'
import { importLines } from '../../../src-main/app/cli/exchange-report.ts'
import { fresh, project, recordsOf } from './helpers.ts'

const root = path.resolve(import.meta.dirname, '../../..')
const shared = process.env['EXCHANGE_CASES'] ?? path.resolve(root, '../shared/cases')
const fixtures = path.join(import.meta.dirname, 'fixtures')

const expectation = z.strictObject({
  /** By file name: what each has at least; lists whole, numbers within a hundredth. */
  images: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
  unread: z.array(z.string()).optional(),
  nothingTaken: z.boolean().default(false),
  /** Words of a note, of a finding. */
  note: z.string().optional(),
  finding: z.string().optional(),
})
const known = z
  .record(z.string(), expectation)
  .parse(JSON.parse(readFileSync(path.join(import.meta.dirname, 'cases/expected.json'), 'utf8')))

const foldersIn = (dir: string) =>
  existsSync(dir)
    ? readdirSync(dir, { withFileTypes: true })
        .filter((e) => e.isDirectory())
        .map((e) => path.join(dir, e.name))
    : []

/** As the person has it: without our own words about it. */
function copied(from: string): { folder: string; expected: z.output<typeof expectation> | undefined } {
  const folder = fresh(path.basename(from))
  cpSync(from, folder, { recursive: true })
  const own = path.join(folder, 'expected.json')
  const expected = existsSync(own) ? expectation.safeParse(JSON.parse(readFileSync(own, 'utf8'))).data : undefined
  for (const file of ['README.md', 'expected.json']) rmSync(path.join(folder, file), { force: true })
  return { folder, expected: expected ?? known[path.basename(from)] }
}

/** Does it have all this? Lists are compared whole. */
function has(value: unknown, wanted: unknown, at: string): void {
  if (typeof wanted === 'number')
    return void expect(Math.abs(Number(value) - wanted), `${at}: ${String(value)}, expected ${wanted}`).toBeLessThan(0.01)
  if (Array.isArray(wanted)) {
    expect((value as unknown[] | undefined)?.length ?? 0, `${at}: ${JSON.stringify(value)}`).toBe(wanted.length)
    wanted.forEach((w, i) => has((value as unknown[])[i], w, `${at}.${i}`))
  } else if (typeof wanted === 'object' && wanted !== null)
    for (const [k, w] of Object.entries(wanted)) has((value as Record<string, unknown> | undefined)?.[k], w, `${at}.${k}`)
  else expect(value ?? null, at).toEqual(wanted)
}

const splitWords = [null, 'train', 'val', 'test']
const generic =
  /^(images?|imgs?|photos?|pictures?|pics|jpe?gs?|pngs?|raw|data|datasets?|originals?|dcim|\d{3}canon|batch.*|part.*|frames?|rgb|depth|masks?|labels|annotations|train\w*|val\w*|test\w*|(19|20)\d\d([-_.]?\d\d){0,2})$/i
const images = /\.(jpe?g|png|webp|gif|tiff?|avif|bmp|jfif)$/i

/** What holds whatever the input is. */
function honest(folder: string, report: ImportReport, records: readonly ImageRecord[]): void {
  for (const r of records) {
    expect(splitWords).toContain(r.split ?? null)
    for (const l of r.labels ?? []) expect(l.label).not.toMatch(generic)
  }
  for (const f of [...report.findings.map((f) => f.reason), ...report.notes]) expect(f).not.toMatch(/^Invalid input$|: Invalid input$/)
  const { regions, labels, captions } = report.annotations
  // Nothing of a folder with annotations in it is a success of nothing.
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((f) =>
    /\.(json|jsonl|csv|tsv|xml|parquet|ya?ml)$/i.test(f),
  )
  if (files.length > 0 && regions + labels + captions === 0)
    expect(report.unreadFiles + report.leftOut, 'said of what was not read').toBeGreaterThan(0)
}

async function imported(from: string) {
  const { folder, expected } = copied(from)
  const p = project()
  const report = await importInto(p, folder)
  return { folder, expected, report, records: recordsOf(p), again: () => importInto(p, folder) }
}

describe.each([
  ['shared', shared],
  ['fixtures', fixtures],
])('%s', (_, dir) => {
  const folders = foldersIn(dir)
  test.runIf(folders.length === 0)('no cases here', () => undefined)
  test.each(folders.map((f) => [path.basename(f), f]))('%s', async (name, from) => {
    let done: Awaited<ReturnType<typeof imported>>
    try {
      done = await imported(from)
    } catch (e) {
      // Refused in one line is an answer; a crash is none. Of those known, all are read.
      expect(e).toBeInstanceOf(DashiError)
      expect((e as Error).message).not.toContain('\n')
      expect(known[name], (e as Error).message).toBeUndefined()
      return
    }
    const { folder, expected, report, records, again } = done
    honest(folder, report, records)
    expect((await again()).counts).toMatchObject({ added: 0, regions: 0, imageLabels: 0, captions: 0 })
    if (!expected) return
    if (expected.images) {
      expect(records.map((r) => r.fileName).sort()).toEqual(Object.keys(expected.images).sort())
      for (const r of records) has(r, expected.images[r.fileName], r.fileName)
    }
    expect(report.nothingTaken).toBe(expected.nothingTaken)
    if (expected.unread) expect(report.unread.map((u) => u.file)).toEqual(expected.unread)
    if (expected.note) expect(report.notes.join('\n')).toContain(expected.note)
    if (expected.finding) expect(report.findings.map((f) => f.reason).join('\n')).toContain(expected.finding)
    if (expected.nothingTaken) expect(importLines(folder, report).at(-1)).toMatch(/^no annotations were imported: /)
    expect(records.some((r) => images.test(r.fileName))).toBe(true)
  })
})
