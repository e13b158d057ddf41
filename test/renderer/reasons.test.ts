/** Why something was changed, left out or refused, as the window says it. */
import { beforeEach, expect, it } from 'vitest'
import { DashiError, dataError, userError } from '#shared/errors.ts'
import { feature, finding } from '#shared/model/exchange.ts'
import { issueSentence } from '#shared/sentences/issue.ts'
import { sentence } from '#shared/sentences/table.ts'
import { z } from 'zod'
import { Findings, kindWord, problemOf, Unfit, reasonFor } from '../../src-main/app/exchange/findings.ts'
import { errorWords } from '../../src-renderer/locales/error-words.ts'
import { featureName } from '../../src-renderer/locales/exchange.ts'
import { i18n } from '../../src-renderer/locales/index.ts'
import { findingWords, reasonWords } from '../../src-renderer/locales/reasons.ts'

beforeEach(() => {
  i18n.global.locale.value = 'ja'
})

/** As the window gets it: through JSON and the schema of the report. */
const reported = (give: (findings: Findings) => void) => {
  const findings = new Findings()
  give(findings)
  return findings.list.map((f) => finding.parse(JSON.parse(JSON.stringify(f))))
}

it('a finding is shown in the language of the window and kept in English', () => {
  const [found] = reported((f) =>
    f.leave({ file: 'a.txt', line: 3 }, sentence('finding.no-shape-dota', { kind: kindWord('polyline'), label: 'road' })),
  )
  expect(found).toMatchObject({ line: 3, reason: 'polyline of road: DOTA has no such shape' })
  expect(findingWords(found!)).toBe('road の折れ線：DOTA にこの形はありません')
  i18n.global.locale.value = 'en'
  expect(findingWords(found!)).toBe(found!.reason)
})

it('what a schema or a reader objects to is translated within the finding', () => {
  const refused = z.object({ width: z.number() }).safeParse({ width: 'wide' })
  const list = reported((f) => {
    f.change({ file: 'a.json' }, problemOf(refused.error!, 'images', 2))
    f.leave({ file: 'a.json' }, sentence('in-field', { field: 'shapes.0', problem: reasonFor(new Unfit(sentence('finding.no-point'))) }))
    f.leave({ file: 'a.json' }, sentence('in-field', { field: 'mask', problem: reasonFor(new Error('RLE counts hold a negative run')) }))
  })
  expect(list.map((f) => f.reason)).toEqual([
    'images.2.width: expected number, received string',
    'shapes.0: no point',
    'mask: RLE counts hold a negative run',
  ])
  expect(list.map(findingWords)).toEqual([
    'images.2.width：数値が必要ですが、文字列です',
    'shapes.0：点がありません',
    'mask：RLE の counts に負のランがあります',
  ])
})

it('a finding of another version is shown as its English text says, translated where that is known', () => {
  const old = finding.parse({ file: 'a.png', level: 'left out', reason: 'not an image', sentence: { code: 'of-next-year', params: {} } })
  expect(old.sentence).toBeUndefined()
  expect(findingWords(old)).toBe('画像ではありません')
  expect(reasonWords('a text of nobody')).toBe('a text of nobody')
})

it('notes, and what unread files look like, are translated from their text', () => {
  expect(reasonWords('d.txt: cancelled annotations were left out')).toBe('d.txt：取り消された注釈は取り込みませんでした')
  expect(reasonWords('downloads: not used as a label (a generic folder name)')).toBe(
    'downloads：ラベルにしませんでした（どの画像フォルダーにもありうる名前です）',
  )
  expect(reasonWords('JSON lines with the keys a, b')).toBe('キーが a, b の JSON Lines')
})

it('an error of the engine is said in the language of the window, through its process and from a stored run', () => {
  const e = dataError('m/config.json', sentence('model.one-tower', { tower: 'text', model: 'CLIPModel' }))
  expect(errorWords(e)).toBe('m/config.json：text タワーだけのモデルです。CLIPModel 全体を保存してください')
  expect(errorWords(e.message)).toBe(errorWords(e))
  const ended = sentence('engine.in-training', {
    ended: sentence('engine.ended', { how: sentence('engine.no-memory') }),
    kept: sentence('job.kept-state', { steps: 40 }),
  })
  expect(errorWords(new DashiError('engine', ended).message)).toBe(errorWords(new DashiError('engine', ended)))
})

it('a field that a schema refuses keeps its name, and the problem is translated', () => {
  const refused = z.object({ text: z.string().max(3) }).safeParse({ text: 'long' })
  const e = userError(sentence('in-field', { field: 'caption', problem: issueSentence(refused.error!) }))
  expect(e.message).toBe('caption: text: Too big: expected string to have <=3 characters')
  expect(errorWords(e)).toBe('caption：text：長すぎます（文字列は <=3 characters）')
})

it('every feature of a dataset has a name in both languages', () => {
  const named = () => feature.options.map(featureName)
  const japanese = named()
  i18n.global.locale.value = 'en'
  expect(new Set([...japanese, ...named()]).size).toBe(2 * feature.options.length)
})
