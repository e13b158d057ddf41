import path from 'node:path'
import { modelMethods } from '#shared/contract/models.ts'
import { planConversion } from '../../hub/conversion.ts'
import { hubOf } from '../../hub/place.ts'
import { waitForRoom } from '../../storage/storage.ts'
import { runWork } from '../client.ts'
import { jobKind } from '../kind.ts'

/** Writes weights of open_clip or of OpenAI as a model beside the downloaded ones. */
export default jobKind({
  id: 'convert',
  lane: 'background',
  request: modelMethods['models.convert'].input,
  run: async ({ models, project, signal, progress }, { name, ...asked }) => {
    const { bytes, folder } = planConversion(hubOf(models), asked.source, name)
    await waitForRoom(models, undefined, () => bytes, { signal, progress })
    const { tokenizer } = await runWork(project, { kind: 'convert', ...asked, out: folder }, { signal, onProgress: progress })
    return { name: path.basename(folder), folder, tokenizer }
  },
})
