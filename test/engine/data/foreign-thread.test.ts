import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { decodeForeign, decodeHere } from '../../../src-main/engine/data/foreign.ts'
import { programUrl } from '../../helpers/programs.ts'
import { golden } from './golden.ts'

describe('a decoder in its own thread', () => {
  it('that is at work for too long is ended with its thread', async () => {
    const program = await programUrl('image-decoder')
    const task = (name: string) => ({ format: 'JPEG 2000' as const, bytes: readFileSync(golden(name)), pixelLimit: 1e6 })
    await expect(decodeForeign(task('formats/rgba.jp2'), { program, mostSeconds: 0 })).rejects.toThrow(
      'its decoder did not finish within 0 s',
    ) // a thread takes longer to start
    const stop = new AbortController()
    const stopped = expect(decodeForeign(task('formats/rgba.jp2'), { program, signal: stop.signal })).rejects.toThrow('cancelled')
    stop.abort()
    await stopped
    const whole = await decodeForeign(task('formats/rgba.jp2'), { program })
    expect(whole).toEqual(await decodeHere(task('formats/rgba.jp2')))
    await expect(
      decodeForeign({ ...task('formats/rgba.jp2'), bytes: task('formats/rgba.jp2').bytes.subarray(0, 300) }, { program }),
    ).rejects.toThrow('cut off')
  })
})
