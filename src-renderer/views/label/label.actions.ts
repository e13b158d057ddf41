/** Labels, attributes, templates and captions of the open image. */
import { defineActions, type Action } from '../../actions/action.ts'
import { bulk, copyFrom, copyOnward } from '../../actions/bulk.ts'
import { chosen, dialog, failing, labelling, opened } from '../../actions/when.ts'
import { useAids } from '../../stores/aids.ts'
import { useGallery } from '../../stores/gallery.ts'
import { useGrounding } from '../../stores/grounding.ts'
import { useIncomplete } from '../../stores/incomplete.ts'
import { useOpenImage } from '../../stores/open-image.ts'
import { useProject } from '../../stores/project.ts'
import { useShell } from '../../stores/shell.ts'

/** The image before this one. */
function before(): number | undefined {
  const gallery = useGallery()
  return gallery.ids[(gallery.places.get(useOpenImage().mediaId ?? 0) ?? 0) - 1]
}
const someSelected = () => labelling() && useOpenImage().selected.length > 0
const element = (selector: string) => document.querySelector<HTMLElement>(selector)

/** The number keys' actions: assign a label to the selection and the next region, or to the selected images. */
const labelOf = (key: string): Action => ({
  id: `label-${key}`,
  group: 'label',
  title: { en: `Label ${key}`, ja: `ラベル ${key}` },
  keys: [key],
  available: () => opened() && useProject().labelForKey(key) !== undefined,
  run() {
    const label = useProject().labelForKey(key)
    if (!label) return false
    if (useShell().room === 'label') return useOpenImage().editor.setLabel(label.id)
    if (!chosen()) return false
    bulk.label([...useGallery().selection], label.id)
  },
})
const placeTemplate = (where: 'same' | 'pointer') => () => {
  const aids = useAids()
  aids.place(aids.last, where)
}
const hasTemplate = () => labelling() && useAids().last !== null

export default defineActions(40, [
  ...['1', '2', '3', '4', '5', '6', '7', '8', '9'].map(labelOf),
  {
    id: 'copy-previous',
    title: { en: 'Copy regions of the previous image', ja: '前の画像の領域をコピー' },
    keys: ['Shift+D'],
    group: 'label',
    available: () => labelling() && before() !== undefined,
    run: () => failing(copyFrom(before()!)),
  },
  {
    id: 'copy-next',
    title: { en: 'Copy to the next image', ja: '次の画像へコピー' },
    keys: ['Ctrl+Shift+D'],
    group: 'label',
    available: someSelected,
    run: () => failing(copyOnward(1)),
  },
  {
    id: 'edit-attributes',
    title: { en: 'Edit the region’s attributes', ja: '領域の属性を編集' },
    keys: ['I'],
    group: 'label',
    available: someSelected,
    run: () => element('[data-attributes] :is(select, input)')?.focus(),
  },
  {
    id: 'templates',
    title: { en: 'Templates …', ja: 'テンプレート …' },
    keys: ['Ctrl+Shift+P'],
    group: 'label',
    available: labelling,
    run: dialog('templates'),
  },
  {
    id: 'place-template',
    title: { en: 'Place the template where it was drawn', ja: 'テンプレートを元の位置に置く' },
    keys: ['F'],
    group: 'label',
    available: hasTemplate,
    run: placeTemplate('same'),
  },
  {
    id: 'place-template-here',
    title: { en: 'Place the template at the pointer', ja: 'テンプレートをポインターの位置に置く' },
    keys: ['Shift+T'],
    group: 'label',
    available: hasTemplate,
    run: placeTemplate('pointer'),
  },
  {
    id: 'find-label',
    title: { en: 'Find a label', ja: 'ラベルを探す' },
    keys: ['/', 'Ctrl+L'],
    group: 'label',
    available: labelling,
    run: () => element('[data-find-label] input')?.focus(),
  },
  {
    id: 'add-caption',
    title: { en: 'Add a caption', ja: 'キャプションを追加' },
    keys: ['C'],
    group: 'label',
    available: labelling,
    run: () => element('[data-add-caption]')?.click(),
  },
  {
    id: 'next-incomplete',
    title: { en: 'Next missing attribute', ja: '次の未入力の属性' },
    keys: ['Shift+I'],
    group: 'label',
    available: () => labelling() && useIncomplete().regions.length > 0,
    run: () => useIncomplete().lead(),
  },
  {
    id: 'caption-onward',
    title: { en: 'Caption the next image', ja: '次の画像のキャプションへ' },
    keys: ['Ctrl+Enter'],
    group: 'label',
    rank: 1,
    available: () => labelling() && useGrounding().words !== null,
    run: () => void useGrounding().asked++,
  },
  {
    id: 'end-grounding',
    title: { en: 'Finish tying words', ja: '結び付けを終える' },
    keys: ['Escape', 'Enter'],
    group: 'label',
    rank: -1,
    available: () => useGrounding().words !== null,
    run: () => useGrounding().end(),
  },
])
