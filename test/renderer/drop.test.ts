import { expect, it } from 'vitest'
import type { LookedAt } from '#shared/contract/app.ts'
import { offersFor } from '../../src-renderer/actions/offers.ts'

const at = (kind: LookedAt['kind'], path: string): LookedAt => ({ kind, path, folder: path.slice(0, path.lastIndexOf('/')) || '/' })
const kinds = (dropped: LookedAt[], opened: boolean) => {
  const { offers, alone } = offersFor(dropped, opened)
  return [...offers.map((o) => o.kind), ...(alone ? ['at once'] : [])]
}

it.each<[string, LookedAt[], boolean, string[]]>([
  ['a project is opened, whatever is open', [at('project', '/birds')], true, ['openProject', 'at once']],
  ['a folder is opened where nothing is', [at('folder', '/pictures')], false, ['openFolder', 'at once']],
  ['a folder is asked about where a project is open', [at('folder', '/pictures')], true, ['addFolders', 'importFolder', 'openFolder']],
  ['images are added', [at('image', '/a/1.png'), at('image', '/b/2.png')], true, ['addImages', 'at once']],
  [
    'images without a project lead to the folders that they lie in, each once',
    [at('image', '/a/1.png'), at('image', '/a/2.png'), at('image', '/b/2.png')],
    false,
    ['openParent', 'openParent'],
  ],
  ['annotations are imported, after a look at the dialog', [at('file', '/a/coco.json')], true, ['import']],
  ['annotations without a project first need one', [at('file', '/a/coco.json')], false, ['importThere']],
  [
    'several things are offered kind by kind',
    [at('folder', '/a'), at('folder', '/b'), at('image', '/c/1.png'), at('file', '/c/x.json')],
    true,
    ['addFolders', 'importFolder', 'importFolder', 'addImages', 'import', 'openFolder', 'openFolder'],
  ],
  ['the same thing twice is one', [at('project', '/birds'), at('project', '/birds')], false, ['openProject', 'at once']],
  ['several projects are chosen from', [at('project', '/birds'), at('project', '/fish')], false, ['openProject', 'openProject']],
])('%s', (_, dropped, opened, expected) => expect(kinds(dropped, opened)).toEqual(expected))

it('names a few of many annotation files, and the number of the others', () => {
  const { offers, more } = offersFor(
    Array.from({ length: 12 }, (_, i) => at('file', `/a/${i}.xml`)),
    true,
  )
  expect([offers.length, more]).toEqual([5, 7])
})
