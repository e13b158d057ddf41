import type { storageSentences } from '#shared/sentences/storage.ts'

export const storageJa: Record<keyof typeof storageSentences, string> = {
  'storage.over-budget':
    '{needed} MB を書き込みますが、ディスク予算 {budget} MB に {missing} MB 足りません。不要なチェックポイントやダウンロードを削除するか、dashi storage --budget で予算を増やしてください',
  'storage.size': '--budget：500MB や 20GB のような大きさ、または none を指定してください（「{found}」は使えません）',
}
