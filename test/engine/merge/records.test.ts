/** What every merge method must have and do, as soon as its file is there. */
import fc from 'fast-check'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { locales } from '../../../src-shared/locales/index.ts'
import { wordsSchema } from '#shared/model/words.ts'
import { checkCount, checkMethod, mergeMethods, methodOf } from '../../../src-main/engine/merge/methods.ts'
import { mergeTensor } from '../../../src-main/engine/merge/slices.ts'

const folder = path.join(import.meta.dirname, '../../../src-main/engine/merge/methods')
/** Settings that the record does not fill in by itself. */
const needed: Record<string, (n: number) => Record<string, unknown>> = {
  linear: (n) => ({ weights: Array.from({ length: n }, () => 1 / n) }),
}
const settingsOf = (id: string, n: number) => methodOf(id, needed[id]?.(n) ?? {})

it('there is one record per file, each with its own name and order', () => {
  expect(mergeMethods).toHaveLength(readdirSync(folder).length)
  for (const key of ['id', 'order'] as const) expect(new Set(mergeMethods.map((m) => m[key])).size).toBe(mergeMethods.length)
})

it('the least number of ingredients is enforced with a base and without', () => {
  const of = (least: number, more: { relative?: true; most?: number } = {}) => ({ id: 'x', least, ...more })
  for (const enough of [of(3), of(3, { relative: true }), of(1)]) expect(() => checkCount(enough, 3)).not.toThrow()
  expect(() => checkCount(of(3), 2)).toThrow('merge: x needs at least 3 checkpoints')
  expect(() => checkCount(of(3, { relative: true }), 2)).toThrow('merge: x needs a base and at least 2 other checkpoints')
  expect(() => checkCount(of(2, { relative: true }), 1)).toThrow('merge: x needs a base and at least one other checkpoint')
  expect(() => checkCount(of(1), 0)).toThrow('merge: ')
})

describe.each(mergeMethods.map((m) => [m.id, m] as const))('%s', (id, method) => {
  const { least } = method
  const most = Math.min(method.most ?? 5, 5)

  it('says what it is in every complete language, and where it comes from', () => {
    wordsSchema.parse(method.title)
    wordsSchema.parse(method.about)
    for (const l of locales.filter((l) => l.complete))
      for (const of of ['title', 'about'] as const) expect(method[of][l.id] ?? l.records?.['merge']?.[id]?.[of], l.id).toBeTruthy()
    expect(method.citation).toMatch(/\b(19|20)\d\d\b/)
    if (method.mix !== undefined) expect(Object.keys(method.settings.shape)).toContain(method.mix)
  })

  it('says how many ingredients it takes', () => {
    for (let n = least; n <= most; n++) expect(() => checkMethod(settingsOf(id, n), n)).not.toThrow()
    expect(() => checkMethod(settingsOf(id, least), least - 1)).toThrow('merge: ')
    if (method.most !== undefined) expect(() => checkMethod(settingsOf(id, most), most + 1)).toThrow(`merge: ${id} `)
  })

  it('makes of copies of one model that model', () => {
    const tensor = fc.array(fc.integer({ min: -512, max: 512 }), { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(tensor, fc.integer({ min: least, max: most }), (values, n) => {
        const x = Float32Array.from(values, (v) => v / 64)
        const { name: _, ...settings } = settingsOf(id, n)
        const soup = mergeTensor(
          method.slices(settings, n, 'w'),
          Array.from({ length: n }, () => x),
        )
        soup.forEach((v, i) => expect(Math.abs(v - x[i]!)).toBeLessThanOrEqual(Math.abs(x[i]!) * 2 ** -22))
      }),
      { numRuns: 30 },
    )
  })

  it('is told one line where a setting is not its own', () => {
    expect(() => methodOf(id, { stir: 1 })).toThrow(`merge: ${id}: unknown setting stir`)
  })
})
