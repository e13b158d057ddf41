/** On systems without onnxruntime (Intel Macs) labelling goes on, and what needs a model says so in one line. */
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { expect, it } from 'vitest'
import { program } from '../helpers/programs.ts'
import { TINY_CLIP, shapePictures, temporaryFolder } from '../helpers/pictures.ts'

it('does without onnxruntime what needs no model, and says of the rest why it cannot', async () => {
  const dir = temporaryFolder()
  await shapePictures(dir)
  const cli = await program('cli')
  const without = path.join(import.meta.dirname, '../helpers/no-onnxruntime.cjs')
  const dashi = (...args: string[]) =>
    spawnSync(process.execPath, ['--require', without, cli, ...args], {
      encoding: 'utf8',
      env: { ...process.env, DASHI_HOME: path.join(dir, 'home') },
    })
  expect(dashi('project', 'create', path.join(dir, 'project')).status).toBe(0)
  expect(dashi('import', dir, '--project', path.join(dir, 'project')).status).toBe(0)
  const embedded = dashi('embed', '--model', TINY_CLIP, '--text', 'a circle', '--json')
  expect(embedded.status).toBe(2)
  expect(embedded.stdout).toBe('')
  expect(embedded.stderr.trim().split('\n').at(-1)).toMatch(/no model can be run on this system: onnxruntime has no library for \w+-\w+/)
})
