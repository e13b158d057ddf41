import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DiskCache } from '../../../src-main/app/media/disk-cache.ts'
import { LatestFirst } from '../../../src-main/app/media/latest-first.ts'
import { ensureSize, findFacts, scanFolder } from '../../../src-main/app/media/scan.ts'
import { orderedIds } from '../../../src-main/app/media/rows.ts'
import { mediaFacets } from '../../../src-main/app/media/facets.ts'
import { MediaService } from '../../../src-main/app/media/service.ts'
import { perceptualHash } from '../../../src-main/app/media/hashes.ts'
import { golden } from '../../engine/data/golden.ts'
import { addLabels, setMediaLabels } from '../../../src-main/app/annotations/index.ts'
import { program } from '../../helpers/programs.ts'
import { createProject, getMedia, mediaByPath, type Project } from '../../../src-main/app/projects/index.ts'

const control = { signal: new AbortController().signal, progress: () => undefined }

describe('pictures of a folder', () => {
  let folder: string
  let project: Project
  let service: MediaService
  const id = (path: string) => mediaByPath(project, path)!.id
  const get = (path: string, ...what: string[]) => service.respond(project, id(path), what, control.signal)
  const image = async (r: Response) => sharp(Buffer.from(await r.arrayBuffer()))

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dashi-media-'))
    mkdirSync(join(folder, 'images', 'deep', '.hidden'), { recursive: true })
    const at = (name: string) => join(folder, 'images', name)
    const red = sharp({ create: { width: 600, height: 400, channels: 3, background: 'red' } })
    await red.clone().png().toFile(at('plain.png'))
    await red.clone().jpeg().withMetadata({ orientation: 6 }).toFile(at('deep/turned.JPG'))
    await red.clone().tiff().toFile(at('scan.tif'))
    await sharp({ create: { width: 1500, height: 1100, channels: 3, background: 'blue' } })
      .composite([{ input: { create: { width: 10, height: 10, channels: 3, background: 'white' } }, left: 1490, top: 1090 }])
      .png()
      .toFile(at('huge.png'))
    writeFileSync(at('broken.png'), 'not a picture')
    writeFileSync(at('notes.txt'), 'no picture')
    writeFileSync(at('deep/.hidden/secret.png'), 'hidden')
    project = createProject(join(folder, 'project'))
    await scanFolder(project, join(folder, 'images'), control, () => undefined)
    await findFacts(project, control)
    const made = await program('huge-images')
    service = new MediaService(join(folder, 'cache'), { program: () => made })
  })
  afterAll(() => {
    project.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('are found, with the size of the upright picture; one that is broken stops nothing', () => {
    expect(orderedIds(project, {}, { by: 'path', descending: false }).map((i) => getMedia(project, i).path)).toEqual([
      'broken.png',
      'deep/turned.JPG',
      'huge.png',
      'plain.png',
      'scan.tif',
    ])
    expect(mediaByPath(project, 'deep/turned.JPG')).toMatchObject({ width: 400, height: 600, orientation: 6 })
    expect(mediaByPath(project, 'broken.png')).toMatchObject({ width: null, height: null })
  })

  it('are added once, however often the folder is scanned', async () => {
    await scanFolder(project, join(folder, 'images'), control, () => undefined)
    expect(orderedIds(project, {}, { by: 'id', descending: true })).toHaveLength(5)
  })

  it('are sorted as people count', async () => {
    const counted = createProject(join(folder, 'counted'))
    mkdirSync(join(folder, 'frames'))
    for (const n of [10, 2, 1, 100]) writeFileSync(join(folder, 'frames', `Frame ${n}.png`), '')
    await scanFolder(counted, join(folder, 'frames'), control, () => undefined)
    const order = (by: 'id' | 'path', descending = false) =>
      orderedIds(counted, {}, { by, descending }).map((i) => getMedia(counted, i).path)
    const frames = [1, 2, 10, 100].map((n) => `Frame ${n}.png`)
    expect([order('id'), order('path'), order('path', true)]).toEqual([frames, frames, frames.toReversed()])
    counted.close()
  })

  it('have upright thumbnails of two sizes, never enlarged', async () => {
    expect(await (await image(await get('deep/turned.JPG', 'small'))).metadata()).toMatchObject({ format: 'jpeg', width: 171, height: 256 })
    expect(await (await image(await get('deep/turned.JPG', 'large'))).metadata()).toMatchObject({ width: 400, height: 600 })
    expect(readdirSync(join(folder, 'cache', 'thumbnails')).length).toBeGreaterThan(0)
  })

  it('are served as they are where browsers show them, else as PNG', async () => {
    expect((await get('plain.png', 'image')).headers.get('content-type')).toBe('image/png')
    expect((await get('deep/turned.JPG', 'image')).headers.get('content-type')).toBe('image/jpeg')
    expect(await (await image(await get('scan.tif', 'image'))).metadata()).toMatchObject({ format: 'png', width: 600 })
  })

  it('are cut into tiles, of which level 0 is the full resolution', async () => {
    expect(await (await image(await get('huge.png', 'tile', '0', '0', '0'))).metadata()).toMatchObject({ width: 512, height: 512 })
    const corner = await image(await get('huge.png', 'tile', '0', '2', '2'))
    expect(await corner.metadata()).toMatchObject({ width: 476, height: 76 })
    const { data, info } = await corner.raw().toBuffer({ resolveWithObject: true })
    expect(data[(info.width * (info.height - 3) + info.width - 3) * info.channels]).toBeGreaterThan(200) // the white corner
    expect(await (await image(await get('huge.png', 'tile', '2', '0', '0'))).metadata()).toMatchObject({ width: 375, height: 275 })
    for (const missing of [
      ['0', '3', '0'],
      ['9', '0', '0'],
    ])
      expect((await get('huge.png', 'tile', ...missing)).status).toBe(404)
  })

  it('say so where they cannot be had', async () => {
    expect((await get('broken.png', 'small')).status).toBe(422)
    expect((await get('plain.png', 'tiny')).status).toBe(404)
    expect((await get('plain.png', 'tile', '0', '..', '0')).status).toBe(404)
    expect((await service.respond(project, 999, ['image'], control.signal)).status).toBe(404)
    await expect(ensureSize(project, id('broken.png'))).rejects.toThrow('broken.png: cannot be read as an image')
  })

  it('are counted by what is said of them', () => {
    const [label] = addLabels(project, [{ name: 'thing' }])
    setMediaLabels(
      project,
      [id('plain.png'), id('huge.png')].map((mediaId) => ({ mediaId, labelId: label!.id })),
    )
    expect(mediaFacets(project)).toMatchObject({
      total: 5,
      labelled: 2,
      unlabelled: 3,
      labels: [{ labelId: label!.id, count: 2 }],
      proposed: 0,
    })
  })
})

describe('pictures that libvips does not read', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dashi-media-'))
  const service = new MediaService(join(folder, 'cache'))
  let project: Project
  const get = (path: string, ...what: string[]) => service.respond(project, mediaByPath(project, path)!.id, what, control.signal)
  const metadata = async (r: Response) => (expect(r.status).toBe(200), sharp(Buffer.from(await r.arrayBuffer())).metadata())
  const names = {
    'a.bmp': 'rle8.bmp',
    'b.dib': 'palette4.bmp',
    'c.jp2': 'rgb.jp2',
    'd.j2k': 'grey12.j2k',
    'called.png': 'rgb565.bmp',
    'e.jpx': 'rgba.jp2',
  }

  beforeAll(async () => {
    mkdirSync(join(folder, 'images'))
    for (const [name, from] of Object.entries(names)) copyFileSync(golden(`formats/${from}`), join(folder, 'images', name))
    copyFileSync(golden('formats/grey16.png'), join(folder, 'images', 'deep.png'))
    copyFileSync(golden('formats/float32.tif'), join(folder, 'images', 'deep.tif'))
    copyFileSync(golden('formats/grey12.j2k'), join(folder, 'images', 'grey12.j2k'))
    writeFileSync(join(folder, 'images', 'cut.bmp'), readFileSync(golden('formats/rgb24.bmp')).subarray(0, 200))
    writeFileSync(join(folder, 'images', 'phone.heic'), '\0\0\0\x18ftypheic\0\0\0\0mif1heic')
    project = createProject(join(folder, 'project'))
    await scanFolder(project, join(folder, 'images'), control, () => undefined)
    await findFacts(project, control)
  })
  afterAll(() => {
    project.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it.each(Object.keys(names))('%s is measured, shown, cut into tiles and hashed', async (name) => {
    expect(mediaByPath(project, name)).toMatchObject({ width: 17, height: 13, orientation: 1 })
    expect(await metadata(await get(name, 'image'))).toMatchObject({ format: 'png', width: 17, height: 13 })
    expect(await metadata(await get(name, 'small'))).toMatchObject({ width: 17, height: 13 })
    expect(await metadata(await get(name, 'tile', '0', '0', '0'))).toMatchObject({ width: 17, height: 13 })
    expect(await perceptualHash(join(folder, 'images', name))).toBeGreaterThan(0n)
  })

  it.each(['deep.png', 'deep.tif', 'grey12.j2k'])(
    '%s, whose numbers are all above what a byte holds or below, is shown between its percentiles',
    async (name) => {
      for (const kind of ['image', 'small']) {
        const { channels } = await sharp(Buffer.from(await (await get(name, kind)).arrayBuffer())).stats()
        expect(channels[0]!.min).toBeLessThan(10)
        expect(channels[0]!.max).toBeGreaterThan(245)
        expect(channels[0]!.mean).toBeGreaterThan(80)
      }
    },
  )

  it.each([
    ['cut.bmp', /cut\.bmp: truncated or damaged BMP/],
    ['phone.heic', /phone\.heic: HEIC, .*expected JPEG or PNG/],
  ])('%s says in one line why not', async (name, reason) => {
    const answer = await get(name, 'small')
    expect(answer.status).toBe(422)
    expect(await answer.text()).toMatch(reason)
  })
})

describe('the cache of thumbnails', () => {
  it('keeps to its size, the longest unused going first', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dashi-cache-'))
    const cache = new DiskCache(folder, 1000)
    for (let i = 0; i < 5; i++) {
      await cache.put(`key ${i}`, new Uint8Array(300).fill(i))
      await new Promise((resolve) => setTimeout(resolve, 15))
    }
    await cache.trim()
    expect(await cache.get('key 0')).toBeNull()
    expect((await cache.get('key 4'))?.[0]).toBe(4)
    rmSync(folder, { recursive: true })
  })
})

describe('the queue of decoding', () => {
  it('handles the latest request first, and drops abandoned ones', async () => {
    const queue = new LatestFirst(1)
    const order: string[] = []
    const dropped: string[] = []
    const [kept, left] = [new AbortController(), new AbortController()]
    const add = (name: string, { signal } = kept) =>
      queue.do(signal, async () => void order.push(name)).catch(() => void dropped.push(name))
    const all = ['a', 'b', 'c'].map((name) => add(name)).concat(add('gone', left), add('d'))
    left.abort()
    await Promise.all(all)
    expect(order).toEqual(['a', 'd', 'c', 'b'])
    expect(dropped).toEqual(['gone'])
  })
})
