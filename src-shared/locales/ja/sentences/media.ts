import type { mediaSentences } from '#shared/sentences/media.ts'

export const mediaJa: Record<keyof typeof mediaSentences, string> = {
  'image.unreadable': '{path}：画像として読み取れません',
  'image.no-size': '大きさの情報がありません',
  'image.too-many-pixels': '{width} × {height} ピクセルあります。上限は {most} です',
  'image.only-tiles': '1 枚で表示するには大きすぎるため、タイルで表示します',
  'disk.full-scanning': 'ディスクの空き容量がありません。それまでに取り込んだ {images} 枚はそのまま残ります',
}
