import type { Scene } from './scene.ts'

/** What the patches of a batch show, [images · N] each. */
export interface PatchTargets {
  /** How much of a patch is the object's that it shows most of; 0 for the background. */
  readonly share: Float32Array
  /** Whether a patch answers for its object: 1 near the object's middle, 0 for the background. */
  readonly core: Float32Array
  /** 0 for patches at an object's edge, which answer for nothing and are not held to be background either. */
  readonly decided: Float32Array
  /** The box of that object, [images · N, 4] as centre and size. */
  readonly boxes: Float32Array
}

/** Boxes of patches without an object: they weigh nothing, and have an area, as the loss requires. */
const NOTHING = [0.5, 0.5, 1, 1] as const
/** A patch is an object's from this share of its pixels on. */
const OWNED = 0.35
/** How far from the middle of its object's box a patch answers for it, as a share of the box's sides. */
const REACH = 0.3

export function patchTargets(patches: number): PatchTargets {
  const boxes = new Float32Array(patches * 4)
  for (let i = 0; i < patches; i++) boxes.set(NOTHING, 4 * i)
  return {
    share: new Float32Array(patches),
    core: new Float32Array(patches),
    decided: new Float32Array(patches).fill(1),
    boxes,
  }
}

/** Writes what the patches of one scene show, from `offset` on. @param grid patches per side, of `patch` pixels each */
export function showPatches({ owner, objects }: Scene, grid: number, patch: number, out: PatchTargets, offset: number): void {
  const side = Math.round(Math.sqrt(owner.length))
  const tally = new Uint16Array(objects.length + 1)
  const nearest = objects.map(() => ({ at: -1, distance: Infinity }))
  const place = (at: number) => [((at % grid) + 0.5) / grid, (Math.floor(at / grid) + 0.5) / grid] as const
  const take = (at: number, object: number, share: number) => {
    out.share[offset + at] = share
    out.boxes.set(objects[object]!.box, 4 * (offset + at))
  }
  for (let at = 0; at < grid * grid; at++) {
    tally.fill(0)
    const [left, top] = [(at % grid) * patch, Math.floor(at / grid) * patch]
    for (let y = 0; y < patch; y++) for (let x = 0; x < patch; x++) tally[owner[(top + y) * side + left + x]!]!++
    let most = 0
    for (let i = 1; i < tally.length; i++) if (tally[i]! > (most ? tally[most]! : 0)) most = i
    const share = tally[most]! / patch ** 2
    if (!most) continue
    const [cx, cy] = place(at)
    const [x, y, w, h] = objects[most - 1]!.box
    const distance = Math.max(Math.abs(cx - x) / w, Math.abs(cy - y) / h)
    const best = nearest[most - 1]!
    if (distance < best.distance) nearest[most - 1] = { at, distance }
    if (share < OWNED) {
      out.decided[offset + at] = share < 0.1 ? 1 : 0
      continue
    }
    take(at, most - 1, share)
    if (distance <= REACH) out.core[offset + at] = 1
    else out.decided[offset + at] = 0
  }
  // However small or hidden an object is, one patch answers for it.
  nearest.forEach(({ at }, object) => {
    if (at < 0) return
    if (!out.share[offset + at]) take(at, object, OWNED)
    if (out.boxes[4 * (offset + at)] !== Math.fround(objects[object]!.box[0])) return
    out.core[offset + at] = out.decided[offset + at] = 1
  })
}
