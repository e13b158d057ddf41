/** Records of the application that windows list. Their words are merged into those of each language. */
import { shallowRef } from 'vue'
import type { MergeMethodEntry } from '#shared/contract/rooms.ts'
import { locales, recordWord } from '#shared/locales/index.ts'
import type { DeviceEntry } from '#shared/model/job.ts'
import type { MetricEntry } from '#shared/model/metric.ts'
import type { Words } from '#shared/model/words.ts'
import { i18n } from './locales/index.ts'
import { call } from './rpc/index.ts'

export const mergeMethods = shallowRef<readonly MergeMethodEntry[]>([])
export const metrics = shallowRef<readonly MetricEntry[]>([])

export async function loadRecords(): Promise<void> {
  await Promise.all([loadMethods(), loadMetrics()])
}

async function loadMethods(): Promise<void> {
  const methods = await call('merging.methods')
  addWords('merge', 'merge', { title: 'methods', about: 'about' }, methods, (m) => m.name)
  mergeMethods.value = methods
}

async function loadMetrics(): Promise<void> {
  const found = await call('evaluation.metrics')
  addWords('metric', 'compare', { title: 'metric', about: 'about' }, found, (m) => m.id)
  metrics.value = found
}

/** Which devices there are is asked of the engine, which takes a while when it is not running: only by those who need it. */
export async function loadDevices(): Promise<DeviceEntry[]> {
  const found = await call('training.devices')
  addWords('device', 'train', { title: 'devices', about: 'deviceAbout' }, found, (d) => d.id)
  return found
}

/** In every language, `AREA.KEY.ID` becomes the title or the sentence of the record with this id; `keys` are those of the two. */
function addWords<R extends { readonly title: Words; readonly about: Words }>(
  kind: string,
  area: string,
  keys: Readonly<Record<'title' | 'about', string>>,
  records: readonly R[],
  idOf: (record: R) => string,
): void {
  for (const locale of locales) {
    const words = (of: 'title' | 'about') =>
      Object.fromEntries(records.map((r) => [idOf(r), recordWord(locale, [kind, idOf(r), of], r[of])]))
    i18n.global.mergeLocaleMessage(locale.id, { [area]: { [keys.title]: words('title'), [keys.about]: words('about') } })
  }
}
