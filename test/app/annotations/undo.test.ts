import fc from 'fast-check'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  checkProject,
  createProject,
  imageContent,
  openProject,
  projectHash,
  type Project,
  addRecords,
} from '../../../src-main/app/projects/index.ts'
import {
  addCaption,
  addComment,
  changeLabels,
  classifyImage,
  importLabelSchema,
  addLabel,
  addRegion,
  addTag,
  changeHistory,
  redoChange,
  removeLabel,
  removeMedia,
  removeMediaLabels,
  removeRegions,
  removeTag,
  renameMedia,
  setMediaFacts,
  setMediaLabels,
  setReview,
  setSplit,
  undoChange,
  updateCaption,
  updateLabel,
  updateRegion,
  updateRegions,
} from '../../../src-main/app/annotations/index.ts'
import { mediaTables, tables } from '../../../src-main/db/tables.ts'
import { box, fiveImages, temporaryFolder, temporaryProject } from '../projects/fixture.ts'

/** All rows but the facts about files, which undo leaves alone. */
function everything({ db }: Project): string {
  const names = ['root', 'label', 'media', ...mediaTables] as const
  return JSON.stringify(
    names.map((t) =>
      db.all(`SELECT ${['id', ...tables[t].columns.filter((c) => !tables[t].facts.includes(c))].join(', ')} FROM ${t} ORDER BY id`),
    ),
  )
}

/** Edits of every kind, each aimed by two numbers at what happens to be there. */
const edits: Record<string, (p: Project, n: number, m: number) => unknown> = {
  addRegion: (p, n, m) => addRegion(p, { mediaId: pick(p, 'media', n), labelId: pick(p, 'label', m), shape: box(n, m) }),
  moveRegion: (p, n, m) => updateRegion(p, pick(p, 'region', n), { shape: box(m, n), locked: m % 2 === 0 }),
  relabel: (p, n, m) =>
    updateRegions(p, [...new Set([pick(p, 'region', n), pick(p, 'region', m)])], { labelId: pick(p, 'label', n + m), state: 'accepted' }),
  removeRegion: (p, n) => removeRegions(p, [pick(p, 'region', n)]),
  caption: (p, n, m) => {
    const region = pick(p, 'region', n)
    const mediaId = p.db.value<number>('SELECT media_id FROM region WHERE id = ?', region)!
    return addCaption(p, {
      mediaId,
      text: `caption ${m}`,
      regionId: m % 2 ? region : null,
      spans: [{ start: 0, end: 3, regions: [region] }],
    })
  },
  reword: (p, n, m) => updateCaption(p, pick(p, 'caption', n), { text: `other words ${m}`, spans: [] }),
  addLabel: (p, n, m) => addLabel(p, { name: `label ${n}-${m}`, parentId: pick(p, 'label', n) }),
  renameLabel: (p, n, m) => updateLabel(p, pick(p, 'label', n), { name: `name ${n}-${m}` }),
  removeLabel: (p, n) => removeLabel(p, pick(p, 'label', n)),
  mergeLabels: (p, n, m) => removeLabel(p, pick(p, 'label', n), pick(p, 'label', m)),
  giveAttributes: (p, n, m) =>
    updateLabel(p, pick(p, 'label', n), { attributes: m % 3 ? [{ type: 'number', name: `a${m}`, required: false }] : [] }),
  mergeInto: (p, n, m) =>
    changeLabels(p, { kind: 'merge', ids: [pick(p, 'label', n), pick(p, 'label', n + m)], into: pick(p, 'label', m) }),
  divideLabel: (p, n, m) =>
    changeLabels(p, { kind: 'split', id: pick(p, 'label', n), parts: [{ name: `part ${m % 5}`, where: { kind: 'box' } }] }),
  takeLabels: (p, n, m) =>
    importLabelSchema(
      p,
      {
        format: 'dashi-labels',
        version: 1,
        labels: ['x', `y${m}`].map((name, i) => ({
          name: `${name}${n % 4}`,
          synonyms: [],
          prompts: [],
          attributes: [],
          parent: i ? `x${n % 4}` : null,
        })),
      },
      m % 2 ? 'merge' : 'replace',
    ),
  classify: (p, n, m) => classifyImage(p, pick(p, 'media', n), pick(p, 'label', m)),
  labelImage: (p, n, m) => setMediaLabels(p, [{ mediaId: pick(p, 'media', n), labelId: pick(p, 'label', m) }]),
  unlabelImage: (p, n) => removeMediaLabels(p, [pick(p, 'media_label', n)]),
  tag: (p, n, m) => addTag(p, [pick(p, 'media', n)], `tag ${m % 3}`),
  untag: (p, n, m) => removeTag(p, [pick(p, 'media', n)], `tag ${m % 3}`),
  split: (p, n, m) => setSplit(p, [...new Set([pick(p, 'media', n), pick(p, 'media', m)])], m % 2 ? 'train' : null),
  review: (p, n, m) => setReview(p, [pick(p, 'media', n)], m % 2 ? 'approved' : 'rejected'),
  comment: (p, n) => addComment(p, { mediaId: pick(p, 'media', n), text: 'hm' }),
  rename: (p, n, m) => renameMedia(p, pick(p, 'media', n), `renamed ${n}-${m}.jpg`),
  removeImage: (p, n) => removeMedia(p, [pick(p, 'media', n)]),
  facts: (p, n, m) => setMediaFacts(p, new Map([[pick(p, 'media', n), { width: 1 + m, contentHash: 'b'.repeat(64) }]])),
}

function pick({ db }: Project, table: string, n: number): number {
  const ids = db.all<{ id: number }>(`SELECT id FROM ${table} ORDER BY id`)
  return ids[n % Math.max(1, ids.length)]?.id ?? 0
}

const steps = fc.array(fc.tuple(fc.constantFrom(...Object.keys(edits)), fc.nat(50), fc.nat(50)), { minLength: 5, maxLength: 40 })

test('any edits, all undone and redone: every intermediate state returns, also after a restart', () => {
  fc.assert(
    fc.property(steps, (script) => {
      const dir = join(temporaryFolder(), 'p')
      let project = createProject(dir, { user: 'ann' })
      addRecords(project, fiveImages())
      const states = [everything(project)]
      for (const [name, n, m] of script) {
        const before = everything(project)
        try {
          edits[name]!(project, n, m)
        } catch {
          expect(everything(project)).toBe(before) // refused as a whole: nothing there to edit, a name that is taken
        }
        if (everything(project) !== states.at(-1)) states.push(everything(project))
      }
      const hash = projectHash(project)
      for (const state of states.slice(0, -1).reverse()) {
        expect(undoChange(project)).not.toBeNull()
        expect(everything(project)).toBe(state)
      }
      project.close()
      project = openProject(dir)
      for (const state of states.slice(1)) {
        expect(redoChange(project)).not.toBeNull()
        expect(everything(project)).toBe(state)
      }
      expect(redoChange(project)).toBeNull()
      expect(projectHash(project)).toBe(hash)
      expect(checkProject(project, { files: false }).problems).toEqual([])
      project.close()
    }),
    { numRuns: Number(process.env['UNDO_RUNS'] ?? 12) },
  )
})

test('undo of one image leaves the others alone', () => {
  const project = temporaryProject(fiveImages())
  const one = addRegion(project, { mediaId: 1, shape: box(1) })
  const two = addRegion(project, { mediaId: 2, shape: box(2) })
  updateRegion(project, one.id, { labelId: 2 })
  expect(undoChange(project, 1)!.action).toBe('change region (labelId)')
  expect(undoChange(project, 1)!.action).toBe('add region')
  expect(undoChange(project, 1)).toBeNull() // the import itself was for the whole project
  expect(imageContent(project, 1).regions.map((r) => r.id)).not.toContain(one.id)
  expect(imageContent(project, 2).regions.map((r) => r.id)).toContain(two.id)
  redoChange(project, 1)
  redoChange(project, 1)
  expect(imageContent(project, 1).regions.find((r) => r.id === one.id)!.labelId).toBe(2)
  expect(changeHistory(project, { mediaId: 2 }).map((e) => e.action)).toEqual(['add region'])
})

test('undo for one image stops at a change of several, and says so', () => {
  const project = temporaryProject(fiveImages())
  setSplit(project, [1, 2, 3], 'ood')
  expect(() => undoChange(project, 2)).toThrow(
    'the last change of this image (set split) was made to 3 images at once; undo it for the project',
  )
  expect(undoChange(project)!.mediaIds).toEqual([1, 2, 3])
})

test('a new change of an image ends redo there, not elsewhere', () => {
  const project = temporaryProject(fiveImages())
  addRegion(project, { mediaId: 1, shape: box() })
  addRegion(project, { mediaId: 2, shape: box() })
  undoChange(project, 1)
  undoChange(project, 2)
  addTag(project, [1], 'x')
  expect(redoChange(project, 1)).toBeNull()
  expect(redoChange(project, 2)!.action).toBe('add region')
})

test('a redo that no longer fits is refused as a whole', () => {
  const project = temporaryProject(fiveImages())
  const label = addLabel(project, { name: 'bird' })
  addRegion(project, { mediaId: 1, labelId: label.id, shape: box() })
  undoChange(project, 1)
  undoChange(project) // the label
  const before = everything(project)
  expect(() => redoChange(project, 1)).toThrow('no longer exists')
  expect(everything(project)).toBe(before)
})

test('who and when', () => {
  const project = temporaryProject()
  addLabel(project, { name: 'cat' })
  const [entry] = changeHistory(project)
  expect(entry).toMatchObject({ kind: 'do', action: 'add label', by: 'ann', undone: false, mediaIds: [] })
  expect(Math.abs(Date.now() - entry!.at)).toBeLessThan(3_600_000)
})

test('an edit that changes nothing leaves no trace', () => {
  const project = temporaryProject(fiveImages())
  const before = changeHistory(project).length
  setSplit(project, [1], 'train')
  addTag(project, [1], 'night')
  expect(changeHistory(project)).toHaveLength(before)
})
