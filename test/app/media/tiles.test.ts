import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { expect, onTestFinished, test } from 'vitest'
import { Tiles } from '../../../src-main/app/media/tiles.ts'

test('keeps the pyramids used last', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'dashi-tiles-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'a.png')
  await sharp({ create: { width: 1100, height: 600, channels: 3, background: '#345' } }).png().toFile(file)
  const tiles = new Tiles(join(folder, 'tiles'), 2)
  const size = async (version: string, level: number, x: number, y: number) => {
    const tile = await tiles.tile(file, version, level, x, y)
    return tile && (({ width, height }) => [width, height])(await sharp(tile).metadata())
  }
  // Level 0 is the full resolution; the last column is what is left of it.
  expect([await size('1', 0, 0, 0), await size('1', 0, 2, 1), await size('1', 1, 1, 0), await size('1', 2, 0, 0), await size('1', 3, 0, 0)]).toEqual([
    [512, 512], [76, 88], [38, 300], [275, 150], null,
  ])
  for (const version of ['2', '3', '4']) await size(version, 0, 0, 0)
  expect(readdirSync(join(folder, 'tiles'))).toHaveLength(2)
})
