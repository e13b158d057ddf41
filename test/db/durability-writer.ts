/** Edits a project without end and says which edits are done, until it is killed. Argument: the project's folder. */
import { writeSync } from 'node:fs'
import { addRecords, openProject } from '../../src-main/app/projects/index.ts'
import { addRegion, redoChange, setSplit, undoChange, updateRegion } from '../../src-main/app/annotations/index.ts'

const project = openProject(process.argv[2]!)
const shape = (k: number) => ({ kind: 'box' as const, x: k, y: k % 7, w: 10, h: 10 })
let k = Number(project.db.value('SELECT coalesce(max(z), 0) FROM region'))
for (;;) {
  k++
  const region = addRegion(project, { mediaId: 1 + (k % 5), shape: shape(k), z: k })
  writeSync(1, `region ${k} ${Date.now()}\n`)
  updateRegion(project, region.id, { attributes: { k } })
  writeSync(1, `attribute ${k} ${Date.now()}\n`)
  if (k % 5 === 0) {
    setSplit(project, [1, 2], `split ${k}`) // what undo takes back was not acknowledged
    undoChange(project)
    redoChange(project)
  }
  if (k % 11 === 0) {
    addRecords(
      project,
      Array.from({ length: 300 }, (_, i) => ({
        fileName: `${k}/${i}.jpg`,
        regions: [{ label: `label ${k % 13}`, shape: shape(i), z: -1 }],
        captions: [{ text: `text ${k}` }],
      })),
    )
    writeSync(1, `import ${k} ${Date.now()}\n`)
  }
}
