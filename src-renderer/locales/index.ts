import { createI18n } from 'vue-i18n'
import { en } from './en.ts'
import { ja } from './ja.ts'
import { firstEn, firstJa } from './first.ts'
import { keepEn, keepJa } from './keep.ts'
import { keysActionsEn, keysActionsJa, keysEn, keysJa } from './keys.ts'
import { labellingActionsEn, labellingActionsJa, labellingEn, labellingJa } from './labelling.ts'
import { reviewingActionsEn, reviewingActionsJa, reviewingCurateEn, reviewingCurateJa, reviewingEn, reviewingJa } from './reviewing.ts'
import { queueEn, queueJa } from './queue.ts'
import { routeEn, routeJa } from './route.ts'
import { sequenceActionsEn, sequenceActionsJa, sequenceEn, sequenceJa } from './sequence.ts'
import { skeletonActionsEn, skeletonActionsJa, skeletonEn, skeletonHintEn, skeletonHintJa, skeletonJa } from './skeleton.ts'
import { upkeepEn, upkeepJa } from './upkeep.ts'
import { windowEn, windowJa } from './window.ts'

/** One table of many: groups of one name are joined. */
function together(tables: readonly object[]): LocaleMessages {
  const all: LocaleMessages = {}
  for (const table of tables) for (const [group, words] of Object.entries(table)) all[group] = { ...all[group], ...words }
  return all
}
interface LocaleMessages {
  [group: string]: { [key: string]: string | LocaleMessages[string] }
}

export const i18n = createI18n({
  legacy: false,
  locale: 'en',
  fallbackLocale: 'en',
  messages: {
    en: together([
      en,
      firstEn,
      keepEn,
      keysEn,
      { actions: keysActionsEn },
      labellingEn,
      { actions: labellingActionsEn },
      reviewingEn,
      { actions: reviewingActionsEn, curate: reviewingCurateEn },
      queueEn,
      routeEn,
      sequenceEn,
      { actions: sequenceActionsEn },
      skeletonEn,
      { actions: skeletonActionsEn, hint: skeletonHintEn },
      upkeepEn,
      windowEn,
    ]),
    ja: together([
      ja,
      firstJa,
      keepJa,
      keysJa,
      { actions: keysActionsJa },
      labellingJa,
      { actions: labellingActionsJa },
      reviewingJa,
      { actions: reviewingActionsJa, curate: reviewingCurateJa },
      queueJa,
      routeJa,
      sequenceJa,
      { actions: sequenceActionsJa },
      skeletonJa,
      { actions: skeletonActionsJa, hint: skeletonHintJa },
      upkeepJa,
      windowJa,
    ]),
  },
})
