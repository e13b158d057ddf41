/** Formats labels and figures of an agreement. */
import { useI18n } from 'vue-i18n'
import { useProject } from '../../../stores/project.ts'

export function useAgreementWords() {
  const { t } = useI18n()
  const project = useProject()
  const digits = (v: number | null | undefined) => (v == null ? '–' : v.toFixed(2))
  const labelName = (id: number | null) => (id === null ? t('agreement.noLabel') : (project.labelById.get(id)?.name ?? String(id)))
  const names = (ids: readonly (number | null)[]) => ids.map(labelName).join(', ') || t('agreement.nothing')
  return { digits, labelName, names }
}
