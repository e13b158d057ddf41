// Performs the common tasks (test/e2e/keys.test.ts), records the keys they take in docs/keys.md, and writes docs/shortcuts.md.
import { spawnSync } from 'node:child_process'

const { status } = spawnSync(
  process.execPath,
  ['node_modules/vitest/vitest.mjs', 'run', 'test/e2e/keys.test.ts', 'test/renderer/shortcuts.test.ts'],
  {
    stdio: 'inherit',
    env: { ...process.env, DASHI_WRITE_KEYS: '1' },
  },
)
process.exit(status ?? 1)
