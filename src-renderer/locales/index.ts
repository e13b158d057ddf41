import { createI18n } from 'vue-i18n'
import { en } from './en.ts'
import { ja } from './ja.ts'
import { keepEn, keepJa } from './keep.ts'
import { routeEn, routeJa } from './route.ts'

export const i18n = createI18n({ legacy: false, locale: 'en', fallbackLocale: 'en', messages: { en: { ...en, ...keepEn, ...routeEn }, ja: { ...ja, ...keepJa, ...routeJa } } })
export type Messages = typeof en & typeof keepEn & typeof routeEn
