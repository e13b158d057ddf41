/**
 * A project with checkpoints as the program of schema 7 left them (test/fixtures/make-earlier.mjs says how they were made). Whatever
 * has become of the program since: it opens, says what it said, and can be worked with.
 */
import { cpSync, existsSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { schemaVersion } from '../../../src-main/db/schema.ts'
import { undoChange } from '../../../src-main/app/annotations/index.ts'
import {
  checkProject,
  compareSnapshots,
  imageContent,
  listCheckpoints,
  listLabels,
  listRuns,
  mediaByPath,
  openProject,
  projectInfo,
  readRecords,
  restoreSnapshot,
  type Project,
} from '../../../src-main/app/projects/index.ts'
import { TINY_CLIP, temporaryFolder } from '../../helpers/pictures.ts'
import { type Said, terminal } from '../cli/terminal.ts'

const kept = path.join(import.meta.dirname, '../../fixtures/schema-7')

/** A copy, with the base model of its runs put back where it lay. */
function copied(): string {
  const folder = path.join(temporaryFolder(), 'project')
  cpSync(kept, folder, { recursive: true })
  cpSync(TINY_CLIP, path.join(folder, 'models', 'tiny'), { recursive: true, filter: (file) => !file.endsWith('expected.json') })
  return folder
}

function opened<T>(folder: string, body: (project: Project) => T): T {
  const project = openProject(folder, { user: 'ann' })
  try {
    return body(project)
  } finally {
    project.close()
  }
}

/** As `copied`, opened once for writing, which brings an older schema up to date: commands that only read ask for that. */
function broughtUpToDate(): string {
  const folder = copied()
  opened(folder, () => undefined)
  return folder
}

const hash = '02d795c7bd62865872d31661105c3b2cd3721d36d404ba9c31bada9e0694316a'

it('a command that only reads changes nothing: it says how to bring the project up to date', () => {
  const folder = copied()
  const line = `was written by an earlier Dashi (schema 7; this one uses ${schemaVersion}): open the project once with dashi start --project`
  expect(() => openProject(folder, { readOnly: true })).toThrow(`project.db: ${line} ${folder}`)
  opened(folder, () => undefined)
  openProject(folder, { readOnly: true }).close()
})

describe('what it holds', () => {
  it('is all there, sound, and the same dataset by its hash', () => {
    opened(copied(), (project) => {
      expect(projectInfo(project)).toMatchObject({
        name: 'Made by schema 7',
        media: 24,
        labels: 4,
        regions: 6,
        captions: 4,
        imageLabels: 20,
        splits: { test: 4, train: 8, val: 4 },
        runs: 3,
        checkpoints: 2,
        snapshots: ['as imported'],
        datasetHash: hash,
      })
      expect(checkProject(project)).toMatchObject({ ok: true, problems: [] })
    })
  })

  it('regions, their track, labels and captions are read', () => {
    opened(copied(), (project) => {
      const frame = (n: number) => imageContent(project, mediaByPath(project, `frame_000${n}.png`)!.id)
      const names = new Map(listLabels(project).map((l) => [l.id, l.name]))
      expect(frame(1).regions.map((r) => [names.get(r.labelId!), r.shape.kind, r.track?.frame])).toEqual([
        ['disc', 'box', 'key'],
        ['contour', 'polygon', undefined],
      ])
      expect(frame(2).regions.map((r) => [r.shape.kind, r.track])).toEqual([
        ['box', { id: 7, frame: 'between' }],
        ['mask', undefined],
      ])
      expect(frame(1).captions.map((c) => c.text)).toEqual(['A red disc, number 1', '赤い丸がある'])
      expect(listLabels(project).find((l) => l.name === 'disc')).toMatchObject({
        key: 'd',
        synonyms: ['circle'],
        attributes: [{ type: 'choice', name: 'size', options: ['small', 'large'], required: true }],
      })
    })
  })

  it('the newest change is undone, and a snapshot gone back to', () => {
    opened(copied(), (project) => {
      expect(compareSnapshots(project, 'as imported').labels).toMatchObject({ added: 0, changed: 1, removed: 0 })
      expect(undoChange(project)?.action).toBe('rename label')
      expect(listLabels(project).map((l) => l.name)).toContain('outline')
      restoreSnapshot(project, 'as imported')
      expect(checkProject(project).problems).toEqual([])
    })
  })

  it('runs and checkpoints say what they were made with, and of a stopped one how far it came', () => {
    opened(copied(), (project) => {
      expect(listCheckpoints(project).map((c) => [c.name, c.kind, c.folder, c.metrics])).toEqual([
        ['two', 'ft', 'checkpoints/two', { test: 1, train: 1, val: 1 }],
        ['one', 'ft', 'checkpoints/one', { test: 1, train: 1, val: 1 }],
      ])
      const [stopped, , first] = listRuns(project)
      expect(first).toMatchObject({
        recipe: 'ft',
        status: 'done',
        datasetHash: hash,
        settings: { epochs: 12, batchSize: 8, lr: 0.003, seed: 0, model: 'models/tiny', name: 'one', device: 'cpu' },
      })
      expect(stopped).toMatchObject({ recipe: 'coop', status: 'cancelled', folder: 'checkpoints/stopped', metrics: { steps: 155 } })
    })
  })
})

describe('what is done with it', () => {
  let run: (...argv: string[]) => Promise<Said>
  beforeAll(async () => {
    run = await terminal(path.join(temporaryFolder(), 'cache'))
  })
  const json = async (...argv: string[]) => {
    const { code, stdout, stderr } = await run(...argv, '--json')
    expect(code, stderr).toBe(0)
    return JSON.parse(stdout) as { splits: Record<string, { n: number; accuracy: number }> }
  }

  it('is exported as an archive that holds the same dataset, and as COCO with its track', async () => {
    const folder = broughtUpToDate()
    const out = temporaryFolder()
    for (const format of ['dashi', 'coco']) {
      const target = path.join(out, format === 'dashi' ? 'all.dashi.zip' : 'coco')
      const { code, stderr } = await run('export', target, '--project', folder, '--format', format)
      expect(code, stderr).toBe(0)
      await run('project', 'create', path.join(out, `again-${format}`))
      const back = await run('import', target, '--project', path.join(out, `again-${format}`), '--format', format)
      expect(back.code, back.stderr).toBe(0)
    }
    opened(path.join(out, 'again-dashi'), (project) => expect(projectInfo(project)).toMatchObject({ media: 24, regions: 6, captions: 4 }))
    opened(path.join(out, 'again-coco'), (project) => {
      const tracked = [...readRecords(project)]
        .flatMap(({ record }) => record.regions ?? [])
        .filter((r) => r.attributes?.['track_id'] === 7)
      expect(tracked.map((r) => r.attributes?.['keyframe'])).toEqual([true, false, false, true])
    })
  })

  it('a checkpoint is measured as it was when it was made', async () => {
    const folder = broughtUpToDate()
    const { splits } = await json('evaluate', '--project', folder, '--checkpoint', path.join(folder, 'checkpoints/one'), '--device', 'cpu')
    expect(splits).toMatchObject({ train: { n: 8, accuracy: 1 }, val: { n: 4, accuracy: 1 }, test: { n: 4, accuracy: 1 } })
  })

  it('a checkpoint and a soup are merged into another', async () => {
    const folder = broughtUpToDate()
    const [one, soup, out] = ['one', 'soup', 'soup again'].map((name) => path.join(folder, 'checkpoints', name))
    const { splits } = await json(...['merge', one!, soup!, '--method', 'uniform', '--out', out!, '--project', folder, '--device', 'cpu'])
    expect(splits['test']).toMatchObject({ n: 4, accuracy: 1 })
    expect(existsSync(path.join(out!, 'model.safetensors'))).toBe(true)
  })

  it('a name under which a training was stopped is trained again', async () => {
    const folder = copied()
    const { code, stderr } = await run(
      ...['train', '--project', folder, '--model', path.join(folder, 'models/tiny'), '--device', 'cpu', '--name', 'stopped'],
      ...['--recipe', 'coop', '--set', 'epochs=20', 'batchSize=8'],
    )
    expect(code, stderr).toBe(0)
    opened(folder, (project) => {
      expect(listCheckpoints(project)[0]).toMatchObject({ name: 'stopped', kind: 'coop', folder: 'checkpoints/stopped' })
      expect(listRuns(project).map((r) => r.status)).toEqual(['done', 'cancelled', 'done', 'done'])
    })
    expect(existsSync(path.join(folder, 'checkpoints/stopped.run'))).toBe(false)
  })
})
