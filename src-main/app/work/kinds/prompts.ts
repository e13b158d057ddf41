import path from 'node:path'
import { labRequest } from '#shared/model/prompt-lab.ts'
import { comparePrompts } from '../../lab/index.ts'
import { jobKind } from '../kind.ts'

/** Compares sets of prompts for a label. */
export default jobKind({
  id: 'prompts',
  lane: 'background',
  request: labRequest,
  run: ({ models, project, signal, progress }, request) =>
    comparePrompts(
      models,
      project,
      { ...request, model: path.resolve(project.folder, request.model) },
      { signal, onProgress: (done, total) => progress({ phase: 'comparing', done, total }) },
    ),
})
