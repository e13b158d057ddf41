/** Records of the application that windows list. Their words are merged into those of each language. */
import { shallowRef } from 'vue'
import type { MergeMethodEntry } from '#shared/contract/rooms.ts'
import type { DeviceEntry } from '#shared/model/job.ts'
import type { MetricEntry } from '#shared/model/metric.ts'
import { i18n } from './locales/index.ts'
import { call } from './rpc/index.ts'

export const mergeMethods = shallowRef<readonly MergeMethodEntry[]>([])
export const metrics = shallowRef<readonly MetricEntry[]>([])

const languages = ['en', 'ja'] as const

export async function loadRecords(): Promise<void> {
  await Promise.all([loadMethods(), loadMetrics()])
}

async function loadMethods(): Promise<void> {
  const methods = await call('merging.methods')
  for (const language of languages) {
    const words = (of: 'title' | 'about') => Object.fromEntries(methods.map((m) => [m.name, m[of][language]]))
    i18n.global.mergeLocaleMessage(language, { merge: { methods: words('title'), about: words('about') } })
  }
  mergeMethods.value = methods
}

async function loadMetrics(): Promise<void> {
  const found = await call('evaluation.metrics')
  for (const language of languages) {
    const words = (of: 'title' | 'about') => Object.fromEntries(found.map((m) => [m.id, m[of][language]]))
    i18n.global.mergeLocaleMessage(language, { compare: { metric: words('title'), about: words('about') } })
  }
  metrics.value = found
}

/** Which devices there are is asked of the engine, which takes a while when it is not running: by those who need it. */
export async function loadDevices(): Promise<DeviceEntry[]> {
  const found = await call('training.devices')
  for (const language of languages)
    i18n.global.mergeLocaleMessage(language, { train: { devices: Object.fromEntries(found.map((d) => [d.id, d.title[language]])) } })
  return found
}
