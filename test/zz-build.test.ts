import { test } from 'vitest'
import { program } from './helpers/programs.ts'
test('b', async () => { (await import('node:fs')).writeFileSync('/tmp/cli-path', await program('cli')) })
