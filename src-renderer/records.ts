/** Lists of records from the application. Their words are merged into those of each language. */
import { shallowRef } from 'vue'
import type { MergeMethodEntry } from '#shared/contract/merging.ts'
import type { RecipeEntry } from '#shared/contract/training.ts'
import { locales, recordWord } from '#shared/locales/index.ts'
import type { DeviceEntry } from '#shared/model/job.ts'
import type { MetricEntry } from '#shared/model/metric.ts'
import type { StrategyEntry } from '#shared/model/next.ts'
import type { Words } from '#shared/model/words.ts'
import { i18n } from './locales/index.ts'
import { call } from './rpc/index.ts'

export const mergeMethods = shallowRef<readonly MergeMethodEntry[]>([])
export const metrics = shallowRef<readonly MetricEntry[]>([])
export const recipes = shallowRef<readonly RecipeEntry[]>([])

export async function loadRecords(): Promise<void> {
  const [methods, offered, measures] = await Promise.all([call('merging.methods'), call('training.recipes'), call('evaluation.metrics')])
  addWords('merge', byId(methods, 'name'), (title, about) => ({ merge: { methods: title, about } }))
  addWords('recipe', byId(offered, 'name'), (title, about, when) => ({ recipes: title, recipesAbout: about, recipesWhen: when }))
  addWords('metric', byId(measures, 'id'), (title, about) => ({ compare: { metric: title, about } }))
  mergeMethods.value = methods
  metrics.value = measures
  recipes.value = offered
}

/** Loads the strategies for choosing what to label next. */
export async function loadStrategies(): Promise<StrategyEntry[]> {
  const found = await call('next.strategies')
  addWords('strategy', byId(found, 'name'), (title, about) => ({ next: { strategies: title, strategiesAbout: about } }))
  return found
}

/** Loads the available devices. This starts the engine, which can take a while, so it is called only when they are needed. */
export async function loadDevices(): Promise<DeviceEntry[]> {
  const found = await call('training.devices')
  addWords('device', byId(found, 'id'), (title) => ({ train: { devices: title } }))
  return found
}

interface Worded {
  readonly title: Words
  readonly about?: Words
  readonly when?: Words
}
type Texts = Readonly<Record<string, string>>

const byId = <K extends string, T extends Worded & Readonly<Record<K, string>>>(records: readonly T[], key: K) =>
  records.map((record): [string, Worded] => [record[key], record])

/** `place`: where the titles and descriptions of this kind of record are in the table of words. */
function addWords(kind: string, records: readonly [string, Worded][], place: (title: Texts, about: Texts, when: Texts) => object): void {
  for (const locale of locales) {
    const texts = (of: 'title' | 'about' | 'when'): Texts =>
      Object.fromEntries(records.flatMap(([id, r]) => (r[of] ? [[id, recordWord(locale, [kind, id, of], r[of])]] : [])))
    i18n.global.mergeLocaleMessage(locale.id, place(texts('title'), texts('about'), texts('when')))
  }
}
