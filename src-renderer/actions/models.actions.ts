/** Training, comparing, merging. */
import { nextTick } from 'vue'
import { useJobs } from '../stores/jobs.ts'
import { useShell } from '../stores/shell.ts'
import { defineActions } from './action.ts'
import { opened } from './when.ts'

/** Presses the submit button of the form if its view is open; otherwise goes there. */
const submit = (room: 'train' | 'compare' | 'merge') => () => {
  const shell = useShell()
  const button = () => document.querySelector<HTMLElement>('[data-start]')
  if (shell.room === room) return button()?.click()
  shell.room = room
  void nextTick(() => button()?.focus())
}

export default defineActions(80, [
  {
    id: 'start-training',
    title: { en: 'Start training', ja: '学習を開始' },
    group: 'models',
    available: opened,
    run: submit('train'),
  },
  {
    id: 'start-comparison',
    title: { en: 'Compare the selected checkpoints', ja: '選んだチェックポイントを比較' },
    group: 'models',
    available: opened,
    run: submit('compare'),
  },
  {
    id: 'make-soup',
    title: { en: 'Make the soup', ja: 'スープを作る' },
    group: 'models',
    available: opened,
    run: submit('merge'),
  },
  {
    id: 'cancel-jobs',
    title: { en: 'Cancel running jobs', ja: '実行中の処理を中止' },
    group: 'models',
    available: () => useJobs().running.length > 0,
    run() {
      const jobs = useJobs()
      for (const job of jobs.running) void jobs.cancel(job.id)
    },
  },
])
