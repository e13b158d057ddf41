/** What a job does now, in words. */
import type { Phase } from '#shared/model/progress.ts'
import { splitName } from './splits.ts'

/** @param part which stretch of the phase: a split where features are made, else a format */
export function phaseTitle(
  t: (key: string, named?: Record<string, string>) => string,
  phase: Phase | 'queued',
  part?: string | null,
): string {
  if (phase === 'features' && part) return t('phases.featuresOf', { split: splitName(part) })
  return part ? `${t(`phases.${phase}`)} · ${part}` : t(`phases.${phase}`)
}
