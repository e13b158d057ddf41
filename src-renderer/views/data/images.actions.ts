/** Selecting images in the Data view, and assigning splits. */
import { defineActions, type Action } from '../../actions/action.ts'
import { bulk, chosenImages } from '../../actions/bulk.ts'
import { browsing, chosen, dialog, failing, opened } from '../../actions/when.ts'
import { splitNow } from '../../actions/whole.ts'
import { useGallery } from '../../stores/gallery.ts'
import { useOpenImage } from '../../stores/open-image.ts'
import { useProject } from '../../stores/project.ts'

const someImages = () => opened() && chosenImages().length > 0
const split = (id: string, name: string | null, title: Action['title']): Action => ({
  id,
  group: 'images',
  title,
  available: someImages,
  run: () => bulk.split(chosenImages(), name),
})
export default defineActions(60, [
  {
    id: 'open-image',
    title: { en: 'Open the image', ja: '画像を開く' },
    keys: ['Enter'],
    group: 'images',
    available: () => browsing() && useGallery().ids.length > 0,
    run() {
      const gallery = useGallery()
      if (!browsing()) return false
      const id = gallery.ids[gallery.focus]
      if (id !== undefined) void useOpenImage().open(id)
    },
  },
  {
    id: 'choose-all',
    title: { en: 'Select all images', ja: '画像をすべて選択' },
    keys: ['Ctrl+A'],
    group: 'images',
    available: browsing,
    run: () => useGallery().chooseAll(),
  },
  {
    id: 'choose-none',
    title: { en: 'Deselect all images', ja: '画像の選択を解除' },
    keys: ['Escape'],
    group: 'images',
    available: chosen,
    run: () => useGallery().selection.clear(),
  },
  split('split-train', 'train', { en: 'Add to train', ja: '学習に入れる' }),
  split('split-val', 'val', { en: 'Add to val', ja: '検証に入れる' }),
  split('split-test', 'test', { en: 'Add to test', ja: 'テストに入れる' }),
  split('split-none', null, { en: 'Remove from its split', ja: '分割から外す' }),
  {
    id: 'relabel',
    title: { en: 'Replace a label …', ja: 'ラベルを別のラベルに変更 …' },
    keys: ['Shift+R'],
    group: 'images',
    available: () => opened() && useProject().labels.length > 1 && (chosenImages().length > 0 || useGallery().ids.length > 0),
    run: dialog('relabel'),
  },
  {
    id: 'bulk-edit',
    title: { en: 'Edit the selected images …', ja: '選択した画像を編集 …' },
    keys: ['Ctrl+E'],
    group: 'images',
    available: someImages,
    run: dialog('bulk'),
  },
  {
    id: 'remove-images',
    title: { en: 'Remove the images from the project', ja: '画像をプロジェクトから外す' },
    keys: ['Delete'],
    group: 'images',
    available: chosen,
    run: () => (chosen() ? failing(bulk.remove([...useGallery().selection])) : false),
  },
  {
    id: 'split-now',
    title: { en: 'Auto-split 80 / 10 / 10', ja: '自動分割 80 / 10 / 10' },
    group: 'images',
    available: () => opened() && useGallery().ids.length > 0,
    run: () => failing(splitNow()),
  },
])
