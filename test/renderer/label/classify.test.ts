/** Images are classified by one key each, in the label view, with a keyboard alone. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addLabels } from '../../../src-main/app/annotations/index.ts'
import { openProject } from '../../../src-main/app/projects/index.ts'
import { canRun, findings } from '../../e2e/browser.ts'
import { LabelView } from '../label-view.ts'

const guessed = (score: number) => ({ author: { kind: 'checkpoint' as const, checkpoint: 'run-1', score } })

describe.skipIf(!canRun)('classifying images', () => {
  const view = new LabelView()
  const press = (keys: string) => view.page.keyboard.press(keys)
  const shown = (n: number) =>
    view.page.waitForFunction((name) => document.querySelector('strong.name')?.textContent === name, `bird ${n}.png`)
  const count = (text: string) =>
    view.page.waitForFunction((text) => document.querySelector('.classify .count')?.textContent === text, text)
  /** Accepted labels of pictures 1 to n. */
  const classes = (n: number) =>
    Array.from({ length: n }, (_, i) =>
      view
        .content(i + 1)
        .labels.filter((l) => l.state === 'accepted')
        .map((l) => l.labelId),
    )
  const shot = async (name: string) => {
    if (!process.env['SCREENS']) return
    for (const colorScheme of ['light', 'dark'] as const) {
      await view.page.emulateMedia({ colorScheme })
      await view.page.screenshot({ path: `${process.env['SCREENS']}/${name}-${colorScheme}.png` })
    }
    await view.page.emulateMedia({ colorScheme: 'light' })
  }
  beforeAll(() =>
    view.start([
      {},
      {},
      {},
      {
        labels: [
          { label: 'owl', ...guessed(0.7) },
          { label: 'wren', ...guessed(0.2) },
        ],
      },
      {},
      {},
    ]),
  )
  afterAll(() => view.stop())

  it('takes one key per image, and shows progress', async () => {
    await view.open(1)
    await press('Shift+L')
    await view.page.waitForSelector('.classify')
    await count('0 of 6 labelled')
    for (const key of ['1', '2', '3']) await press(key) // as fast as keys can come
    await shown(4)
    await count('3 of 6 labelled')
    await view.saved()
    expect(classes(3)).toEqual([[1], [2], [3]])
    expect(await findings(view.page)).toEqual([])
  })

  it('prefills what a model proposed, and Enter accepts it', async () => {
    await view.page.waitForSelector('.guess >> text=owl')
    await shot('classify-guess')
    await press('Enter')
    await shown(5)
    await view.saved()
    expect(view.content(4).labels.map((l) => [l.labelId, l.state])).toEqual([
      [3, 'accepted'],
      [2, 'rejected'],
    ])
  })

  it('skips and goes back; undo reverts the last and returns to it, redo continues', async () => {
    await press('ArrowRight')
    await shown(6)
    await press('ArrowLeft')
    await shown(5)
    await count('4 of 6 labelled')
    await press('Control+z')
    await shown(4)
    await count('3 of 6 labelled')
    await press('Control+z')
    await shown(3)
    await count('2 of 6 labelled')
    expect(classes(4)).toEqual([[1], [2], [], []])
    await press('Control+y')
    await shown(4)
    await press('Control+y')
    await shown(5)
    await count('4 of 6 labelled')
    expect(classes(4)).toEqual([[1], [2], [3], [3]])
  })

  it('is still on after a reload, and undo still returns', async () => {
    await view.open(6)
    await view.page.waitForSelector('.classify')
    await count('4 of 6 labelled')
    await press('Control+z')
    await shown(4)
    await count('3 of 6 labelled')
    await press('Shift+U') // the next without a label
    await shown(5)
  })

  it('finds labels by name, and by two-digit numbers', async () => {
    await press('o')
    await view.page.waitForSelector('.found [aria-selected=true] >> text=owl')
    await press('Enter')
    await shown(6)
    await view.saved()
    expect(classes(5)[4]).toEqual([3])
    await view.kill()
    const project = openProject(view.folder)
    addLabels(
      project,
      Array.from({ length: 12 }, (_, i) => ({ name: `kind ${i + 4}` })),
    )
    project.close()
    await view.revive()
    await view.page.reload()
    await shown(6)
    await view.page.waitForSelector('.picker >> text=kind 15')
    await press('1')
    await view.page.waitForSelector('.typed')
    await shot('classify-digits')
    await press('4')
    await view.page.waitForSelector('.said >> text=kind 14')
    await view.saved()
    expect(classes(6)[5]).toEqual([14])
    await press('Shift+L')
    await view.page.waitForSelector('.classify', { state: 'detached' })
    expect(view.errors.filter((e) => !/WebSocket|Failed to load resource|ERR_/.test(e))).toEqual([])
  })
})
