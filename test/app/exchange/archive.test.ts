/** Archives of projects that somebody else made: of earlier and later schemas, and with a database that is none of ours. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Libsql from 'libsql'
import { describe, expect, test } from 'vitest'
import yazl from 'yazl'
import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { Readable } from 'node:stream'
import { migrations, schemaVersion } from '../../../src-main/db/schema.ts'
import { importInto } from '../../../src-main/app/exchange/index.ts'
import { openArchive } from '../../../src-main/app/exchange/project-archive.ts'
import { checkProject, imageContent, listLabels } from '../../../src-main/app/projects/index.ts'
import { temporaryFolder, temporaryProject } from '../projects/fixture.ts'

/** A database of a schema version, with one image, a region, a caption and what `more` adds. */
function database(version: number, more: readonly string[] = []): string {
  const file = join(mkdtempSync(join(tmpdir(), 'dashi-archive-')), 'project.db')
  const db = new Libsql(file)
  for (const step of migrations) if (step.version <= version) db.exec(step.sql)
  db.exec(`PRAGMA user_version = ${version};
    INSERT INTO meta (key, value) VALUES ('id', 'x'), ('name', 'old'), ('created', '0');
    INSERT INTO root (path) VALUES ('media');
    INSERT INTO label (name, colour, synonyms, prompts) VALUES ('cat', '#ff0000', '[]', '[]');
    INSERT INTO media (root_id, path, width, height, orientation, review, annotated) VALUES (1, 'a.jpg', 64, 48, 1, 'unreviewed', 1);
    INSERT INTO region (media_id, label_id, shape, attributes, author, state, z, hidden, locked) VALUES (1, 1, '{"kind":"box","x":1,"y":2,"w":3,"h":4}', '{}', 'person:ann', 'accepted', 0, 0, 0);
    INSERT INTO caption (media_id, text, spans, author, state) VALUES (1, 'a cat', '[]', 'person:ann', 'accepted');`)
  for (const sql of more) db.exec(sql)
  db.close()
  return file
}

async function archive(file: string): Promise<string> {
  const zip = new yazl.ZipFile()
  const to = join(temporaryFolder(), 'p.dashi.zip')
  zip.addFile(file, 'project.db')
  zip.end()
  await pipeline(zip.outputStream as Readable, createWriteStream(to))
  return to
}

describe.each(migrations.map((m) => m.version))('an archive of schema %i', (version) => {
  test('can be imported, or opened as a project', async () => {
    const file = await archive(database(version))
    const project = temporaryProject()
    expect(await importInto(project, file, { format: 'dashi' })).toMatchObject({ images: 1, counts: { added: 1, regions: 1, captions: 1 } })
    expect(listLabels(project).map((l) => l.name)).toEqual(['cat'])
    const opened = await openArchive(file, join(temporaryFolder(), 'opened'))
    expect(imageContent(opened.project, 1)).toMatchObject({ regions: [{ shape: { kind: 'box', w: 3 } }], captions: [{ text: 'a cat' }] })
    expect(opened.project.db.value('PRAGMA user_version')).toBe(schemaVersion)
    expect(
      checkProject(opened.project, { files: false }).problems.filter((p) => !['dataset-hash', 'search-index'].includes(p.kind)),
    ).toEqual([]) // rows past the journal
    opened.project.close()
  })
})

/** Each is refused in one line, at once, and leaves nothing in the project. */
const hostile: [string, readonly string[], RegExp][] = [
  ['of a later schema', [`PRAGMA user_version = ${schemaVersion + 1}`], /was written by a newer Dashi/],
  ['of no schema', ['PRAGMA user_version = 0', 'DROP TABLE comment'], /is not a plain project database/],
  [
    'with an endless view in place of a table',
    [
      'DROP TABLE media_tag',
      'CREATE VIEW media_tag AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS id, 1 AS media_id, i AS tag FROM n',
    ],
    /media_tag is a view, expected a table/,
  ],
  [
    'with an endless view beside the tables',
    ['CREATE VIEW extra AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n'],
    /holds the view extra/,
  ],
  ['with a trigger', ['CREATE TRIGGER t AFTER UPDATE ON media BEGIN DELETE FROM region; END'], /holds the trigger t/],
  ['with a generated column', [`ALTER TABLE media ADD COLUMN slow TEXT AS (hex(zeroblob(100000000)))`], /media is another table/],
  [
    'with a virtual table in place of a table',
    ['DROP TABLE comment', 'CREATE VIRTUAL TABLE comment USING fts5(id, media_id, region_id, by_name, text, created, resolved)'],
    /comment is another table/,
  ],
  ['with another table', ['CREATE TABLE extra (x)'], /holds the table extra/],
  ['with an index on an expression', ['CREATE INDEX extra ON media (hex(path))'], /holds the index extra/],
  ['with images outside', [`UPDATE root SET path = '/etc'`], /is not in the archive/],
  ['with bytes that are no text', [`UPDATE caption SET text = CAST(x'ff' AS TEXT)`], /caption 1: text: holds bytes that are no UTF-8/],
  [
    'with a name of a table that is no text',
    ['PRAGMA writable_schema = ON', `UPDATE sqlite_master SET sql = CAST(x'435245415445ff' AS TEXT) WHERE name = 'comment'`],
    /project\.db/,
  ],
]

describe('an archive', () => {
  test.each(hostile)('%s is refused', async (_, sql, says) => {
    const file = await archive(database(schemaVersion, sql))
    const project = temporaryProject()
    let message = ''
    await importInto(project, file, { format: 'dashi' }).catch((e: Error) => ((message = e.message), expect(e.name).toBe('DashiError')))
    expect(message).toMatch(says)
    expect(message.split('\n')).toHaveLength(1)
    expect(project.db.value('SELECT count(*) FROM media')).toBe(0)
    if (!/no UTF-8/.test(says.source)) await expect(openArchive(file, join(temporaryFolder(), 'opened'))).rejects.toThrow(says)
  })

  test('with shared pages, which make a table endless, is refused', async () => {
    const file = database(schemaVersion, [
      `INSERT INTO media_tag (media_id, tag) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) SELECT 1, 'tag ' || i FROM n`,
    ])
    const db = new Libsql(file)
    const root = Number((db.prepare(`SELECT rootpage AS r FROM sqlite_master WHERE name = 'media_tag'`).get([]) as { r: number }).r)
    db.exec('PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE')
    db.close()
    const { readFileSync } = await import('node:fs')
    const bytes = readFileSync(file)
    const page = (root - 1) * 4096
    expect(bytes[page]).toBe(5) // an inner page: all its children become the first one
    const cells = bytes.readUInt16BE(page + 3)
    const first = bytes.readUInt32BE(page + bytes.readUInt16BE(page + 12))
    for (let i = 0; i < cells; i++) bytes.writeUInt32BE(first, page + bytes.readUInt16BE(page + 12 + 2 * i))
    const target = join(temporaryFolder(), 'in')
    mkdirSync(target)
    writeFileSync(join(target, 'project.db'), bytes)
    await expect(importInto(temporaryProject(), await archive(join(target, 'project.db')), { format: 'dashi' })).rejects.toThrow(
      /its database is damaged/,
    )
  })
})
