/** Many labels, their attributes, the list of regions and the menu on one, in the label view. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addLabels, updateLabel } from '../../../src-main/app/annotations/index.ts'
import { listLabels, openProject } from '../../../src-main/app/projects/index.ts'
import { canRun, findings } from '../../e2e/browser.ts'
import { LabelView } from '../label-view.ts'

const box = (x: number, y: number, w = 60) => ({ kind: 'box' as const, x, y, w, h: 60 })

describe.skipIf(!canRun)('labels and regions', () => {
  const view = new LabelView()
  const press = (keys: string) => view.page.keyboard.press(keys)
  const seen = async (x: number, y: number) => {
    const { width, height } = (await view.page.locator('.canvas').boundingBox())!
    const scale = Math.min((width - 32) / 400, (height - 32) / 300)
    return [0.5 + ((x - 200) * scale) / width, 0.5 + ((y - 150) * scale) / height] as const
  }
  const shot = async (name: string) => {
    if (!process.env['SCREENS']) return
    for (const colorScheme of ['light', 'dark'] as const) {
      await view.page.emulateMedia({ colorScheme })
      await view.page.waitForTimeout(300)
      await view.page.screenshot({ path: `${process.env['SCREENS']}/${name}-${colorScheme}.png` })
    }
    await view.page.emulateMedia({ colorScheme: 'light' })
  }
  const attributes = (n = 0) => view.content(1).regions.toSorted((a, b) => a.id - b.id)[n]!.attributes
  beforeAll(async () => {
    await view.start([
      {
        regions: [
          { label: 'robin', shape: box(20, 20) },
          { label: 'wren', shape: box(120, 20, 90) },
          { label: 'owl', shape: box(240, 20, 120) },
          { label: 'robin', shape: box(20, 150) },
          { label: 'wren', shape: box(120, 150) },
          { label: 'owl', shape: { kind: 'keypoints', points: [{ x: 300, y: 200, v: 2 }] } },
        ],
      },
      {},
    ])
    await view.kill()
    const project = openProject(view.folder)
    const [robin] = listLabels(project)
    addLabels(
      project,
      Array.from({ length: 48 }, (_, i) => ({ name: `kind ${i + 1}`, parentId: i % 6 ? robin!.id : null })),
    )
    updateLabel(project, robin!.id, {
      attributes: [
        { type: 'choice', name: 'plumage', options: ['summer', 'winter'], required: true },
        { type: 'number', name: 'age', min: 0, max: 20, required: false },
        { type: 'text', name: 'ring', required: false },
        { type: 'yes/no', name: 'sings', required: false, default: false },
      ],
    })
    project.close()
    await view.revive()
    await view.page.reload()
    await view.page.waitForSelector('[role=option] img')
  })
  afterAll(() => view.stop())

  it('shows many labels as a tree, and finds one by typing', async () => {
    await view.open(1)
    await view.page.waitForSelector('.label-row >> text=kind 48')
    const height = (await view.page.locator('.picker').boundingBox())!.height
    expect(height).toBeGreaterThan(250)
    const indents = await view.page
      .locator('.label-row')
      .evaluateAll((rows) => rows.map((r) => parseFloat(getComputedStyle(r).paddingLeft)))
    expect(indents.filter((i) => i > 8)).toHaveLength(40)
    await shot('labels-many')
    await press('/')
    await view.page.keyboard.type('kind 4')
    await press('ArrowDown')
    await press('Enter')
    await view.page.waitForSelector('.label-row[aria-pressed=true]')
    const meant = await view.page.locator('.label-row[aria-pressed=true] .ellipsis').textContent()
    await view.page.reload()
    await view.page.waitForSelector('.label-row[aria-pressed=true]')
    expect(await view.page.locator('.label-row[aria-pressed=true] .ellipsis').textContent()).toBe(meant)
    expect(await findings(view.page)).toEqual([])
  })

  it('uses a digit for the label of the next region if none is selected, and shows it in the panel', async () => {
    const current = () => view.page.locator('.label-row[aria-pressed=true] .ellipsis').allTextContents()
    await view.page.focus('.canvas')
    for (const [digit, label] of [
      ['3', 'owl'],
      ['2', 'wren'],
    ] as const) {
      await press(digit)
      await expect.poll(current).toEqual([label])
    }
    expect(view.content(1).regions.map((r) => r.labelId)).toEqual([1, 2, 3, 1, 2, 3]) // nothing was selected, nothing is changed
  })

  it('shows a hint for each tool, and for each step of a rotated box', async () => {
    const hint = (words: string) => view.page.waitForSelector(`footer .hint >> text=${words}`)
    await view.page.focus('.canvas')
    await press('Shift+R')
    await hint('Draw one edge at the angle you want')
    await view.click(...(await seen(40, 250)))
    await hint('Along one edge, at its angle')
    await view.click(...(await seen(120, 270)))
    await hint('Move to set the depth, then click')
    await press('Escape')
    for (const [key, words] of [
      ['r', 'Drag, or click two corners'],
      ['p', 'Click vertex by vertex'],
      ['k', 'Click a point'],
      ['b', 'Paint a new mask'],
      ['e', 'Erases from'],
      ['w', 'Click a colour'],
      ['s', 'Click along an outline'],
      ['m', 'Drag to measure'],
      ['v', 'Drag to select several'],
    ] as const) {
      await press(key)
      await hint(words)
    }
    await view.lines(6)
  })

  it('edits attributes by keyboard, refuses invalid values, and undo reverts each', async () => {
    await view.page.waitForSelector('.list .line')
    await view.page.click('.list .line >> nth=5') // the lowest: a robin
    await view.page.waitForSelector('[data-attributes] .problem') // it lacks its plumage
    await view.page.focus('.canvas')
    await press('i')
    await view.page.waitForSelector('[data-attributes] select:focus')
    await press('w') // winter
    await press('Enter')
    await view.page.keyboard.type('99')
    await press('Enter')
    await view.page.waitForSelector('[data-attributes] .problem >> text=at most 20')
    await view.page.focus('[data-attributes] input >> nth=0')
    await press('Control+a')
    await view.page.keyboard.type('3')
    await press('Enter')
    await view.page.keyboard.type('B 12')
    await press('Enter')
    await view.saved()
    expect(attributes()).toEqual({ plumage: 'winter', age: 3, ring: 'B 12' })
    await shot('attributes')
    expect(await findings(view.page)).toEqual([])
    await view.page.focus('.canvas')
    await press('Control+z')
    await expect.poll(() => attributes()).toEqual({ plumage: 'winter', age: 3 })
    await press('Control+y')
    await expect.poll(() => attributes()).toEqual({ plumage: 'winter', age: 3, ring: 'B 12' })
  })

  it('keeps what is being typed while the region changes otherwise', async () => {
    await view.page.focus('[data-attributes] input >> nth=0')
    await press('Control+a')
    await view.page.keyboard.type('7')
    await view.page.locator('[data-attributes] select >> nth=0').evaluate((field: HTMLSelectElement) => {
      field.value = field.options[1]!.value
      field.dispatchEvent(new Event('change'))
    })
    await view.saved()
    expect(await view.page.inputValue('[data-attributes] input >> nth=0')).toBe('7')
    await press('Enter')
    await expect.poll(() => attributes()['age']).toBe(7)
    await view.page.focus('.canvas')
    for (let change = 0; change < 2; change++) await press('Control+z')
    await expect.poll(() => attributes()).toEqual({ plumage: 'winter', age: 3, ring: 'B 12' })
  })

  it('gives a new region the default values of its label', async () => {
    await press('Escape')
    await view.page.click('.label-row:has-text("robin")')
    await view.page.focus('.canvas')
    await press('r')
    await view.drag(...(await seen(200, 240)), ...(await seen(240, 280)))
    await view.lines(7)
    await view.saved()
    expect(attributes(6)).toEqual({ sings: false })
    await press('v')
  })

  it('orders, groups and searches regions', async () => {
    const names = () => view.page.locator('.list .line .ellipsis').allTextContents()
    await view.page.selectOption('.tools select', 'area')
    await expect.poll(async () => (await names()).slice(0, 2)).toEqual(['owl', 'wren'])
    await view.page.click('.tools .toggle')
    await view.page.waitForSelector('.heading >> text=owl')
    await shot('regions-grouped')
    await view.page.fill('.tools input', 'plumage=winter')
    await view.lines(1)
    await view.page.fill('.tools input', '')
    await view.page.click('.tools .toggle')
    await view.page.selectOption('.tools select', 'drawn')
    expect(await findings(view.page)).toEqual([])
  })

  it('has a menu on a region, and zooms to it', async () => {
    await view.page.focus('.canvas')
    await press('Escape')
    const at = await view.at(...(await seen(160, 50)))
    await view.page.mouse.click(at.x, at.y, { button: 'right' })
    await view.page.waitForSelector('.menu-entry >> text=Zoom to the region')
    await shot('region-menu')
    await view.page.click('.menu-entry >> text=Zoom to the region')
    await view.page.waitForFunction(() => Number(/(\d+)%/.exec(document.querySelector('.status')?.textContent ?? '')?.[1]) > 300)
    await press('Control+f')
  })

  it('copies the regions of the previous image, as one change', async () => {
    await view.open(2)
    await press('Shift+D')
    await view.lines(7)
    await view.saved()
    expect(
      view
        .content(2)
        .regions.map((r) => r.shape.kind)
        .sort(),
    ).toEqual([...Array<string>(6).fill('box'), 'keypoints'])
    await press('Control+z')
    await view.lines(0)
  })

  it('splits and merges labels with a preview, and one undo', async () => {
    await view.open(1)
    await view.page.click('[aria-label^="Edit labels"]')
    await view.page.click('.item:has-text("owl")')
    await view.page.click('button:has-text("Split …")')
    await view.page.selectOption('.change select >> nth=1', 'keypoints')
    await view.page.fill('.change [aria-label="become"]', 'owl eye')
    await view.page.waitForSelector('.change >> text=regions 1, image labels 0, on images 1')
    await shot('labels-dialog')
    expect(await findings(view.page)).toEqual([])
    await view.page.click('.change button')
    await view.page.waitForSelector('.item >> text=owl eye')
    const labelled = () => view.read((p) => listLabels(p).find((l) => l.name === 'owl eye')?.id)
    expect(
      view
        .content(1)
        .regions.filter((r) => r.labelId === labelled())
        .map((r) => r.shape.kind),
    ).toEqual(['keypoints'])
    await view.page.click('.n-message button')
    await expect.poll(labelled).toBeUndefined()
    await press('Escape')
    expect(view.errors.filter((e) => !/WebSocket|Failed to load resource|ERR_/.test(e))).toEqual([])
  })
})
