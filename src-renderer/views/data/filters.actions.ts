/** Filters of the Data view and the film strip. */
import { defineActions } from '../../actions/action.ts'
import { opened } from '../../actions/when.ts'
import { useGallery } from '../../stores/gallery.ts'
import { useShell } from '../../stores/shell.ts'

const filter = (patch: Parameters<ReturnType<typeof useGallery>['set']>[0]) => () => {
  const shell = useShell()
  useGallery().set(patch)
  if (shell.room !== 'label') shell.room = 'data'
}

export default defineActions(62, [
  {
    id: 'filter-unlabelled',
    title: { en: 'Show unlabelled images', ja: 'ラベルのない画像を表示' },
    group: 'images',
    available: opened,
    run: filter({ unlabelled: true }),
  },
  {
    id: 'filter-proposed',
    title: { en: 'Show images with proposals', ja: '提案のある画像を表示' },
    group: 'images',
    available: opened,
    run: filter({ state: 'proposed' }),
  },
  {
    id: 'filter-doubtful',
    title: { en: 'Show doubtful images', ja: '疑わしい画像を表示' },
    group: 'images',
    available: opened,
    run: filter({ score: { max: 0.5 } }),
  },
  {
    id: 'filter-clear',
    title: { en: 'Clear filters', ja: '絞り込みを解除' },
    group: 'images',
    available: () => opened() && useGallery().filtered,
    run: () => useGallery().clear(),
  },
])
