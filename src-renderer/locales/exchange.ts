/** Names for what datasets contain, used in export reports. */
import type { Feature } from '#shared/model/exchange.ts'
import { i18n } from './index.ts'

/** Read from the table itself: features have spaces in their names, which a path of words cannot. */
export function featureName(feature: Feature): string {
  const { features } = i18n.global.getLocaleMessage(i18n.global.locale.value) as { features: Readonly<Record<Feature, string>> }
  return features[feature]
}
