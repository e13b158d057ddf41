import { createI18n } from 'vue-i18n'
import { en } from './en.ts'
import { ja } from './ja.ts'
import { firstEn, firstJa } from './first.ts'
import { keepEn, keepJa } from './keep.ts'
import { labellingActionsEn, labellingActionsJa, labellingEn, labellingJa } from './labelling.ts'
import { routeEn, routeJa } from './route.ts'
import { skeletonActionsEn, skeletonActionsJa, skeletonEn, skeletonHintEn, skeletonHintJa, skeletonJa } from './skeleton.ts'
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
      ...skeletonEn,
      hint: { ...en.hint, ...skeletonHintEn },
      actions: { ...en.actions, ...labellingActionsEn, ...skeletonActionsEn },
    },
    ja: {
      ...ja,
      ...keepJa,
      ...firstJa,
      ...labellingJa,
      ...routeJa,
      ...windowJa,
      ...skeletonJa,
      hint: { ...ja.hint, ...skeletonHintJa },
      actions: { ...ja.actions, ...labellingActionsJa, ...skeletonActionsJa },
    },
  },
})
export type Messages = typeof en &
  typeof keepEn &
  typeof firstEn &
  typeof labellingEn &
  typeof routeEn &
  typeof windowEn &
  typeof skeletonEn
