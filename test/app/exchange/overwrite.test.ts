/** Whatever an export is told to replace: what people own stays, byte for byte. */
import fs from 'node:fs'
import path from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { exportFrom, importInto } from '../../../src-main/app/exchange/index.ts'
import { createProject, openProject } from '../../../src-main/app/projects/project.ts'
import { addRecords } from '../../../src-main/app/projects/index.ts'
import { folder, fresh, picture, project } from './helpers.ts'

afterEach(() => vi.restoreAllMocks())

/** Every file below a folder with its content. */
function contents(dir: string): Record<string, string> {
  const found: Record<string, string> = {}
  for (const entry of fs.readdirSync(dir, { recursive: true, withFileTypes: true }))
    if (entry.isFile())
      found[path.relative(dir, path.join(entry.parentPath, entry.name))] = fs
        .readFileSync(path.join(entry.parentPath, entry.name))
        .toString('base64')
  return found
}

/** A person's folder `home/…`: originals below photos, a project beside them that refers to them, and a letter. */
async function home() {
  const dir = await folder({
    'photos/2024/a.png': [40, 30],
    'photos/b.png': [20, 20],
    'photos/empty/keep.txt': 'x',
    'letter.txt': 'Dear Anna',
  })
  const p = createProject(path.join(dir, 'Project'), { user: 'ann' })
  addRecords(
    p,
    [
      { fileName: '2024/a.png', width: 40, height: 30, labels: [{ label: 'cat' }] },
      { fileName: 'b.png', width: 20, height: 20 },
    ],
    { root: path.join(dir, 'photos') },
  )
  fs.mkdirSync(path.join(p.folder, 'media'))
  fs.writeFileSync(path.join(p.folder, 'media', 'c.png'), await picture(8, 8, 'c'))
  addRecords(p, [{ fileName: 'c.png', width: 8, height: 8 }])
  p.close()
  return { dir, at: (...names: string[]) => path.join(dir, ...names), open: () => openProject(p.folder, { readOnly: true }) }
}

const overwrite = { overwrite: true, images: 'copy' } as const

describe('an export that may overwrite refuses, in one line,', () => {
  const places: [string, (dir: string) => string][] = [
    ['the project’s own folder', (d) => `${d}/Project`],
    ['the same with a slash', (d) => `${d}/Project/`],
    ['the same by a detour', (d) => `${d}/photos/../Project/../Project/.`],
    ['the folder above the project', (d) => d],
    ['the folder of the originals', (d) => `${d}/photos`],
    ['a folder in it that holds originals', (d) => `${d}/photos/2024`],
    ['a folder in it that holds somebody’s files', (d) => `${d}/photos/empty`],
    ['a file in the way', (d) => `${d}/letter.txt`],
    ['an original', (d) => `${d}/photos/b.png`],
    ['the database', (d) => `${d}/Project/project.db`],
    ['a file that the database will want', (d) => `${d}/Project/project.db-journal`],
    ['the project’s media', (d) => `${d}/Project/media`],
    ['a folder in the project’s media', (d) => `${d}/Project/media/new`],
    ['the project’s checkpoints', (d) => `${d}/Project/checkpoints`],
    ['a place in them', (d) => `${d}/Project/checkpoints/lp`],
    ['the root of the file system', () => '/'],
    ['the home folder', () => process.env['HOME']!],
    ['the folder above it', () => path.dirname(process.env['HOME']!)],
    ['the folder that one is in', () => process.cwd()],
    ['the folder above that', () => path.dirname(process.cwd())],
  ]
  test.each(places)('%s', async (_, place) => {
    const { dir, open } = await home()
    const before = contents(dir)
    const p = open()
    for (const format of ['coco', 'dashi', 'imagefolder'] as const) {
      const failed: unknown = await exportFrom(p, place(dir), { format, ...overwrite }).catch((e: unknown) => e)
      expect(failed).toMatchObject({ name: 'DashiError', fault: 'user' })
      expect((failed as Error).message).not.toContain('\n')
    }
    p.close()
    expect(contents(dir)).toEqual(before)
  })

  test('a link, whatever it leads to', async () => {
    const { dir, at, open } = await home()
    const p = open()
    await exportFrom(p, at('out'), { format: 'coco' })
    const before = contents(dir)
    const links = { 'to photos': at('photos'), 'to the project': at('Project'), 'to an export': at('out'), 'to nothing': at('nowhere') }
    for (const [name, to] of Object.entries(links)) {
      fs.symlinkSync(to, at(name))
      for (const format of ['coco', 'dashi'] as const)
        await expect(exportFrom(p, at(name), { format, ...overwrite })).rejects.toThrow(/is a link: not replaced/)
      expect(fs.readlinkSync(at(name))).toBe(to)
      fs.unlinkSync(at(name))
    }
    // Below a link to the originals' folder lie the originals.
    fs.symlinkSync(dir, at('round'))
    for (const inside of ['round/photos', 'round/photos/2024', 'round/Project'])
      await expect(exportFrom(p, at(inside), { format: 'coco', ...overwrite })).rejects.toThrow(/not replaced/)
    fs.unlinkSync(at('round'))
    p.close()
    expect(contents(dir)).toEqual(before)
  })

  test('an image folder that is currently missing, in any spelling, and its parent', async () => {
    const disk = fresh('disk')
    fs.mkdirSync(path.join(disk, 'Älbum', 'in'), { recursive: true })
    fs.writeFileSync(path.join(disk, 'Älbum', 'in', 'a.png'), await picture(8, 8, 'a'))
    const p = project()
    addRecords(p, [{ fileName: 'in/a.png', width: 8, height: 8 }], { root: path.join(disk, 'Älbum') })
    fs.renameSync(path.join(disk, 'Älbum'), path.join(disk, 'unplugged'))
    for (const name of ['Älbum', 'Älbum'.normalize('NFD'), 'älBUM', 'Älbum/in', 'älbum/IN', 'Älbum/in/a.png', 'älbum/in/A.png', '.'])
      for (const format of ['coco', 'dashi'] as const)
        await expect(exportFrom(p, path.join(disk, name), { format, ...overwrite }), name).rejects.toThrow(
          /not replaced|choose another place/,
        )
    expect(fs.readdirSync(disk)).toEqual(['unplugged'])
    await exportFrom(p, path.join(disk, 'Älbum 2'), { format: 'coco', ...overwrite, images: 'none' })
    expect(fs.readdirSync(disk).sort()).toEqual(['unplugged', 'Älbum 2'])
  })

  test('an export of ours in which a file was added or changed, or a project created', async () => {
    const { at, open } = await home()
    const p = open()
    const out = at('photos', 'exports')
    await exportFrom(p, out, { format: 'coco', images: 'copy' })
    fs.writeFileSync(path.join(out, '.DS_Store'), 'left by a file manager')
    await exportFrom(p, out, { format: 'yolo', ...overwrite })
    const refusedFor = async (named: RegExp) => {
      const before = contents(out)
      for (const format of ['coco', 'dashi'] as const) await expect(exportFrom(p, out, { format, ...overwrite })).rejects.toThrow(named)
      expect(contents(out)).toEqual(before)
    }
    fs.mkdirSync(path.join(out, 'images/mine'))
    fs.writeFileSync(path.join(out, 'images/mine/notes.md'), 'mine')
    await refusedFor(/exports\/images\/mine\/notes\.md: was not written by an export of Dashi: not replaced/)
    fs.rmSync(path.join(out, 'images/mine'), { recursive: true })
    fs.mkdirSync(path.join(out, '.git'))
    await refusedFor(/exports\/\.git\/?: was not written/)
    fs.rmdirSync(path.join(out, '.git'))
    fs.symlinkSync(at('letter.txt'), path.join(out, 'link'))
    await refusedFor(/exports\/link: was not written/)
    fs.unlinkSync(path.join(out, 'link'))
    const yaml = path.join(out, 'data.yaml')
    const text = fs.readFileSync(yaml)
    fs.appendFileSync(yaml, '# tuned by hand\n')
    await refusedFor(/exports\/data\.yaml: was changed since it was written/)
    fs.rmSync(yaml) // what is missing is nobody's loss
    await exportFrom(p, out, { format: 'yolo', ...overwrite })
    expect(fs.readFileSync(yaml)).toEqual(text)
    // Another project takes the export's images for its originals.
    createProject(out).close()
    await refusedFor(/exports\/project\.d.*: was not written/)
    p.close()
  })

  test('an export whose images the project now refers to', async () => {
    const { at, open } = await home()
    const p = open()
    await exportFrom(p, at('out'), { format: 'folders', images: 'copy' })
    p.close()
    const q = openProject(p.folder)
    await importInto(q, at('out'), { format: 'folders' })
    const before = contents(at('out'))
    await expect(exportFrom(q, at('out'), { format: 'coco', ...overwrite })).rejects.toThrow(/out: is a folder of the project’s images/)
    expect(contents(at('out'))).toEqual(before)
    q.close()
  })

  test('a marker that was forged or copied from another folder', async () => {
    const { at, open } = await home()
    const p = open()
    await exportFrom(p, at('out'), { format: 'coco' })
    for (const mark of ['', '{}', '{"kind":"export","version":1,"made":"","files":{}}', fs.readFileSync(at('out/.dashi-export'), 'utf8')]) {
      fs.writeFileSync(at('photos/empty/.dashi-export'), mark)
      await expect(exportFrom(p, at('photos/empty'), { format: 'coco', ...overwrite })).rejects.toThrow(/photos\/empty.*not replaced/)
      expect(fs.readFileSync(at('photos/empty/keep.txt'), 'utf8')).toBe('x')
    }
    p.close()
  })
})

describe('an archive', () => {
  test('replaces only an archive of ours', async () => {
    const { at, open } = await home()
    const p = open()
    const zip = at('all.dashi.zip')
    await exportFrom(p, zip, { format: 'dashi' })
    await expect(exportFrom(p, zip, { format: 'dashi' })).rejects.toThrow(/already exists/)
    await exportFrom(p, zip, { format: 'dashi', overwrite: true })
    const whole = fs.readFileSync(zip)
    const others: [string, Buffer][] = [
      ['text', Buffer.from('not a zip')],
      ['nothing', Buffer.alloc(0)],
      ['an empty zip', Buffer.from('504b0506000000000000000000000000000000000000', 'hex')],
      ['one to which something was added', Buffer.concat([whole, Buffer.from('more')])],
      ['one that is cut off', whole.subarray(0, whole.length - 200)],
    ]
    for (const [name, bytes] of others) {
      fs.writeFileSync(zip, bytes)
      await expect(exportFrom(p, zip, { format: 'dashi', overwrite: true }), name).rejects.toThrow(
        /all\.dashi\.zip: was not written by an export of Dashi: not replaced/,
      )
      expect(fs.readFileSync(zip)).toEqual(bytes)
    }
    // A folder that we made gives way to a file, and the other way round.
    fs.writeFileSync(zip, whole)
    await exportFrom(p, zip, { format: 'coco', overwrite: true })
    expect(fs.statSync(zip).isDirectory()).toBe(true)
    await exportFrom(p, zip, { format: 'dashi', overwrite: true })
    expect(fs.statSync(zip).isFile()).toBe(true)
    p.close()
  })
})

describe('the old export is restored', () => {
  const failures = ['ENOSPC', 'EXDEV', 'EACCES', 'EIO', 'ENOTEMPTY'] as const
  test.each(failures)('when the second rename fails with %s', async (code) => {
    const { dir, at, open } = await home()
    const p = open()
    await exportFrom(p, at('out'), { format: 'coco' })
    const before = contents(dir)
    const rename = fs.renameSync
    vi.spyOn(fs, 'renameSync').mockImplementation((from, to) => {
      if (path.resolve(String(to)) === at('out') && String(from).endsWith('.part'))
        throw Object.assign(new Error(code), { code, syscall: 'rename', path: from, dest: to })
      rename(from, to)
    })
    await expect(exportFrom(p, at('out'), { format: 'yolo', ...overwrite })).rejects.toMatchObject({ name: 'DashiError' })
    vi.restoreAllMocks()
    expect(contents(dir)).toEqual(before)
    p.close()
  })

  test('when the process was killed between the renames, with the next export', async () => {
    const { at, open } = await home()
    const p = open()
    await exportFrom(p, at('out'), { format: 'coco' })
    const before = contents(at('out'))
    fs.renameSync(at('out'), at('.out.old')) // as the first rename leaves it
    fs.mkdirSync(at('.out.4194305-00000000.part')) // and what that process was making
    await expect(exportFrom(p, at('out'), { format: 'nothing' as never })).rejects.toThrow()
    await expect(exportFrom(p, at('out'), { format: 'coco', overwrite: true, signal: AbortSignal.abort() })).rejects.toThrow(/cancelled/)
    expect(contents(at('out'))).toEqual(before)
    await exportFrom(p, at('out'), { format: 'yolo', overwrite: true })
    expect(fs.readdirSync(at()).filter((n) => n.startsWith('.'))).toEqual([])
    p.close()
  })

  test('and a file that merely has that name is left alone', async () => {
    const { at, open } = await home()
    const p = open()
    fs.mkdirSync(at('.out.old'))
    fs.writeFileSync(at('.out.old/diary.txt'), 'mine')
    await exportFrom(p, at('out'), { format: 'coco', overwrite: true })
    await expect(exportFrom(p, at('out'), { format: 'yolo', overwrite: true })).rejects.toThrow(/\.out\.old: is in the way/)
    expect(fs.readFileSync(at('.out.old/diary.txt'), 'utf8')).toBe('mine')
    expect(fs.existsSync(at('out/annotations'))).toBe(true)
    p.close()
  })

  test('and keeps its mode', async () => {
    const { at, open } = await home()
    const p = open()
    await exportFrom(p, at('out'), { format: 'coco' })
    fs.chmodSync(at('out'), 0o700)
    await exportFrom(p, at('out'), { format: 'yolo', overwrite: true })
    expect(fs.statSync(at('out')).mode & 0o777).toBe(0o700)
    p.close()
  })
})
