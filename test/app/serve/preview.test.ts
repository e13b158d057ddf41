/** Previews as a window asks for them: real models of random weights, a real project. */
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { JobEntry } from '#shared/contract/app.ts'
import { clipBox } from '#shared/geometry/box.ts'
import { rleBox } from '#shared/geometry/rle.ts'
import { isOpen } from '#shared/model/queue.ts'
import type { ProposeReport } from '#shared/model/propose.ts'
import type { Question } from '#shared/model/question.ts'
import { addLabel, addRegion, removeMedia } from '../../../src-main/app/annotations/index.ts'
import { addRecords, createProject, findMedia, imageContent, listLabels, type Project } from '../../../src-main/app/projects/index.ts'
import { App } from '../../../src-main/app/serve/app.ts'
import type { EngineClient } from '../../../src-main/engine/index.ts'
import { answer } from '../../../src-main/engine/questions/answer.ts'
import { golden, goldenPath } from '../../helpers/golden.ts'
import { temporaryFolder, TINY_CLIP } from '../../helpers/pictures.ts'
import { hostIn, openWindow } from '../../helpers/window.ts'

const OWL = goldenPath('families/owlv2')
const CLIPSEG = goldenPath('../models/clipseg')
const SAM = goldenPath('../models/sam')
const pictures = golden<Record<string, { file: string }>>('owl-pictures.json')
const SIZES = { 'large.png': [150, 110], 'long.png': [120, 12], 'grey.png': [50, 45] } as const
const SOURCES: Record<keyof typeof SIZES, string> = { 'large.png': 'large', 'long.png': '10:1', 'grey.png': 'grey' }

/** One thread of the engine, in this process: a question after the other. `hold` keeps it from the next one. */
class Thread {
  readonly asked: Question[] = []
  private last: Promise<unknown> = Promise.resolve()
  hold: ((question: Question) => Promise<unknown>) | undefined

  ask = (question: Question): Promise<unknown> => {
    this.asked.push(question)
    const answered = this.last.then(async () => {
      await this.hold?.(question)
      return answer(question)
    })
    this.last = answered.catch(() => undefined)
    return answered
  }
  close = (): Promise<void> => Promise.resolve()
  encoded = () => this.asked.flatMap((q) => (q.kind === 'encode' ? [path.basename(q.file)] : []))
}

let dir: string
let images: string
/** A folder of models outside projects. */
let shelf: string
let folder: string
let app: App
let thread: Thread
const opened: (() => unknown)[] = []
beforeAll(() => {
  dir = temporaryFolder()
  images = path.join(dir, 'images')
  shelf = path.join(dir, 'shelf')
  fs.mkdirSync(images)
})
afterAll(async () => {
  for (const close of opened) await close()
})

let n = 0
beforeEach(() => {
  for (const [name, from] of Object.entries(SOURCES)) fs.writeFileSync(path.join(images, name), Buffer.from(pictures[from]!.file, 'base64'))
  folder = path.join(dir, `project-${n++}`)
  const project = createProject(folder, { name: 'scenes', user: 'ann' })
  const records = Object.entries(SIZES).map(([fileName, [width, height]]) => ({ fileName, width, height }))
  addRecords(project, records, { root: images })
  addLabel(project, { name: 'cat', synonyms: ['kitty'], prompts: ['a tabby'] })
  project.close()
  start()
})

function start(): void {
  thread = new Thread()
  app = new App({
    host: hostIn(path.join(dir, `host-${n}`)),
    models: { engine: thread as unknown as EngineClient, nano: TINY_CLIP, cache: '', modelFolders: () => [shelf] },
  })
  const own = app
  opened.push(() => own.close())
}

async function window() {
  const told: { event: string; data: unknown }[] = []
  const waiting = new Set<() => void>()
  const w = openWindow(app, (event, data) => {
    told.push({ event, data })
    for (const look of [...waiting]) look()
  })
  opened.unshift(() => w.close())
  const { key } = await w.call('projects.open', { folder })
  const ended = (id: string, of = (entry: JobEntry) => !isOpen(entry)) =>
    new Promise<JobEntry>((resolve) => {
      const look = () => {
        const entries = told.flatMap((t) => (t.event === 'jobs.changed' ? [t.data as JobEntry] : []))
        const entry = entries.find((e) => e.id === id && of(e))
        if (entry) resolve(entry)
      }
      waiting.add(look)
      look()
    })
  const { project } = app.pool.byKey(key)!
  return {
    ...w,
    told,
    ended,
    project,
    /** The report of a batch. */
    propose: async (options: Parameters<typeof w.call<'preview.propose'>>[1]) => {
      const { jobId } = await w.call('preview.propose', options!)
      const { status, result, error } = await ended(jobId)
      expect([status, error]).toEqual(['done', null])
      return result as ProposeReport
    },
  }
}
const regionsOf = (project: Project) => findMedia(project).flatMap((m) => imageContent(project, m.id).regions)
const ALL = { settings: { threshold: 0 } }

describe('of the open image', () => {
  test('a label is looked for by its first prompt, a synonym or a prompt as it stands: they belong to the label', async () => {
    const w = await window()
    const ask = (...words: string[]) => w.call('preview.detect', { mediaId: 1, model: OWL, words, templates: ['{} '], ...ALL })
    const [cat] = listLabels(w.project)
    const bare = (found: Awaited<ReturnType<typeof ask>>) => found.map(({ score, box }) => ({ score, box }))
    const [byName, byPrompt, bySynonym, other] = [await ask('cat'), await ask('a tabby'), await ask('KITTY'), await ask('house')]
    expect(bare(byName)).toEqual(bare(byPrompt))
    expect(bare(bySynonym)).not.toEqual(bare(byName))
    for (const [word, found, labelId] of [
      ['cat', byName, cat!.id],
      ['a tabby', byPrompt, cat!.id],
      ['KITTY', bySynonym, cat!.id],
      ['house', other, null],
    ] as const) {
      expect(found.length).toBeGreaterThan(1)
      expect(found.every((f) => f.label === word && f.labelId === labelId)).toBe(true)
    }
  })

  test('masks come by words with their boxes, and by clicks or a box with the model’s own estimates', async () => {
    const w = await window()
    const found = await w.call('preview.segment', { mediaId: 1, model: CLIPSEG, words: ['cat', 'house'], templates: ['{}'], ...ALL })
    expect(found.map((f) => [f.label, f.labelId]).sort()).toEqual([
      ['cat', 1],
      ['house', null],
    ])
    for (const { mask, box } of found) {
      const { x, y, w, h } = rleBox(mask)
      expect([mask.size, box]).toEqual([
        [110, 150],
        [x, y, w, h],
      ])
    }
    const click = { x: 30, y: 40, positive: true }
    const several = await w.call('preview.mask', { mediaId: 1, model: SAM, clicks: [click] })
    expect(several.map((m) => m.score)).toEqual(several.map((m) => m.score).toSorted((a, b) => b - a))
    const one = await w.call('preview.mask', { mediaId: 1, model: SAM, clicks: [click], box: [20, 20, 50, 50] })
    expect(one.length).toBeLessThanOrEqual(1)
    const negative = await w.call('preview.mask', {
      mediaId: 1,
      model: SAM,
      clicks: [{ ...click, positive: false }],
      box: [20, 20, 50, 50],
    })
    expect(negative).not.toEqual(one)
  })

  test('a model’s entry says what it can do, its licence, and how long it took for the last image', async () => {
    fs.cpSync(OWL, path.join(shelf, 'owl'), { recursive: true })
    fs.writeFileSync(path.join(shelf, 'owl', 'README.md'), '---\nlicense: apache-2.0\ntags: [vision]\n---\n# OWL\n')
    const w = await window()
    const entry = async () => (await w.call('models.list')).find((m) => m.folder === path.join(shelf, 'owl'))!
    expect(await entry()).toMatchObject({ can: expect.arrayContaining(['detect']) as string[], licence: 'apache-2.0', milliseconds: null })
    await w.call('preview.detect', { mediaId: 1, model: path.join(shelf, 'owl'), ...ALL })
    const { milliseconds } = await entry()
    expect(milliseconds).toBeGreaterThan(0)
    await w.call('preview.detect', { mediaId: 1, model: path.join(shelf, 'owl'), ...ALL }) // which encodes nothing
    expect((await entry()).milliseconds).toBe(milliseconds)
  })

  test.each([
    ['preview.detect', { model: OWL, words: [] }, /^preview\.detect\.words: .*1/],
    ['preview.detect', { model: OWL, settings: { threshold: 1.5 } }, /^preview\.detect\.settings\.threshold: /],
    ['preview.detect', { model: OWL, words: ['cat '.repeat(40)] }, /^the text ".*" has \d+ tokens, more than the 16 that the model reads$/],
    ['preview.detect', { model: OWL, mediaId: 99 }, /99/],
    ['preview.detect', { model: OWL, example: { mediaId: 1, region: [900, 900, 5, 5] } }, /150 × 110 pixels, found 900,900,5,5$/],
    ['preview.detect', { model: SAM, words: ['cat'] }, /^detect: a SAM model cannot detect objects/],
    ['preview.segment', { model: OWL, words: ['cat'] }, /^segment: a OWL/],
    ['preview.segment', { model: '/nowhere', words: ['cat'] }, /nowhere/],
    ['preview.mask', { model: SAM }, /^give a click on the image, or a box$/],
    ['preview.propose', { model: CLIPSEG, words: ['cat'] }, /^propose: a CLIPSeg model cannot detect objects/],
    ['preview.propose', { model: OWL, example: { mediaId: 1 } }, /say which label/],
    ['preview.propose', { model: 'unsupported', words: ['cat'] }, /config\.json: .*"rwkv"/],
  ] as const)('%s of %o is refused in one line', async (method, input, says) => {
    const strange = path.join(folder, 'unsupported')
    fs.mkdirSync(strange)
    fs.writeFileSync(path.join(strange, 'config.json'), '{"model_type":"rwkv"}')
    const w = await window()
    const error = await w.call(method, { mediaId: 1, ...input } as never).then(
      () => null,
      (e: unknown) => e as Error & { fault: string },
    )
    expect(error?.message).toMatch(says)
    expect(error?.message).not.toContain('\n')
    expect(['user', 'data']).toContain(error?.fault)
  })
})

describe('images that may be asked about next', () => {
  test('are encoded in order, once; another wish replaces the first', async () => {
    const w = await window()
    let go = () => {}
    const first = new Promise<void>((resolve) => (go = resolve))
    thread.hold = () => first
    await w.call('preview.ahead', { mediaIds: [1, 2], model: OWL, task: 'detect' })
    await w.call('preview.ahead', { mediaIds: [3, 99], model: OWL, task: 'detect' })
    go()
    await app.ahead.idle()
    expect(thread.encoded()).toEqual(['large.png', 'grey.png'])
    await w.call('preview.detect', { mediaId: 3, model: OWL, ...ALL })
    expect(await thread.ask({ kind: 'encode', model: OWL, file: path.join(images, 'grey.png'), task: 'detect' })).toEqual({
      milliseconds: null,
    })
  })

  test('wait while somebody waits for an answer, and for nobody when their window has gone', async () => {
    const w = await window()
    let go = () => {}
    const held = new Promise<void>((resolve) => (go = resolve))
    thread.hold = ({ kind }) => (kind === 'detect' ? held : Promise.resolve())
    const asked = w.call('preview.detect', { mediaId: 1, model: OWL, ...ALL })
    await w.call('preview.ahead', { mediaIds: [2], model: OWL, task: 'detect' })
    expect(thread.encoded()).toEqual(['large.png'])
    go()
    await asked
    await app.ahead.idle()
    expect(thread.encoded()).toEqual(['large.png', 'long.png'])
    app.ahead.want('gone', { files: ['a.png', 'b.png'], model: OWL, task: 'detect' })
    app.ahead.want('gone', null)
    await app.ahead.idle()
    expect(thread.encoded().filter((f) => f === 'b.png')).toEqual([])
  })
})

describe('a batch', () => {
  test('proposes with checkpoint, prompt and score what no region of the label shows, as one step of undo', async () => {
    const w = await window()
    const found = await w.call('preview.detect', { mediaId: 1, model: OWL, words: ['cat', 'house'], ...ALL })
    const [x, y, width, height] = found.find((f) => f.label === 'cat')!.box
    addRegion(w.project, { mediaId: 1, labelId: 1, shape: { kind: 'box', ...clipBox({ x, y, w: width, h: height }, 150, 110)! } })
    const own = regionsOf(w.project)
    const report = await w.propose({ model: OWL, words: ['cat', 'house'], mediaIds: [1, 3], ...ALL })
    const made = regionsOf(w.project).filter((r) => r.state === 'proposed')
    expect(report).toMatchObject({ images: 2, proposals: made.length, leftOut: [] })
    expect(report.known).toBeGreaterThan(0)
    expect(new Set(made.map((r) => r.mediaId))).toEqual(new Set([1, 3]))
    const names = new Map(listLabels(w.project).map((l) => [l.id, l.name]))
    for (const { author, labelId } of made) {
      const prompt = names.get(labelId!) === 'cat' ? 'a tabby' : 'house'
      expect(author).toMatchObject({ kind: 'checkpoint', checkpoint: OWL, prompt, score: expect.any(Number) as number })
    }
    expect(w.told.some((t) => t.event === 'annotations.changed')).toBe(true)
    await w.call('history.undo', {})
    expect(regionsOf(w.project)).toEqual(own)
    expect(listLabels(w.project).map((l) => l.name)).toEqual(['cat'])
  })

  test('with the limit 1 proposes what is there already, too', async () => {
    const w = await window()
    const ask = { model: OWL, words: ['cat'], mediaIds: [3], ...ALL }
    const { proposals } = await w.propose(ask)
    expect(await w.propose(ask)).toMatchObject({ proposals: 0, known: proposals })
    expect(await w.propose({ ...ask, known: 1 })).toMatchObject({ proposals, known: 0 })
  })

  test('makes masks, and compares them with masks', async () => {
    const w = await window()
    const ask = { task: 'segment' as const, model: CLIPSEG, words: ['kitty'], templates: ['{}'], mediaIds: [1], ...ALL }
    expect(await w.propose(ask)).toMatchObject({ images: 1, proposals: 1, labels: { cat: 1 } })
    expect(regionsOf(w.project)).toMatchObject([{ labelId: 1, shape: { kind: 'mask' }, author: { prompt: 'kitty' } }])
    expect(await w.propose(ask)).toMatchObject({ proposals: 0, known: 1 })
  })

  test('finds what is like an example, and says which it was', async () => {
    const w = await window()
    const example = { mediaId: 1, region: [10, 10, 60, 60] as [number, number, number, number] }
    await w.propose({ model: OWL, example, label: 'thing', mediaIds: [2, 3] })
    const made = regionsOf(w.project)
    expect(made.length).toBeGreaterThan(0)
    for (const { author } of made) expect(author).toMatchObject({ prompt: 'large.png [10, 10, 60, 60]' })
    expect(listLabels(w.project).map((l) => l.name)).toEqual(['cat', 'thing'])
  })

  test('leaves out and names images that cannot be read or vanish meanwhile; the others are looked at', async () => {
    const w = await window()
    fs.rmSync(path.join(images, 'large.png'))
    thread.hold = (question) => {
      if (question.kind === 'detect' && question.file.endsWith('grey.png')) removeMedia(w.project, [2, 3])
      return Promise.resolve()
    }
    const report = await w.propose({ model: OWL, words: ['cat'], ...ALL })
    expect(report).toEqual({
      ...{ images: 0, proposals: 0, labels: {} },
      known: expect.any(Number) as number,
      leftOut: [
        { path: 'large.png', reason: 'no such file' },
        { path: 'grey.png', reason: 'it is no longer in the project' },
        { path: 'long.png', reason: 'it is no longer in the project' },
      ],
    })
  })

  test('that is cancelled proposes nothing', async () => {
    const w = await window()
    let cancel = () => {}
    thread.hold = (question) => {
      if (question.kind === 'detect') cancel()
      return Promise.resolve()
    }
    const { jobId } = await w.call('preview.propose', { model: OWL, words: ['cat'], ...ALL })
    cancel = () => app.queue.cancel(jobId)
    expect(await w.ended(jobId)).toMatchObject({ status: 'cancelled' })
    expect(regionsOf(w.project)).toEqual([])
  })

  test('that a restart interrupts is offered again, and then does all of it', async () => {
    const before = await window()
    thread.hold = (question) => (question.kind === 'detect' ? app.queue.stop(0) : Promise.resolve())
    const { jobId } = await before.call('preview.propose', { model: OWL, words: ['cat'], mediaIds: [1, 3], ...ALL })
    expect(await before.ended(jobId)).toMatchObject({ status: 'interrupted' })
    before.close()
    await app.close()
    start()
    const w = await window()
    expect(await w.call('jobs.list')).toMatchObject([{ id: jobId, kind: 'propose', status: 'interrupted', offers: 'again' }])
    await w.call('jobs.again', { id: jobId })
    expect((await w.ended(jobId, ({ status }) => status === 'done')).result).toMatchObject({ images: 2 })
    expect(new Set(regionsOf(w.project).map((r) => r.mediaId))).toEqual(new Set([1, 3]))
  })
})

test('proposals are reviewed by uncertainty', async () => {
  const w = await window()
  const propose = (mediaId: number, score: number, labelId: number | null = 1, x = 0) =>
    addRegion(w.project, {
      ...{ mediaId, labelId },
      shape: { kind: 'box', x, y: 0, w: 10, h: 10 },
      author: { kind: 'checkpoint', checkpoint: 'owl', score, prompt: 'a tabby' },
    }).id
  const house = addLabel(w.project, { name: 'house' }).id
  const [sure, rival, open] = [propose(1, 0.9), propose(1, 0.85, house, 1), propose(3, 0.4)]
  const queue = async (by: { measure?: 'threshold' | 'entropy' | 'margin'; threshold?: number }) => {
    const { total, proposals } = await w.call('review.proposals', { by })
    expect(total).toBe(3)
    return proposals.map((p) => [p.id, Number(p.uncertainty.toFixed(3))])
  }
  expect(await queue({})).toEqual([
    [open, 0.8],
    [rival, 0.3],
    [sure, 0.2],
  ])
  expect((await queue({ threshold: 0.85 }))[0]).toEqual([rival, 1])
  expect(await queue({ measure: 'margin' })).toEqual([
    [sure, 0.95],
    [rival, 0.95],
    [open, 0.6],
  ])
  // Two labels that share the place nearly evenly leave more open than one that may be there or not.
  expect((await queue({ measure: 'entropy' })).map(([id]) => id)).toEqual([open, sure, rival])
  expect((await w.call('review.order', { order: 'uncertain' })).ids).toEqual([3, 1, 2])
  expect((await w.call('review.order', { order: 'uncertain', by: { measure: 'margin' } })).ids).toEqual([1, 3, 2])
  const page = await w.call('review.proposals', { offset: 1, limit: 1 })
  expect([page.total, page.proposals]).toEqual([
    3,
    [expect.objectContaining({ id: rival, prompt: 'a tabby', checkpoint: 'owl', kind: 'region' })],
  ])
  expect(await w.call('review.proposals', { filter: { labelIds: [house] } })).toMatchObject({ total: 2 })
})
