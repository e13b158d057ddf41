import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { sweep } from '../../src-main/files/atomic.ts'
import { temporaryFolder } from '../helpers/pictures.ts'

it.skipIf(process.platform !== 'linux')(
  'sweeps what a process left that has ended, even where nobody has taken note of its end yet',
  async () => {
    const dir = temporaryFolder()
    // The shell's child ends once the shell has become what never asks for it.
    const child = 'until [ "$(cat /proc/$$/comm)" = sleep ]; do sleep 0.01; done'
    const parent = spawn('sh', ['-c', `(${child}) & echo $!; exec sleep 600`], { stdio: ['ignore', 'pipe', 'ignore'] })
    try {
      const zombie = Number(await new Promise((resolve) => parent.stdout.once('data', resolve)))
      const of = (pid: number) => path.join(dir, `.weights.${pid}-0123abcd.part`)
      await expect.poll(() => fs.readFileSync(`/proc/${zombie}/stat`, 'utf8')).toMatch(/\) Z /)
      for (const pid of [zombie, parent.pid!]) fs.writeFileSync(of(pid), '')
      sweep(path.join(dir, 'weights'))
      expect([zombie, parent.pid!].filter((pid) => fs.existsSync(of(pid)))).toEqual([parent.pid])
    } finally {
      parent.kill()
    }
  },
)
