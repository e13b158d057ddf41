import { createI18n } from 'vue-i18n'
import { en } from './en.ts'
import { ja } from './ja.ts'
import { firstEn, firstJa } from './first.ts'
import { keepEn, keepJa } from './keep.ts'
import { labellingActionsEn, labellingActionsJa, labellingEn, labellingJa } from './labelling.ts'
import { routeEn, routeJa } from './route.ts'
import { sequenceActionsEn, sequenceActionsJa, sequenceEn, sequenceJa } from './sequence.ts'
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
      ...sequenceEn,
      actions: { ...en.actions, ...labellingActionsEn, ...sequenceActionsEn },
    },
    ja: {
      ...ja,
      ...keepJa,
      ...firstJa,
      ...labellingJa,
      ...routeJa,
      ...windowJa,
      ...sequenceJa,
      actions: { ...ja.actions, ...labellingActionsJa, ...sequenceActionsJa },
    },
  },
})
export type Messages = typeof en &
  typeof keepEn &
  typeof firstEn &
  typeof labellingEn &
  typeof routeEn &
  typeof windowEn &
  typeof sequenceEn
