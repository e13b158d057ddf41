// Before each commit: formats and lints the staged files only, which takes seconds.
import { execFileSync, spawnSync } from 'node:child_process'
import process from 'node:process'
import { at, say } from './once.mjs'

const staged = execFileSync('git', ['diff', '--cached', '--name-only', '-z', '--diff-filter=ACMR'], { encoding: 'utf8' })
const files = staged.split('\0').filter(Boolean)
const check = (program, args, wanted, advice) => {
  if (!wanted.length) return
  const { status } = spawnSync(process.execPath, [at('node_modules', ...program), ...args, ...wanted], { stdio: ['ignore', 2, 2] })
  if (status === 0) return
  say(`pre-commit: ${advice}`)
  process.exit(1)
}

check(
  ['prettier', 'bin', 'prettier.cjs'],
  ['--check', '--ignore-unknown', '--log-level', 'warn'],
  files,
  '`npm run format` formats these files',
)
const scripts = files.filter((f) => /\.(ts|vue|mjs|js)$/.test(f))
check(['eslint', 'bin', 'eslint.js'], ['--no-warn-ignored'], scripts, 'the lint objects; `npm run lint` shows all of it')
