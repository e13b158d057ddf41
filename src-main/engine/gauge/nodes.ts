/** What limits a step: how many of its nodes the device runs, how many the CPU in its place, how often data is copied between the two. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { z } from 'zod'
import type { NetworkFigures } from '#shared/model/devices.ts'
import type { Provider } from '../runtime/session.ts'
import { feedsOf, trainerOf } from './measure.ts'
import type { Network } from './networks.ts'

/** The part of onnxruntime's profile that says where a node ran. */
const profileSchema = z.array(
  z.looseObject({
    cat: z.string().optional(),
    name: z.string(),
    args: z.looseObject({ op_name: z.string().optional(), provider: z.string().optional() }).optional(),
  }),
)

/** Counts the nodes of one step, from onnxruntime's own profile of it. */
export async function nodesOf(network: Network, provider: Provider): Promise<NonNullable<NetworkFigures['nodes']>> {
  const dir = mkdtempSync(path.join(tmpdir(), 'dashi-nodes-'))
  try {
    const trainer = await trainerOf(network, provider, path.join(dir, 'profile'))
    await trainer.step(feedsOf(network), 0)
    await trainer.release()
    return countNodes(
      readdirSync(dir).flatMap((file) => profileSchema.parse(JSON.parse(readFileSync(path.join(dir, file), 'utf8')))),
      provider,
    )
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

/** Copies are nodes that onnxruntime adds; a node of the CPU is a fallback unless the device is the CPU. */
export function countNodes(profile: z.infer<typeof profileSchema>, provider: Provider): NonNullable<NetworkFigures['nodes']> {
  const counts = { device: 0, cpu: 0, copies: 0 }
  const fallbacks: Record<string, number> = {}
  for (const { cat, name, args } of profile) {
    if (cat !== 'Node' || !name.endsWith('_kernel_time')) continue
    const op = args?.op_name ?? ''
    if (op.startsWith('Memcpy')) counts.copies++
    else if (provider === 'cpu' || !args?.provider?.startsWith('CPU')) counts.device++
    else {
      counts.cpu++
      fallbacks[op] = (fallbacks[op] ?? 0) + 1
    }
  }
  return { ...counts, fallbacks }
}
