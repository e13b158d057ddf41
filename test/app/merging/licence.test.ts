/** Under which terms a checkpoint may be used, as far as its folder says. */
import fs from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { licenceOf } from '../../../src-main/app/merging/licence.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'

const dir = temporaryFolder()
let n = 0
function folder(card: string | null, base?: string): string {
  const at = path.join(dir, String(++n))
  fs.mkdirSync(at)
  if (card !== null) fs.writeFileSync(path.join(at, 'README.md'), card)
  const record = { format: 1, dashi: '1', created: '2026-01-01T00:00:00Z', base: base === undefined ? null : { path: base } }
  const rest = { recipe: null, seed: null, dataHash: null, device: null, metrics: {}, templates: [], classes: [] }
  if (base !== undefined) fs.writeFileSync(path.join(at, 'dashi.json'), JSON.stringify({ ...record, ...rest }))
  return at
}

test.each([
  ['---\nlicense: apache-2.0\n---\n# Model', 'apache-2.0'],
  ['---\r\ntags:\r\n- vision\r\nlicense: mit\r\n---\r\n', 'mit'],
  ['---\nlicense: [mit, apache-2.0]\n---\n', 'mit, apache-2.0'],
  ['---\nlicense: other\nlicense_name: sam-licence\n---\n', 'sam-licence'],
  ['---\nlicense: ""\n---\n', null],
  ['---\nlicense: {a: 1}\n---\n', null],
  ['---\nlicense: [\n---\n', null],
  ['---\na: &a [x]\nb: *a\nlicense: mit\n---\n', null],
  ['---\nlicense: mit', null],
  ['# Model\n\nlicense: mit\n', null],
  ['', null],
  [null, null],
] as const)('a card %j says %j', (card, licence) => {
  expect(licenceOf(folder(card))).toBe(licence)
})

test('a checkpoint without a card has the licence of what it was trained from', () => {
  const base = folder('---\nlicense: apache-2.0\n---\n')
  const tuned = folder(null, base)
  expect(licenceOf(folder(null, tuned))).toBe('apache-2.0')
  expect(licenceOf(folder(null, path.join(dir, 'gone')))).toBeNull()
  const self = folder(null, '.')
  expect(licenceOf(self)).toBeNull()
})
