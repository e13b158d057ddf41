/** The tools of curation. */
import { defineActions } from '../../../actions/action.ts'
import { chosenImages } from '../../../actions/bulk.ts'
import { opened } from '../../../actions/when.ts'
import { tools, useCuration, type Tool } from '../../../stores/curation.ts'
import { useShell } from '../../../stores/shell.ts'

const titles: Record<Tool, { en: string; ja: string }> = {
  similar: { en: 'Search images by text …', ja: '言葉で画像を探す …' },
  map: { en: 'Map of the images', ja: '画像の地図' },
  balance: { en: 'Class balance', ja: 'クラスのバランス' },
  split: { en: 'Make splits …', ja: '分割を作る …' },
  duplicates: { en: 'Find duplicates …', ja: '重複を探す …' },
  captions: { en: 'Check captions …', ja: 'キャプションを調べる …' },
  doubts: { en: 'Doubtful labels …', ja: '疑わしいラベル …' },
  agreement: { en: 'Agreement between two authors …', ja: '二人の作成者の一致 …' },
  review: { en: 'Ordered review …', ja: '順番にレビュー …' },
}

export default defineActions(61, [
  ...tools.map((tool) => ({
    id: `curate-${tool}`,
    group: 'images' as const,
    title: titles[tool],
    available: opened,
    run() {
      useShell().room = 'data'
      useCuration().tool = tool
    },
  })),
  {
    id: 'find-similar',
    title: { en: 'Find similar images', ja: '似た画像を探す' },
    group: 'images',
    available: () => opened() && chosenImages().length === 1,
    run() {
      useShell().room = 'data'
      void useCuration().searchLike(chosenImages()[0]!)
    },
  },
])
