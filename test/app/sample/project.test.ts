import path from 'node:path'
import { expect, test } from 'vitest'
import { ensureHashes } from '../../../src-main/app/curation/hashes.ts'
import { openProject, projectHash } from '../../../src-main/app/projects/index.ts'
import { createSampleProject } from '../../../src-main/app/sample/project.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'

test('looking for duplicates leaves the hash of the dataset as it was', async () => {
  const folder = path.join(temporaryFolder(), 'sample')
  await createSampleProject(folder)
  const project = openProject(folder)
  const before = projectHash(project)
  await ensureHashes(project)
  expect(project.db.value('SELECT count(*) FROM media WHERE perceptual_hash IS NULL')).toBe(0)
  expect(projectHash(project)).toBe(before)
  project.close()
})
