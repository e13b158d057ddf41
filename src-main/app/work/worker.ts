import { workRequest } from '#shared/model/work.ts'
import { serveTasks } from '../../files/thread.ts'
import { openProject } from '../projects/project.ts'
import { runTask } from './tasks.ts'

// A thread for one operation, with its own connection to the project's database.
serveTasks(
  workRequest,
  async ({ folder, identity, user, readOnly, task }, { signal, progress, changed }) => {
    const project = openProject(folder, { user, readOnly, sharedLock: true, identity })
    try {
      return await runTask(project, task, { signal, onProgress: progress, onChange: changed })
    } finally {
      project.close()
    }
  },
  { once: true },
)
