import { parentPort } from 'node:worker_threads'
import type { HelperAnswer, HelperTask } from './data/renderers.ts'
import { decodeReduced } from './data/reduce.ts'
import { viewsOf } from './data/view-tasks.ts'

// Thread entry: reads and varies training images until it is terminated. An image that it cannot read is no answer: the thread
// that asked reads it again, and tells whose fault that is.
parentPort!.on('message', (task: HelperTask) => {
  const answer = (made: Omit<HelperAnswer, 'id'>, moved: ArrayBuffer[] = []) =>
    parentPort!.postMessage({ id: task.id, ...made } satisfies HelperAnswer, moved)
  if ('images' in task) {
    const views = viewsOf(task.images, task.of)
    answer({ views }, [views.buffer])
  } else
    void decodeReduced(task.file, task.least, task.deep).then(
      (pixels) => answer({ pixels }),
      () => answer({}),
    )
})
