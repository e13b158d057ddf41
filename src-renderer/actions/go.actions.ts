/** Navigation between views and images, and through the window's history. History steps never undo edits. */
import { menuTitle } from '#shared/locales/index.ts'
import { useRoute } from '../routing/route.ts'
import { useGallery } from '../stores/gallery.ts'
import { useOpenImage } from '../stores/open-image.ts'
import { rooms, useShell, type Room } from '../stores/shell.ts'
import { useToasts } from '../stores/toasts.ts'
import { defineActions } from './action.ts'
import { always, failing, opened } from './when.ts'

function go(room: Room): void {
  const [openImage, gallery, shell] = [useOpenImage(), useGallery(), useShell()]
  if (room === 'label' && openImage.mediaId === null && gallery.ids.length) return void openImage.step(1)
  shell.room = room
}
const step = (by: number) => () => (useShell().room === 'label' ? useOpenImage().step(by) : false)

export default defineActions(10, [
  ...rooms.map((room, i) => ({
    id: `go-${room}`,
    group: 'go' as const,
    title: menuTitle(`go-${room}`),
    keys: [`Alt+${i + 1}`],
    available: opened,
    run: () => go(room),
  })),
  {
    id: 'back',
    title: menuTitle('back'),
    keys: ['Alt+ArrowLeft'],
    macKeys: ['Ctrl+['],
    group: 'go',
    available: always,
    run: () => useRoute().back(),
  },
  {
    id: 'forward',
    title: menuTitle('forward'),
    keys: ['Alt+ArrowRight'],
    macKeys: ['Ctrl+]'],
    group: 'go',
    available: always,
    run: () => useRoute().forward(),
  },
  {
    id: 'go-to-image',
    title: { en: 'Go to image …', ja: '画像へ移動 …' },
    keys: ['Ctrl+G'],
    group: 'go',
    available: () => opened() && ['data', 'label'].includes(useShell().room) && useGallery().ids.length > 0,
    run: () => void (useShell().goingTo = true),
  },
  {
    id: 'copy-link',
    title: { en: 'Copy a link to this view', ja: 'この表示のアドレスをコピー' },
    group: 'go',
    available: opened,
    run: () => failing(navigator.clipboard.writeText(location.href).then(() => useToasts().done('route.copied'))),
  },
  {
    id: 'next-image',
    title: { en: 'Next image', ja: '次の画像' },
    keys: ['D', 'ArrowRight'],
    group: 'go',
    available: opened,
    run: step(1),
  },
  {
    id: 'previous-image',
    title: { en: 'Previous image', ja: '前の画像' },
    keys: ['A', 'ArrowLeft'],
    group: 'go',
    available: opened,
    run: step(-1),
  },
])
