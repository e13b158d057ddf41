import { createI18n } from 'vue-i18n'
import { en } from './en.ts'
import { ja } from './ja.ts'
import { keepEn, keepJa } from './keep.ts'
import { labellingActionsEn, labellingActionsJa, labellingEn, labellingJa } from './labelling.ts'

export const i18n = createI18n({ legacy: false, locale: 'en', fallbackLocale: 'en', messages: {
  en: { ...en, ...keepEn, ...labellingEn, actions: { ...en.actions, ...labellingActionsEn } },
  ja: { ...ja, ...keepJa, ...labellingJa, actions: { ...ja.actions, ...labellingActionsJa } },
} })
export type Messages = typeof en & typeof keepEn & typeof labellingEn
