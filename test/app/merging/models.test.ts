import fs from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { dataError, DashiError } from '#shared/errors.ts'
import type { AppContext } from '../../../src-main/app/context.ts'
import { factsOf } from '../../../src-main/app/merging/models.ts'
import { modelFacts } from '../../../src-main/engine/questions/facts.ts'
import { goldenPath } from '../../helpers/golden.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'

type Config = Record<string, Record<string, unknown>>

it('offers models for one soup whichever release wrote their configuration, and not those that compute something else', () => {
  const variant = (edit: (c: Config) => unknown) => {
    const to = path.join(temporaryFolder(), 'model')
    fs.cpSync(goldenPath('clip/hub'), to, { recursive: true })
    const file = path.join(to, 'config.json')
    fs.writeFileSync(file, JSON.stringify(edit(JSON.parse(fs.readFileSync(file, 'utf8')) as Config)))
    return modelFacts(to)!.mergeKey
  }
  const base = variant((c) => c)
  expect(
    variant((c) => ({
      ...c,
      dtype: 'float16',
      transformers_version: '5',
      text_config: { ...c['text_config'], dtype: 'float16', hidden_act: 'quick_gelu', eos_token_id: 177 },
    })),
  ).toBe(base)
  expect(variant((c) => ({ ...c, vision_config: { ...c['vision_config'], hidden_act: 'gelu' } }))).not.toBe(base)
})

it('asks again for the facts of a model after the engine ended meanwhile, and not where the folder is at fault', async () => {
  const facts = modelFacts(goldenPath('clip/hub'))
  const asked = async (fault: DashiError) => {
    const dir = path.join(temporaryFolder(), 'model')
    fs.cpSync(goldenPath('clip/hub'), dir, { recursive: true })
    let times = 0
    const engine = { ask: () => (times++ ? Promise.resolve(facts) : Promise.reject(fault)) }
    const app = { engine } as unknown as AppContext
    return [await factsOf(app, dir), await factsOf(app, dir)]
  }
  expect(await asked(new DashiError('engine', 'the engine ended'))).toEqual([null, facts])
  expect(await asked(dataError('config.json', 'is not JSON'))).toEqual([null, null])
})
