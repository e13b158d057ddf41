import type { servingSentences } from '#shared/sentences/serving.ts'

export const servingJa: Record<keyof typeof servingSentences, string> = {
  'job.begun': 'この処理はすでに始まったか終わっています。順番や時刻を変えられるのは待機中の処理だけです',
  'job.ended': 'この処理はすでに終了しています',
  'job.not-offered': 'この処理はもう再開できません。再開、一覧からの削除、またはやり直しがすでに行われています',
  'job.other-version': '別のバージョンの Dashi が登録した処理のため、このバージョンでは実行できません（{problem}）',
  'run.ended': 'この実行はすでに終了しています',
  'run.not-training': 'もう一度始められるのは学習だけです',
  'project.none-open': 'プロジェクトが開かれていません',
  'project.not-open': 'このプロジェクトは開かれていません',
  'project.gone': '{folder}：プロジェクトがなくなっています。開いている内容のコピーを保存してください',
  'folder.missing': '{folder}：フォルダーがありません',
  'folder.is-file': '{folder}：フォルダーではなくファイルです',
  'folder.unreadable': '読み取れません（フォルダーがないか、権限がありません）',
  'template.name-taken': '{name} という名前のテンプレートはすでにあります',
  'template.unknown': 'ID {id} のテンプレートはありません',
  'scale.damaged': '縮尺の記録が壊れています：{problem}',
  'settings.model-folder': '設定：モデルのフォルダー {i}：{folder}：{problem}',
  'settings.twice': '二度指定されています',
  'settings.absolute': '絶対パスで指定してください',
  'settings.no-folder': 'フォルダーがありません',
  'settings.is-file': 'ファイルです（フォルダーが必要です）',
}
