/** The document with a model's ghosts on it. Whatever edits a ghost changes nothing that is saved. */
import { CanvasDocument } from './document.ts'
import type { Ghost, RegionChange } from './types.ts'
import type { Region } from '#shared/model/region.ts'

export abstract class GhostedDocument extends CanvasDocument {
  /** Called after a gesture or command moved, relabelled or removed ghosts. */
  onGhosts: (changes: readonly RegionChange[]) => void = () => undefined

  /** Replaces the ghosts that are shown. A ghost that did not change keeps its object, and so does its region. */
  showGhosts(ghosts: readonly Ghost[]): void {
    const { regions } = this
    const before = regions.ghosts
    const now = new Map(ghosts.map((g) => [g.region.id, g]))
    if (now.size === before.size && [...now].every(([id, g]) => before.get(id) === g)) return
    for (const id of before.keys()) if (!now.has(id)) regions.delete(id)
    for (const [id, ghost] of now) if (before.get(id) !== ghost) regions.set(ghost.region)
    regions.ghosts = now
    this.batch(() => {
      if (this.hovered !== null && !regions.get(this.hovered)) this.hovered = null
      if (this.selection.some((id) => !regions.get(id))) this.setSelection(this.selection.filter((id) => regions.get(id)))
      this.changed('ghosts')
    })
  }

  /** The selected ghosts. */
  get selectedGhosts(): Ghost[] {
    return this.selection.flatMap((id) => this.regions.ghosts.get(id) ?? [])
  }

  /** The colour of a region or ghost. */
  inkOf = (region: Region): string => this.regions.ghosts.get(region.id)?.colour ?? this.colourOf(region.labelId)

  override commit(action: string, changes: readonly RegionChange[]): void {
    const ofGhosts = changes.filter(({ before }) => before && !this.regions.isSaved(before))
    if (!ofGhosts.length) return super.commit(action, changes)
    const real = ofGhosts.filter((c) => c.before !== c.after)
    this.batch(() => {
      super.commit(
        action,
        changes.filter((c) => !ofGhosts.includes(c)),
      )
      if (!real.length) return
      this.apply(real)
      this.onGhosts(real)
    })
  }
}
