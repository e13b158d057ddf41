import type { commandSentences } from '#shared/sentences/commands.ts'

export const commandJa: Record<keyof typeof commandSentences, string> = {
  'command.merge-needs-project': 'merge：{method} には --project が必要です（分割 heldOut で選びます）',
  'command.time': '--at：22:00 や 2030-01-31T22:00 のような時刻が必要です（「{found}」）',
  'command.priority': '--priority：-{most} から {most} までの整数が必要です（「{found}」）',
  'command.seed': '--seed：整数が必要です（{found}）',
  'command.measure-alone': '--measure は --plan と一緒に指定します',
  'command.set': '--set：key=value の形が必要です（{found}）',
  'command.embed-nothing': 'embed：--image か --text を指定してください',
  'command.labels-list': '--labels：コンマで区切った名前が必要です（{found}）',
  'command.classify-needs-labels': 'classify：チェックポイントにクラスがないため --labels が必要です',
  'command.port': '--port：0～65535 の数が必要です（{found}）',
  'command.project-absent': '--project：{path} がありません',
  'command.project-is-file': '--project：{path} はファイルです（フォルダーが必要です）',
  'command.dedup-threshold':
    'dedup：--threshold は --method phash か embedding と使います。それ以外は --hamming と --similarity を指定してください',
  'command.dedup-apply': 'dedup：--apply は tag か remove です（{found}）',
  'command.split-share': 'split：--share は NAME=割合（0 より大きい数）です（{found}）',
  'command.split-no-shares': 'split：割合を指定してください（例：--train 0.8 --val 0.1 --test 0.1）',
  'command.no-label': 'labels：プロジェクトにラベル {label} がありません',
  'command.split-attribute': 'labels split：--attribute は NAME=VALUE の形です（{found}）',
  'command.file-exists': '{path}：すでにあります。別の名前にするか、上書きしてください',
  'command.two-authors': 'project agreement：--between には作成者が二人必要です（{found}）',
}
