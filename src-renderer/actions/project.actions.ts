import { menuTitle } from '#shared/locales/index.ts'
import { useProject } from '../stores/project.ts'
import { defineActions } from './action.ts'
import { bulk } from './bulk.ts'
import { chooseFolder } from './folder.ts'
import { always, dialog, failing, opened } from './when.ts'

export default defineActions(20, [
  {
    id: 'open-folder',
    title: menuTitle('open-folder'),
    group: 'project',
    available: always,
    run: () => failing(chooseFolder('open').then((folder) => (folder ? useProject().open(folder) : undefined))),
  },
  {
    id: 'open-sample',
    title: menuTitle('open-sample'),
    group: 'project',
    available: () => !useProject().opening,
    run: () => failing(useProject().openSample()),
  },
  {
    id: 'add-folder',
    title: menuTitle('add-folder'),
    group: 'project',
    available: opened,
    run: () => failing(chooseFolder('add').then((folder) => (folder ? bulk.addFolder(folder) : undefined))),
  },
  {
    id: 'close-project',
    title: menuTitle('close-project'),
    group: 'project',
    available: opened,
    run: () => failing(useProject().close()),
  },
  {
    id: 'import',
    title: menuTitle('import'),
    group: 'project',
    available: opened,
    run: dialog('import'),
  },
  {
    id: 'export',
    title: menuTitle('export'),
    keys: ['Ctrl+Shift+X'],
    group: 'project',
    available: opened,
    run: dialog('export'),
  },
  {
    id: 'snapshots',
    title: menuTitle('snapshots'),
    group: 'project',
    available: opened,
    run: dialog('snapshots'),
  },
  {
    id: 'edit-labels',
    title: { en: 'Edit labels …', ja: 'ラベルを編集 …' },
    group: 'project',
    available: opened,
    run: dialog('labels'),
  },
  {
    id: 'prompt-lab',
    title: { en: 'Compare prompts of a label …', ja: 'ラベルのプロンプトを比べる …' },
    group: 'project',
    available: () => opened() && useProject().labels.length > 0,
    run: dialog('prompts'),
  },
])
