/** Counts that are kept up with every edit are those that counting anew would give. */
import { expect, test } from 'vitest'
import {
  addRegion,
  assignSplits,
  redoChange,
  removeMedia,
  removeRegions,
  setMediaLabels,
  setRegionState,
  undoChange,
  updateRegion,
} from '../../src-main/app/annotations/index.ts'
import { addRecords, labelCounts, openProject, projectInfo, type Project } from '../../src-main/app/projects/index.ts'
import { keepTally, tally } from '../../src-main/db/tally.ts'
import { temporaryProject } from '../app/projects/fixture.ts'

const box = { kind: 'box', x: 1, y: 2, w: 3, h: 4 } as const
const records = (from: number, n: number) =>
  Array.from({ length: n }, (_, i) => ({
    fileName: `${from + i}.png`,
    width: 9,
    height: 9,
    split: i % 3 ? 'train' : undefined,
    regions: [{ label: `label ${i % 4}`, shape: box }],
    labels: i % 2 ? [{ label: 'label 1' }] : [],
    captions: [{ text: 'one' }],
  }))

/** Counted by another connection, which has seen none of the edits. */
function agrees(project: Project): void {
  const other = openProject(project.folder, { readOnly: true })
  const plain = (p: Project) => ({
    ...tally(p.db),
    info: { ...projectInfo(p), unchecked: 0 },
    labels: [...labelCounts(p)].sort(([a], [b]) => a - b),
  })
  const sorted = ({ splits, labelledRegions, labelledImages, ...rest }: ReturnType<typeof plain>) => ({
    ...rest,
    splits: Object.fromEntries(splits),
    regionsBy: Object.fromEntries(labelledRegions),
    imagesBy: Object.fromEntries(labelledImages),
  })
  try {
    expect(sorted(plain(project))).toEqual(sorted(plain(other)))
  } finally {
    other.close()
  }
}

test('an import, edits, undo, redo and removals keep the counts up', () => {
  const project = temporaryProject()
  const steps = [
    () => addRecords(project, records(0, 24), { batch: 10 }),
    () => addRecords(project, records(20, 10)),
    () => addRegion(project, { mediaId: 3, labelId: 2, shape: box }),
    () => updateRegion(project, 5, { labelId: 3 }),
    () => setRegionState(project, [6, 7], 'rejected'),
    () => setMediaLabels(project, [{ mediaId: 1, labelId: 4 }]),
    () => removeRegions(project, [1, 2]),
    () =>
      assignSplits(
        project,
        new Map([
          [1, 'test'],
          [2, null],
        ]),
      ),
    () => undoChange(project),
    () => undoChange(project),
    () => redoChange(project),
    () => removeMedia(project, [9, 10]),
    () => undoChange(project),
    () => expect(() => removeMedia(project, [11, 9999])).toThrow(), // rolled back
    () => addRegion(project, { mediaId: 4, labelId: 1, shape: box }),
  ]
  for (const step of steps) {
    step()
    agrees(project)
  }
})

test('of a large project they are written down, and read back only where the journal is where it was', () => {
  const project = temporaryProject()
  addRecords(project, records(0, 17_000))
  keepTally(project.db)
  const stored = () => JSON.parse(project.db.value<string>(`SELECT value FROM meta WHERE key = 'tally'`)!) as { seq: number; media: number }
  expect(stored().media).toBe(17_000)
  agrees(project)
  removeMedia(project, [1])
  agrees(project) // what is written down is of before
  keepTally(project.db)
  expect(stored().media).toBe(16_999)
  agrees(project)
})

test('a small project is counted, and nothing is written down', () => {
  const project = temporaryProject()
  addRecords(project, records(0, 5))
  tally(project.db)
  keepTally(project.db)
  expect(project.db.value(`SELECT 1 FROM meta WHERE key = 'tally'`)).toBeUndefined()
})
