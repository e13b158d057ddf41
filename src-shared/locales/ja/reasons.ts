/** Why a file was not taken or cannot be read. Reports keep it in English. */

const known: readonly (readonly [RegExp, string])[] = [
  [/^camera raw data.*$/, 'カメラの RAW データです。JPEG、PNG、TIFF に変換してください'],
  [/^a vector drawing.*$/, 'ベクター画像です。PNG で保存してください'],
  [/^a paint program’s own format.*$/, '画像編集ソフトのファイルです。PNG に書き出してください'],
  [/^a document, whose pages.*$/, '文書です。ページは画像として読みません'],
  [/^a video, which is not supported.*$/, '動画です。静止画を取り出してください'],
  [/^an unsupported scientific format.*$/, '対応していない科学データ形式です。TIFF か PNG に変換してください'],
  [/^an HDR image, which is not supported.*$/, '対応していない HDR 画像です。PNG に変換してください'],
  [/^an unsupported image format.*$/, '対応していない画像形式です。PNG に変換してください'],
  [/^an archive: unpack it.*$/, 'アーカイブです。展開するか、それ自体をインポートしてください'],
  [/^not an image, expected (.*)$/, '画像ではありません（対応形式：$1）'],
  [/^not an image$/, '画像ではありません'],
  [/^HEIC, whose decoder.*$/, 'HEIC は読めません。カメラや携帯電話で JPEG か PNG に変換してください'],
  [/^truncated or damaged (.*?) \(.*\)$/, '$1 が途中で切れているか、壊れています'],
  [/^the file is empty.*$/, 'ファイルが空です'],
  [/^(no such file|not found)$/, 'ファイルがありません'],
  [/^a folder, expected an image$/, 'フォルダーです'],
  [/^cannot be read: permission denied$/, '読み取りが許可されていません'],
  [/^a TIFF in Lab colours.*$/, 'Lab カラーの TIFF は読めません。RGB、CMYK、グレーに変換してください'],
  [/^has (\d+) × (\d+) pixels, expected at most (\d+)$/, '$1 × $2 画素は大きすぎます（最大 $3 画素）'],
  [/^a link that leads out of its folder, to (.*?); it is read only.*$/, 'フォルダーの外（$1）へのリンクです'],
  [/^(.*): not used as a label \(the name of a split\)$/, '$1：分割の名前です'],
  [/^(.*): not used as a label \(a date\)$/, '$1：日付です'],
  [/^(.*): not used as a label \(there is no other class next to it\)$/, '$1：ほかにクラスのフォルダーがありません'],
  [/^(.*): not used as a label \(there are images next to it\)$/, '$1：横に画像があります'],
  [/^(.*): not used as a label \(.*\)$/, '$1：どの画像フォルダーにもありうる名前です'],
  [/^(.*): the key (.) is that of (.*), which keeps it$/, '$1：キー $2 は「$3」のものです'],
  [/^(.*): its parent (.*) is neither in the file nor in the project$/, '$1：上位のラベル $2 がファイルにもプロジェクトにもありません'],
  [/^(.*): would lie below itself under (.*), so it stays where it is$/, '$1：「$2」の下に置くと循環するため、そのままにします'],
  [/^(.*): stays below (.*), not below (.*) as in the file$/, '$1：上位は「$2」のままです（ファイルでは「$3」）'],
  [/^(.*): its colour stays (\S+), not (\S+) of the file$/, '$1：色は $2 のままです（ファイルでは $3）'],
  [/^(.*): its key stays (.), not (.) of the file$/, '$1：キーは $2 のままです（ファイルでは $3）'],
  [
    /^(.*): attribute (.*) is (\S+) in the project and (\S+) in the file; it stays \S+$/,
    '$1：属性「$2」の型は $3 のままです（ファイルでは $4）',
  ],
]

export function reason(said: string): string {
  const found = known.find(([pattern]) => pattern.test(said))
  return found ? said.replace(found[0], found[1]) : said
}
