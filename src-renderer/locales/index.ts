import { createI18n } from 'vue-i18n'
import { en } from './en.ts'
import { ja } from './ja.ts'
import { firstEn, firstJa } from './first.ts'
import { keepEn, keepJa } from './keep.ts'
import { labellingActionsEn, labellingActionsJa, labellingEn, labellingJa } from './labelling.ts'
import { reviewingActionsEn, reviewingActionsJa, reviewingCurateEn, reviewingCurateJa, reviewingEn, reviewingJa } from './reviewing.ts'
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
      ...reviewingEn,
      curate: { ...en.curate, ...reviewingCurateEn },
      actions: { ...en.actions, ...labellingActionsEn, ...reviewingActionsEn },
    },
    ja: {
      ...ja,
      ...keepJa,
      ...firstJa,
      ...labellingJa,
      ...routeJa,
      ...windowJa,
      ...reviewingJa,
      curate: { ...ja.curate, ...reviewingCurateJa },
      actions: { ...ja.actions, ...labellingActionsJa, ...reviewingActionsJa },
    },
  },
})
export type Messages = typeof en &
  typeof keepEn &
  typeof firstEn &
  typeof labellingEn &
  typeof routeEn &
  typeof windowEn &
  typeof reviewingEn
