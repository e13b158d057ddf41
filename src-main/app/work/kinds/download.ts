import { hubRequest } from '#shared/model/hub.ts'
import { download } from '../../hub/download.ts'
import { hubOf } from '../../hub/place.ts'
import { waitForRoom } from '../../storage/storage.ts'
import { jobKind } from '../kind.ts'

/** Downloads a model from the hub. What an earlier attempt left is taken over. */
export default jobKind({
  id: 'download',
  lane: 'background',
  request: hubRequest,
  resumes: () => true,
  run: async ({ models, signal, progress }, request) => {
    const begun = { at: performance.now(), done: -1 }
    const done = await download(hubOf(models), request, {
      signal,
      room: (bytes) => waitForRoom(models, undefined, () => bytes, { signal, progress }),
      onProgress(done, total) {
        if (begun.done < 0) begun.done = done
        const seconds = (performance.now() - begun.at) / 1000
        const bytesPerSecond = seconds > 0.5 ? Math.max(0, done - begun.done) / seconds : undefined
        progress({ phase: 'downloading', done, total, bytesPerSecond })
      },
    })
    return { ...done }
  },
})
