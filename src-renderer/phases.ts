/** Names for the phases of jobs. */
import type { Phase } from '#shared/model/progress.ts'
import { splitName } from './splits.ts'

/** @param part the part of the phase: a split when computing features, otherwise a format */
export function phaseTitle(
  t: (key: string, named?: Record<string, string>) => string,
  phase: Phase | 'queued',
  part?: string | null,
): string {
  if (phase === 'features' && part) return t('phases.featuresOf', { split: splitName(part) })
  return part ? `${t(`phases.${phase}`)} · ${part}` : t(`phases.${phase}`)
}
