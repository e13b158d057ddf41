import type { generalSentences } from '#shared/sentences/general.ts'

export const generalJa: Record<keyof typeof generalSentences, string> = {
  'in-file': '{file}：{problem}',
  'in-field': '{field}：{problem}',
  'as-said': '{said}',
  cancelled: 'キャンセルしました',
  'list.and': '{some}、{last}',
  'list.or': '{some}、{last}',
}
