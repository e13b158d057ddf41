/** What an import unpacks into a project, beside what people keep there. */
import fs from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import yazl from 'yazl'
import { importInto, openArchive, exportFrom } from '../../../src-main/app/exchange/index.ts'
import { fresh, picture, project, projectOf, recordsOf } from './helpers.ts'

/** A zip of these files. */
async function zipOf(files: Record<string, Buffer | string>, name = 'data'): Promise<string> {
  const at = `${fresh(name)}.zip`
  const zip = new yazl.ZipFile()
  for (const [entry, content] of Object.entries(files)) zip.addBuffer(Buffer.from(content), entry)
  zip.end()
  const out = fs.createWriteStream(at)
  zip.outputStream.pipe(out)
  await new Promise<void>((done) => out.on('close', () => done()))
  return at
}
const dataset = async () => ({
  'a.png': await picture(8, 8, 'a'),
  'b.png': await picture(8, 8, 'b'),
  'annotations.json': JSON.stringify({
    images: [
      { id: 1, file_name: 'a.png', width: 8, height: 8 },
      { id: 2, file_name: 'b.png', width: 8, height: 8 },
    ],
    annotations: [{ id: 1, image_id: 1, category_id: 1, bbox: [0, 0, 4, 4] }],
    categories: [{ id: 1, name: 'cat' }],
  }),
})

test('an image edited since stays unchanged when the archive is imported again', async () => {
  const p = project()
  const zip = await zipOf(await dataset())
  await importInto(p, zip)
  const [unpacked] = fs.readdirSync(path.join(p.folder, 'media'))
  const file = path.join(p.folder, 'media', unpacked!, 'a.png')
  const retouched = await picture(8, 8, 'retouched')
  fs.writeFileSync(file, retouched)
  const again = await importInto(p, zip)
  expect(fs.readFileSync(file)).toEqual(retouched)
  expect(again.findings).toContainEqual({
    file: 'a.png',
    level: 'left out',
    reason: 'a file of this name already exists and was kept',
    sentence: { code: 'finding.exists-kept', params: {} },
  })
  expect(fs.readdirSync(path.dirname(file)).filter((name) => name.startsWith('.'))).toEqual([])
})

test('a failed import removes what it unpacked, and nothing else', async () => {
  const p = project()
  const notes = path.join(p.folder, 'media/notes.txt')
  fs.mkdirSync(path.dirname(notes))
  fs.writeFileSync(notes, 'mine')
  const zip = await zipOf(await dataset())
  const stop = new AbortController()
  await expect(importInto(p, zip, { format: 'coco', signal: stop.signal, onProgress: () => stop.abort() })).rejects.toThrow('cancelled')
  expect(fs.readdirSync(path.dirname(notes))).toEqual(['notes.txt'])
  // Into a folder that was there: one of an earlier import of this archive, in which somebody keeps a file.
  await importInto(p, zip, { format: 'coco' })
  const [unpacked] = fs.readdirSync(path.dirname(notes)).filter((name) => name !== 'notes.txt')
  const folder = path.join(path.dirname(notes), unpacked!)
  fs.writeFileSync(path.join(folder, 'mine.txt'), 'mine')
  fs.rmSync(path.join(folder, 'b.png'))
  const before = fs.readdirSync(folder)
  await expect(importInto(p, zip, { format: 'voc' })).rejects.toThrow(/contains nothing in the format voc/)
  expect(fs.readdirSync(folder)).toEqual(before)
  expect(recordsOf(p)).toHaveLength(2)
})

test('an archive is unpacked to a free place only, never over a file or a folder in use', async () => {
  const p = await projectOf([{ fileName: 'a.png', width: 8, height: 8 }])
  const zip = `${fresh('all')}.dashi.zip`
  await exportFrom(p, zip, { format: 'dashi' })
  const [file, used, empty] = [fresh('file'), fresh('used'), fresh('empty')]
  fs.writeFileSync(file, 'mine')
  fs.mkdirSync(used)
  fs.writeFileSync(path.join(used, 'mine.txt'), 'mine')
  fs.mkdirSync(empty)
  await expect(openArchive(zip, file)).rejects.toThrow(`${file}: already exists`)
  await expect(openArchive(zip, used)).rejects.toThrow(`${used}: is not an empty folder`)
  expect([fs.readFileSync(file, 'utf8'), fs.readdirSync(used)]).toEqual(['mine', ['mine.txt']])
  const { project: opened } = await openArchive(zip, empty)
  expect(recordsOf(opened)).toMatchObject([{ fileName: 'a.png' }])
  opened.close()
})
