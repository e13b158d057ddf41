import { test } from 'vitest'
import { importInto } from '../../../src-main/app/exchange/index.ts'
import { project, recordsOf } from './helpers.ts'
test('x', async () => {
  for (const c of process.env['CASE']!.split(',')) {
    const p = project()
    try {
      const r = await importInto(p, c.startsWith('/') ? c : `/work/shared/cases/${c}`, JSON.parse(process.env['OPT'] ?? '{}'))
      console.log(c, JSON.stringify(r, null, 1).replace(/\n\s+/g, ' '))
      for (const x of recordsOf(p)) console.log(JSON.stringify({ ...x, contentHash: undefined, perceptualHash: undefined }))
    } catch (e) { console.log(c, String(e)) }
  }
})
