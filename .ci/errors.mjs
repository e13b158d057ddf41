// Writes docs/errors.md: error codes and their messages, read from the tables of sentences.
import { spawnSync } from 'node:child_process'

const { status } = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', 'test/shared/sentences.test.ts'], {
  stdio: 'inherit',
  env: { ...process.env, DASHI_WRITE_ERRORS: '1' },
})
process.exit(status ?? 1)
