/** Canvas settings that outlive the window: applied to the canvas at startup, and saved when a shortcut or menu changes them. */
import { watch } from 'vue'
import type { LabellingSettings } from '#shared/contract/app.ts'
import type { CanvasEditor, CanvasSettings } from '../canvas/index.ts'
import { debounced } from '../timing.ts'
import { useSession } from './session.ts'

const kept = [
  'drawBy',
  'keepMasksAs',
  'outlineTolerance',
  'lineWidth',
  'fillOpacity',
  'names',
  'crosshair',
  'minimap',
  'snapping',
  'snapToPixels',
  'grid',
  'gridStep',
  'guides',
] as const satisfies readonly (keyof CanvasSettings & keyof LabellingSettings)[]
const of = (from: Pick<CanvasSettings, (typeof kept)[number]>) =>
  Object.fromEntries(kept.map((k) => [k, from[k]])) as Pick<CanvasSettings, (typeof kept)[number]>
const same = (a: object, b: object) => JSON.stringify(a) === JSON.stringify(b)

export function keepSettings(editor: CanvasEditor, settings: () => CanvasSettings): void {
  const session = useSession()
  const save = debounced(() => {
    const now = of(editor.settings)
    if (!same(now, of(session.settings.labelling))) session.save({ labelling: { ...session.settings.labelling, ...now } })
  }, 250)
  watch(
    () => of(session.settings.labelling),
    (wanted) => {
      if (!same(wanted, of(editor.settings))) editor.set(wanted)
    },
    { immediate: true },
  )
  watch(
    () => of(settings()),
    (now) => {
      if (!same(now, of(session.settings.labelling))) save()
    },
  )
}
