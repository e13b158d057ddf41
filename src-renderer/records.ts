/** Records of the application that windows list. Their words are merged into those of each language. */
import { shallowRef } from 'vue'
import type { MergeMethodEntry } from '#shared/contract/rooms.ts'
import { locales, recordWord } from '#shared/locales/index.ts'
import { i18n } from './locales/index.ts'
import { call } from './rpc/index.ts'

export const mergeMethods = shallowRef<readonly MergeMethodEntry[]>([])

export async function loadRecords(): Promise<void> {
  const methods = await call('merging.methods')
  for (const locale of locales) {
    const words = (of: 'title' | 'about') =>
      Object.fromEntries(methods.map((m) => [m.name, recordWord(locale, ['merge', m.name, of], m[of])]))
    i18n.global.mergeLocaleMessage(locale.id, { merge: { methods: words('title'), about: words('about') } })
  }
  mergeMethods.value = methods
}
