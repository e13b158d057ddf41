import { createI18n } from 'vue-i18n'
import { en } from './en.ts'
import { ja } from './ja.ts'
import { firstEn, firstJa } from './first.ts'
import { keepEn, keepJa } from './keep.ts'
import { windowEn, windowJa } from './window.ts'

export const i18n = createI18n({
  legacy: false,
  locale: 'en',
  fallbackLocale: 'en',
  messages: { en: { ...en, ...keepEn, ...firstEn, ...windowEn }, ja: { ...ja, ...keepJa, ...firstJa, ...windowJa } },
})
export type Messages = typeof en & typeof keepEn & typeof firstEn & typeof windowEn
