/** What Electron's process forbids, reproduced in plain Node: memory outside V8's cage, and large aligned blocks. */
import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'

const here = import.meta.dirname

/** Why the cage cannot be built here; undefined if it can. */
export function noCage(): string | undefined {
  if (process.platform !== 'linux' || !(process.arch in REFUSE)) return `no patch is known for ${process.platform}-${process.arch}`
  if (spawnSync('cc', ['--version']).status !== 0) return 'there is no C compiler (cc)'
  const node = fs.readFileSync(process.execPath)
  if (!EXTERNAL.every((name) => placeOf(node, name) !== undefined))
    return 'this Node does not hold its own Node-API (it is linked to libnode)'
  return undefined
}

/** The preload library, and the addon that verifies both conditions. */
export function compileCage(dir: string): { allocator: string; probe: string } {
  const [allocator, probe] = [path.join(dir, 'allocator.so'), path.join(dir, 'probe.node')]
  execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', allocator, path.join(here, 'allocator.c'), '-ldl'])
  execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', probe, path.join(here, 'probe.c')])
  return { allocator, probe }
}

const EXTERNAL = ['napi_create_external_arraybuffer', 'napi_create_external_buffer']
/** `return napi_no_external_buffers_allowed` (22) as the entire body of a function. */
const REFUSE: Partial<Record<NodeJS.Architecture, Buffer>> = {
  x64: Buffer.from([0xb8, 22, 0, 0, 0, 0xc3]), // mov eax, 22; ret
  arm64: Buffer.from([0xc0, 0x02, 0x80, 0x52, 0xc0, 0x03, 0x5f, 0xd6]), // mov w0, #22; ret
}

/**
 * A copy of this Node that behaves as if it had V8's memory cage: an addon's own memory cannot become a buffer. A preloaded library cannot
 * override Node's own symbols, so the two functions are patched in the binary.
 */
export function cagedNode(to: string): string {
  const node = fs.readFileSync(process.execPath)
  for (const name of EXTERNAL) REFUSE[process.arch]!.copy(node, placeOf(node, name)!)
  fs.writeFileSync(to, node, { mode: 0o755 })
  return to
}

/** File offset of an exported function (64-bit little-endian ELF), from its dynamic symbol and the segment that contains its address. */
function placeOf(elf: Buffer, name: string): number | undefined {
  const u64 = (at: number) => Number(elf.readBigUInt64LE(at))
  const table = (at: number, size: number, count: number) => Array.from({ length: count }, (_, i) => at + i * size)
  const sections = table(u64(0x28), elf.readUInt16LE(0x3a), elf.readUInt16LE(0x3c)).map((at) => ({
    type: elf.readUInt32LE(at + 4),
    offset: u64(at + 24),
    size: u64(at + 32),
    link: elf.readUInt32LE(at + 40),
  }))
  const segments = table(u64(0x20), elf.readUInt16LE(0x36), elf.readUInt16LE(0x38)).map((at) => ({
    type: elf.readUInt32LE(at),
    offset: u64(at + 8),
    address: u64(at + 16),
    size: u64(at + 32),
  }))
  const symbols = sections.find((s) => s.type === 11)
  if (!symbols) return undefined
  const names = sections[symbols.link]!.offset
  const wanted = Buffer.from(`${name}\0`)
  const symbol = table(symbols.offset, 24, symbols.size / 24).find((at) => {
    const start = names + elf.readUInt32LE(at)
    return u64(at + 8) !== 0 && elf.subarray(start, start + wanted.length).equals(wanted)
  })
  if (symbol === undefined) return undefined
  const address = u64(symbol + 8)
  const segment = segments.find((s) => s.type === 1 && address >= s.address && address < s.address + s.size)
  return segment && address - segment.address + segment.offset
}
