/** What a training's result will be measured on, in sentences. */
import { data as english } from '#shared/locales/en/data.ts'
import { data as japanese } from '#shared/locales/ja/data.ts'
import type { Words } from '#shared/model/words.ts'
import { type Facts, imagesIn, testsIn } from './facts.ts'

type Measured = Pick<Facts, 'data' | 'task' | 'untrained'>

const what: Readonly<Record<string, Words>> = {
  classify: { en: 'the share of images that get their label', ja: '正しいラベルになった画像の割合' },
  contrast: {
    en: 'how often an image finds one of its captions first, and a caption its image (mean recall@1)',
    ja: '画像が自分のキャプションを、キャプションが自分の画像を先頭に見つける割合（再現率@1 の平均）',
  },
  'contrast-labels': { en: 'the share of labelled images that get their label', ja: 'ラベル付きの画像のうち正しいラベルになった割合' },
  detect: { en: 'the mean average precision of boxes (COCO)', ja: 'ボックスの平均適合率の平均（COCO）' },
  ground: {
    en: 'how well masks of words agree with the drawn ones, where there are some (mean IoU)',
    ja: '単語のマスクと描かれたマスクの一致度（マスクのある画像での平均 IoU）',
  },
  segment: { en: 'how well masks agree with the drawn ones (mean IoU)', ja: 'マスクの一致度（平均 IoU）' },
}

/** Without drawn masks, nothing says where a word really is. */
const captionsAlone: Words = {
  en: 'only how well captions are told from those of other images (the loss), as no image that is measured has drawn masks',
  ja: 'キャプションをほかの画像のものと見分けられる度合い（損失）だけ（評価する画像に描かれたマスクがないため）',
}
const hasMasks = ({ data }: Measured): boolean =>
  Object.entries(data.splits).some(([split, items]) => split !== 'train' && items.some((item) => item.masks?.length))

/** What people call a split; those of the program's own have a name in each language. */
const splitNames: Readonly<Record<string, Readonly<Record<string, string>>>> = { en: english.splits, ja: japanese.splits }
const splitIn = (locale: string, split: string): string => splitNames[locale]?.[split] ?? split

export function measuredWords(facts: Measured): Words[] {
  const figure = facts.task === 'ground' && !hasMasks(facts) ? captionsAlone : what[facts.task]!
  const [val, tests] = [imagesIn(facts, 'val'), testsIn(facts)]
  const first: Words = { en: `What is measured is ${figure['en']}.`, ja: `測るのは${figure['ja']}です。` }
  if (!val && !tests.length && !imagesIn(facts, 'train'))
    return [
      first,
      { en: 'On which images is decided when they are divided into splits.', ja: 'どの画像で測るかは、分割に分けたときに決まります。' },
    ]
  const list = (locale: string) => tests.map((s) => `${splitIn(locale, s)} (${imagesIn(facts, s)})`).join(', ')
  return [
    first,
    val
      ? {
          en: `On ${val} images of “val”${facts.untrained ? '.' : ', on which settings are chosen too: a little too good.'}`,
          ja: `「val」の ${val} 枚で測ります。${facts.untrained ? '' : '設定もここで選ぶため、やや高めに出ます。'}`,
        }
      : {
          en: `No “val”: what is said of the training images themselves shows what was learned by heart.`,
          ja: '「val」はありません。学習用画像での数値は、覚え込んだ量を示すだけです。',
        },
    tests.length
      ? { en: `On images that nothing is chosen on: ${list('en')}.`, ja: `選択に使わない画像：${list('ja')}。` }
      : { en: 'No split is kept for a last, unseen test.', ja: '最後まで見ないテスト用の分割はありません。' },
  ]
}
