/** Image classification by single keys. */
import { defineActions } from '../../actions/action.ts'
import { labelling } from '../../actions/when.ts'
import { useClassify } from '../../stores/classify.ts'

export default defineActions(42, [
  {
    id: 'classify-mode',
    title: { en: 'Classify images (a key labels, the next opens)', ja: '画像を分類（キーでラベルを付けて次へ）' },
    keys: ['Shift+L'],
    group: 'label',
    available: labelling,
    run: () => useClassify().toggle(),
  },
  {
    id: 'classify-several',
    title: { en: 'Several classes per image', ja: '1 枚の画像に複数のクラス' },
    keys: ['Shift+M'],
    group: 'label',
    available: () => labelling() && useClassify().active,
    run: () => useClassify().toggleSeveral(),
  },
  {
    id: 'next-unlabelled',
    title: { en: 'Next image without a label', ja: '次のラベルなし画像' },
    keys: ['Shift+U'],
    group: 'label',
    available: labelling,
    run: () => useClassify().nextUnlabelled(),
  },
])
