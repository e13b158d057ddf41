/** A database that another program wrote to, or that was damaged: errors that name the row, and never the end of the process. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import Libsql from 'libsql'
import { describe, expect, test } from 'vitest'
import { DashiError } from '#shared/errors.ts'
import { exportFrom } from '../../src-main/app/exchange/index.ts'
import {
  checkProject,
  countMedia,
  findMedia,
  imageContent,
  listLabels,
  listRuns,
  openProject,
  projectInfo,
  readRecords,
  startRun,
} from '../../src-main/app/projects/index.ts'
import { changeHistory, undoChange } from '../../src-main/app/annotations/index.ts'
import { orderedIds, mediaRows } from '../../src-main/app/media/rows.ts'
import { mediaFacets } from '../../src-main/app/media/facets.ts'
import { position } from '../../src-main/db/journal.ts'
import { diffStates } from '../../src-main/db/states.ts'
import { fiveImages, temporaryFolder, temporaryProject } from '../app/projects/fixture.ts'

/** A closed project that this statement was run on. */
function changed(...sql: string[]): string {
  const project = temporaryProject(fiveImages())
  startRun(project, { kind: 'train' })
  project.close()
  const db = new Libsql(join(project.folder, 'project.db'))
  for (const statement of sql) db.exec(statement)
  db.close()
  return project.folder
}

/** Everything that reads, one after the other: each answers, or says in one line of a data error what is wrong; records say it of each row. */
async function readEverything(folder: string): Promise<string[]> {
  const lines: string[] = []
  const attempt = async (body: () => unknown) => {
    try {
      await body()
    } catch (e) {
      if (!(e instanceof DashiError)) throw e
      expect(e.fault).toBe('data')
      expect(e.message.split('\n')).toHaveLength(1)
      lines.push(e.message)
    }
  }
  await attempt(async () => {
    const project = openProject(folder, { readOnly: true })
    const ids = [1, 2, 3, 4, 5]
    const readers = [
      () => projectInfo(project),
      () => listLabels(project),
      () => findMedia(project),
      () => ids.map((id) => imageContent(project, id)),
      () => {
        for (const { problems } of readRecords(project)) lines.push(...problems)
      },
      () => countMedia(project, { captionText: 'dog' }),
      () => countMedia(project, { pathText: 'a' }),
      () => countMedia(project, { duplicates: 'exact' }),
      () => mediaRows(project, ids),
      () => mediaFacets(project),
      () => orderedIds(project, {}, { by: 'path', descending: false }),
      () => changeHistory(project),
      () => listRuns(project),
      () => diffStates(project.db, 0, position(project.db)),
      () => exportFrom(project, join(temporaryFolder(), 'out'), { format: 'coco' }),
    ]
    for (const read of readers) await attempt(read)
    const report = checkProject(project, { files: false })
    for (const { message } of report.problems) lines.push(`check: ${message}`)
    project.close()
  })
  return lines
}

const bytes = `CAST(x'61ff62' AS TEXT)`
const places: [string, string, RegExp][] = [
  ['a caption', `UPDATE caption SET text = ${bytes}`, /caption 1: text: holds bytes that are no UTF-8/],
  ['a label', `UPDATE label SET name = ${bytes} WHERE id = 2`, /label 2: name: holds bytes that are no UTF-8/],
  ['a path', `UPDATE media SET path = ${bytes} WHERE id = 3`, /media 3: path: holds bytes that are no UTF-8/],
  ['a tag', `UPDATE media_tag SET tag = ${bytes}`, /media_tag 1: tag: holds bytes that are no UTF-8/],
  ['a split', `UPDATE media SET split = ${bytes} WHERE id = 2`, /media 2: split: holds bytes that are no UTF-8/],
  ['a shape', `UPDATE region SET shape = ${bytes} WHERE id = 4`, /region 4: shape: holds bytes that are no UTF-8/],
  ['a long shape', `UPDATE region SET shape = CAST(zeroblob(5000) || x'ff' AS TEXT) WHERE id = 4`, /region 4: shape/],
  ['an author', `UPDATE region SET author = ${bytes} WHERE id = 1`, /region 1: author: holds bytes that are no UTF-8/],
  ['a number', `UPDATE media SET width = ${bytes} WHERE id = 1`, /media 1: width: holds bytes that are no UTF-8/],
  ['a journal entry', `UPDATE journal SET action = ${bytes} WHERE seq = 1`, /journal 1: action: holds bytes that are no UTF-8/],
  [
    'a journalled change',
    `UPDATE journal_change SET changes = ${bytes} WHERE seq = 1`,
    /journal_change 1: changes: holds bytes that are no UTF-8/,
  ],
  ['the name of the project', `UPDATE meta SET value = ${bytes} WHERE key = 'name'`, /meta name: value: holds bytes that are no UTF-8/],
  ['a folder', `UPDATE root SET path = ${bytes}`, /root 1: path: holds bytes that are no UTF-8/],
  ['a run', `UPDATE run SET settings = ${bytes}`, /run 1: settings: holds bytes that are no UTF-8/],
  ['a half of a surrogate pair', `UPDATE caption SET text = CAST(x'eda080' AS TEXT)`, /caption 1: text: holds bytes that are no UTF-8/],
  ['an overlong form', `UPDATE caption SET text = CAST(x'c0af' AS TEXT)`, /caption 1: text: holds bytes that are no UTF-8/],
  ['a lone continuation byte', `UPDATE caption SET text = CAST(x'80' AS TEXT)`, /caption 1: text: holds bytes that are no UTF-8/],
  ['bytes behind a NUL', `UPDATE caption SET text = CAST(x'6100ff' AS TEXT)`, /caption 1: text: holds bytes that are no UTF-8/],
  ['a blob', `UPDATE caption SET text = x'6162'`, /caption 1: text: holds bytes where text or a number belongs/],
  ['text in place of a number', `UPDATE media SET width = 'wide' WHERE id = 1`, /media 1 is damaged: width/],
  ['what is no JSON', `UPDATE region SET attributes = '{"a":' WHERE id = 2`, /region 2 is damaged/],
  ['JSON of another kind', `UPDATE region SET shape = '[]' WHERE id = 2`, /region 2 is damaged/],
  ['a run whose settings are no JSON', `UPDATE run SET settings = 'x'`, /run .* is damaged/],
  ['an infinite score', `UPDATE region SET score = 1e999 WHERE id = 3`, /region 3 is damaged/],
]

describe('a database with', () => {
  test.each(places)('%s that cannot be read is an error that names the row, in the check too', async (_, sql, says) => {
    const lines = await readEverything(changed(sql))
    expect(lines.filter((l) => !l.startsWith('check: ')).join('\n')).toMatch(says)
    expect(lines.filter((l) => l.startsWith('check: ')).join('\n')).toMatch(says)
  })
})

test('what cannot be read does not hide the rest', () => {
  const project = openProject(changed(`UPDATE caption SET text = ${bytes}`))
  expect(imageContent(project, 1).tags).toEqual(['night'])
  expect(() => imageContent(project, 4)).toThrow(/caption 1: text/)
  project.close()
})

test('text with a NUL in it, as an earlier version stored it, can be read and undone', () => {
  const project = temporaryProject(fiveImages())
  // Past the schema that refuses it today.
  project.db.transaction(() => {
    const seq = project.db.run(
      `INSERT INTO journal (kind, action, by_name, at, media_count) VALUES ('do', 'add caption', 'ann', 0, 1)`,
    ).lastId
    for (const [i, text] of ['a\0b', 'c\ud800d'].entries()) {
      const row = { media_id: 1, region_id: null, text, language: null, spans: '[]', author: 'person:ann', score: null, state: 'accepted' }
      const id = project.db.run(
        `INSERT INTO caption (${Object.keys(row).join(', ')}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        ...Object.values(row),
      ).lastId
      project.db.run(
        'INSERT INTO journal_change (seq, part, changes) VALUES (?, ?, ?)',
        seq,
        i + 1,
        JSON.stringify({ rows: [{ table: 'caption', id, before: null, after: row }] }),
      )
    }
    project.db.run('INSERT INTO journal_media (media_id, seq) VALUES (1, ?)', seq)
  })
  expect(imageContent(project, 1).captions.map((c) => c.text)).toEqual(['a\ufffdb', 'c\ufffdd'])
  expect(undoChange(project, 1)?.action).toBe('add caption')
  expect(imageContent(project, 1).captions).toEqual([])
})

test('a file with bytes turned at random places answers or says what is wrong, wherever they are', { timeout: 120_000 }, async () => {
  const whole = readFileSync(join(changed(), 'project.db'))
  let seed = 7
  const random = (n: number) => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) % n
  for (let run = 0; run < Number(process.env['DAMAGE_RUNS'] ?? 30); run++) {
    const folder = temporaryFolder()
    const bytes = Buffer.from(whole)
    for (let i = 0; i < 1 + (run % 20); i++) bytes[random(bytes.length)] = random(256)
    writeFileSync(join(folder, 'project.db'), bytes)
    await readEverything(folder)
  }
})

const cli = resolve('out/main/cli.js')
test.skipIf(!existsSync(cli))('the terminal says it in one line and exits 2', () => {
  const folder = changed(`UPDATE caption SET text = ${bytes}`, `UPDATE meta SET value = ${bytes} WHERE key = 'name'`)
  for (const verb of ['info', 'check']) {
    const { status, stderr, stdout } = spawnSync(process.execPath, [cli, 'project', verb, folder], { encoding: 'utf8' })
    expect(status).toBe(2)
    expect(stderr + stdout).toMatch(/holds bytes that are no UTF-8/)
    expect(stderr).not.toMatch(/ at /)
  }
})
