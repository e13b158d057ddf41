/** Drawing aids of the open project: its scale and templates. */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import { boxUnion, shapeBox } from '#shared/geometry/box.ts'
import type { Scale, Template } from '#shared/model/aid.ts'
import { call, remote } from '../rpc/index.ts'
import { useOpenImage } from './open-image.ts'
import { useProject } from './project.ts'

export const useAids = defineStore('aids', () => {
  const [project, openImage] = [useProject(), useOpenImage()]
  const scale = shallowRef<Scale | null>(null)
  const templates = shallowRef<Template[]>([])
  /** The template saved or placed last. */
  const lastId = ref<number | null>(null)
  const last = computed(() => templates.value.find((t) => t.id === lastId.value) ?? templates.value[0] ?? null)

  async function refresh(): Promise<void> {
    if (!project.opened) return void ([scale.value, templates.value] = [null, []])
    const now = await call('aids.get')
    ;[scale.value, templates.value] = [now.scale, now.templates]
  }
  const later = () => void refresh().catch(() => undefined)
  watch(() => project.key, later, { immediate: true })
  remote.on('project.changed', ({ what }) => what.includes('aids') && later())
  watch(scale, (now) => openImage.editor.setScale(now), { immediate: true })

  const setScale = (next: Scale | null) => call('scale.set', { scale: next }).then(refresh)

  /** Saves the selected regions under a name. */
  async function save(name: string): Promise<void> {
    const { image } = openImage.editor
    if (!image || !openImage.selected.length) return
    const { width, height } = image
    const regions = openImage.selected.map(({ labelId, shape, attributes }) => ({ labelId, shape, attributes }))
    lastId.value = (await call('templates.save', { name, width, height, regions })).id
    await refresh()
  }
  const rename = (id: number, name: string) => call('templates.rename', { id, name }).then(refresh)
  const remove = (id: number) => call('templates.remove', { id }).then(refresh)

  /** Places a template where it was drawn, or centred at the pointer. False if there is none. */
  function place(template: Template | null, where: 'same' | 'pointer'): boolean {
    if (!template || !openImage.editor.image) return false
    lastId.value = template.id
    const box = template.regions.map((r) => shapeBox(r.shape)).reduce(boxUnion)
    const at = where === 'pointer' ? openImage.editor.pointer : null
    return openImage.editor.placeTemplate(template, at ? { x: at.x - box.x - box.w / 2, y: at.y - box.y - box.h / 2 } : null)
  }

  return { scale, templates, last, refresh, setScale, save, rename, remove, place }
})
