/** Errors of jobs, settings, the queue and connections. */
export const servingSentences = {
  'job.ended': 'the job has ended already',
  'job.not-offered': 'the job is not offered any more: it was resumed, dismissed or begun anew',
  'job.other-version': 'it was queued by another version of Dashi, which this one cannot carry out ({problem})',
  'run.ended': 'the run has ended already',
  'run.not-training': 'only a training can be started again',
  'project.none-open': 'no project is open',
  'project.not-open': 'the project is not open',
  'project.gone': '{folder}: holds no project any more; save a copy of what is open',
  'folder.missing': '{folder}: there is no such folder',
  'folder.is-file': '{folder}: is a file, expected a folder',
  'folder.unreadable': 'cannot be read (no such folder, or no permission)',
  'template.name-taken': 'a template is called {name} already',
  'template.unknown': 'no template has the id {id}',
  'scale.damaged': 'the scale is damaged: {problem}',
} as const
