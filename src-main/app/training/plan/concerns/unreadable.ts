import { defineConcern } from '../concern.ts'

export default defineConcern({
  id: 'unreadable',
  order: 8,
  level: 'warning',
  problem: { en: '{n} images cannot be read and are left out, {file} among them.', ja: '読めない画像 {n} 枚を除きます（{file} など）。' },
  cure: { en: 'Look at them, replace the files or remove the images.', ja: '内容を確かめ、ファイルを差し替えるか画像を外してください。' },
  link: '#/data?unreadable=true',
  find: ({ data: { leftOut } }) => (leftOut.length ? { n: leftOut.length, file: leftOut[0]!.file } : null),
})
