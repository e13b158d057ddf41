import { createI18n } from 'vue-i18n'
import { en } from './en.ts'
import { ja } from './ja.ts'
import { firstEn, firstJa } from './first.ts'
import { keepEn, keepJa } from './keep.ts'
import { keysActionsEn, keysActionsJa, keysEn, keysJa } from './keys.ts'
import { labellingActionsEn, labellingActionsJa, labellingEn, labellingJa } from './labelling.ts'
import { routeEn, routeJa } from './route.ts'
import { windowEn, windowJa } from './window.ts'

export const i18n = createI18n({
  legacy: false,
  locale: 'en',
  fallbackLocale: 'en',
  messages: {
    en: {
      ...en,
      ...keepEn,
      ...firstEn,
      ...labellingEn,
      ...routeEn,
      ...windowEn,
      ...keysEn,
      actions: { ...en.actions, ...labellingActionsEn, ...keysActionsEn },
    },
    ja: {
      ...ja,
      ...keepJa,
      ...firstJa,
      ...labellingJa,
      ...routeJa,
      ...windowJa,
      ...keysJa,
      actions: { ...ja.actions, ...labellingActionsJa, ...keysActionsJa },
    },
  },
})
export type Messages = typeof en & typeof keepEn & typeof firstEn & typeof labellingEn & typeof routeEn & typeof windowEn & typeof keysEn
