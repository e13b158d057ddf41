/** `npm run kills [-- N [SEED]]`: the nights of two trainings and a sweep (test/app/work/night.test.ts) with N kills, 50 unless told. */
import { spawnSync } from 'node:child_process'

const [kills = '50', seed = String(Date.now() % 1_000_000)] = process.argv.slice(2)
console.log(`${kills} kills, seed ${seed}`)
const { status } = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', 'test/app/work/night.test.ts'], {
  stdio: 'inherit',
  env: { ...process.env, DASHI_KILLS: kills, DASHI_SEED: seed },
})
process.exit(status ?? 1)
