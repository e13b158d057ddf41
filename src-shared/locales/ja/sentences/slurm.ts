import type { slurmSentences } from '#shared/sentences/slurm.ts'

export const slurmJa: Record<keyof typeof slurmSentences, string> = {
  'runner.absent': '実行先 {runner}：このプログラムでは使えません',
  'runner.later': '--at と --runner slurm は併用できません。クラスターの開始時刻は --slurm options=--begin=時刻 で指定してください',
  'slurm.no-sbatch':
    'Slurm：PATH に {program} がありません。Slurm のクライアント（Debian では slurm-client）とクラスターの slurm.conf を入れるか、このコンピューターで実行してください',
  'slurm.refused': 'sbatch がジョブを拒否しました：{said}',
  'slurm.partition': 'sbatch がジョブを拒否しました：クラスターにパーティション {partition} はありません（あるのは {known}）',
  'slurm.not-shared': '{path}：Slurm の設定でノードから見えるフォルダーは {folders} です。その下に置いてください',
  'slurm.setting': 'Slurm：{problem}',
  'slurm.setting-unknown': 'Slurm：設定 {setting} はありません（あるのは {known}）',
  'slurm.unseen': 'ジョブ {job}：ノードからフォルダー {folder} が見えません。ノードが共有するディスクにプロジェクトを移してください',
  'slurm.no-node': 'ジョブ {job}：ノードで {node} を起動できません。ノード上の Node.js のパスを指定してください（設定 node）',
  'slurm.before': 'ジョブ {job}：プログラムの前のコマンドがノードで失敗しました（設定 before）{said}',
  'slurm.no-program': 'ジョブ {job}：ノードで {program} を実行できません。ノード上の Dashi のフォルダーを指定してください（設定 program）',
  'slurm.lost': 'ジョブ {job}：Slurm に記録がなく、結果も残っていません{said}',
  'slurm.memory': 'ジョブ {job}：メモリの上限を超えました。増やしてください（設定 memory）{said}',
  'slurm.time': 'ジョブ {job}：制限時間 {limit} に達しました。延ばすか（設定 time）、続きを実行してください{said}',
  'slurm.node-failed': 'ジョブ {job}：ノードが故障しました{said}',
  'slurm.cancelled': 'ジョブ {job}：scancel でキャンセルされました',
  'slurm.preempted': 'ジョブ {job}：横取りされ、再びキューに入りませんでした',
  'slurm.ended': 'ジョブ {job}：{state} で終わりました（終了コード {code}）{said}',
  'slurm.saying': '。最後の行：{line}',
  'slurm.kept': '{problem}。{kept}',
  'slurm.plan': 'Slurm のジョブのために書かれた実行計画ではありません（{reason}）',
}
