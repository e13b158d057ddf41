/**
 * The sample's scenes with the models in the box, in real Chromium: words → boxes → accept → undo → the 50 scenes that come
 * without labels in the background → a review by keys → what labels look like is learned from accepted regions → a higher AP on
 * scenes that were in no training.
 */
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { assignSplits, removeMedia } from '../../src-main/app/annotations/index.ts'
import { findMedia, imageContent, listLabels, openProject } from '../../src-main/app/projects/index.ts'
import { sampleDir } from '../../src-main/app/sample/cache.ts'
import { createSampleProject } from '../../src-main/app/sample/project.ts'
import { boxIou } from '../../src-shared/geometry/box.ts'
import type { Region } from '../../src-shared/model/region.ts'
import { sceneInstancesSchema } from '../../src-shared/model/sample.ts'
import { appForTests } from './app-for-tests.ts'
import { canRun, findings, settled } from './browser.ts'
import { type SmallProject, smallProject } from './project.ts'

/** What is on each scene, as it was drawn: what a person sees who reviews. */
function drawn() {
  const { images, annotations, categories } = sceneInstancesSchema.parse(
    JSON.parse(readFileSync(join(sampleDir(), 'scenes', 'instances.json'), 'utf8')),
  )
  const names = new Map(categories.map((c) => [c.id, c.name]))
  return new Map(
    images.map(({ id, file_name, split }) => [
      `scenes/${file_name}`,
      { split, things: annotations.filter((a) => a.image_id === id).map((a) => ({ label: names.get(a.category_id)!, box: a.bbox })) },
    ]),
  )
}

/** The sample without the pictographs: its 50 scenes without labels are to be trained on, as are its labelled ones for training. */
async function scenes(): Promise<SmallProject> {
  const made = mkdtempSync(join(tmpdir(), 'dashi-scenes-'))
  const folder = join(made, 'sample')
  await createSampleProject(folder)
  const project = openProject(folder)
  const truth = drawn()
  const all = project.db.all<{ id: number; path: string }>('SELECT id, path FROM media')
  const wanted = new Map<number, string>()
  for (const { id, path } of all) {
    const split = truth.get(path)?.split
    const role = split && !imageContent(project, id).regions.length ? 'train' : split
    // On labelled scenes of val settings would be chosen, which would cost a fifth of the time.
    if (role && role !== 'val') wanted.set(id, role)
  }
  removeMedia(
    project,
    all.map(({ id }) => id).filter((id) => !wanted.has(id)),
  )
  assignSplits(project, wanted)
  project.close()
  return smallProject(folder, made)
}

describe.skipIf(!canRun)('a detector that is taught the labels of the sample', () => {
  const app = appForTests()
  let project: SmallProject
  let page: Page
  let unlabelled: number[]
  const regionsOf = (ids: readonly number[]): Region[] => project.read((p) => ids.flatMap((id) => imageContent(p, id).regions))
  const count = (state: Region['state']) => regionsOf(unlabelled).filter((r) => r.state === state).length
  const until = (read: () => number, wanted: number) => expect.poll(read).toEqual(wanted)
  const canvas = () => page.locator('[role=application]').focus()
  const choose = async (select: string, option: string) => {
    await page.locator('main').locator(select).click()
    await page.locator('.n-base-select-option', { hasText: new RegExp(`^${option}$`) }).click()
  }

  beforeAll(async () => {
    project = app.keep(await scenes())
    unlabelled = project.read((p) => findMedia(p, { unlabelled: true }).map(({ id }) => id))
    expect(unlabelled).toHaveLength(50)
    page = await app.open({ project: project.folder })
    await page.waitForSelector('[role=option] img')
    await page.evaluate((id) => (location.hash = `#/label/${id}?unlabelled=true`), unlabelled[0]!)
    await page.waitForSelector('.canvas canvas')
  })

  it('looks for all labels on a scene, takes one of what it finds, and that back', async () => {
    await canvas()
    await page.keyboard.press('Shift+Z')
    await page.waitForSelector('[data-prompt-words] input:focus')
    await page.locator('[data-prompt-model]').filter({ hasText: 'Nano detector' }).waitFor()
    await page.keyboard.press('Enter')
    await page.locator('[data-prompt-threshold]').fill('0.1')
    await page
      .locator('[data-prompt-status]')
      .filter({ hasText: /^[1-9]\d* found/ })
      .waitFor()
    await canvas()
    await page.keyboard.press('.')
    await page.waitForSelector('[data-ghost]')
    await page.keyboard.press('Enter')
    await until(() => count('accepted'), 1)
    await page.keyboard.press('Control+z')
    await until(() => count('accepted'), 0)
  })

  it('looks through the fifty scenes in the background', async () => {
    await page.click('[data-prompt-batch]')
    await page.click('text=All 50 images shown')
    await page.locator('[data-prompt-review]').waitFor()
    expect(count('proposed')).toBeGreaterThan(50)
  })

  it('is reviewed by keys: what is where it says is accepted, the rest is rejected', async () => {
    const truth = drawn()
    const labels = project.read((p) => new Map(listLabels(p).map(({ id, name }) => [id, name])))
    const paths = project.read((p) => new Map(findMedia(p, { unlabelled: true }).map(({ id, path }) => [id, path])))
    const isRight = ({ mediaId, labelId, shape }: Region) =>
      truth
        .get(paths.get(mediaId)!)!
        .things.some(
          ({ label, box: [x, y, w, h] }) => label === labels.get(labelId!) && shape.kind === 'box' && boxIou(shape, { x, y, w, h }) > 0.5,
        )
    const all = count('proposed')
    await page.click('[data-prompt-review]')
    await page.waitForSelector('[data-queue-left]')
    let accepted = 0
    for (let n = 0; n < Math.min(all, 40); n++) {
      const shown = Number(/\/label\/(\d+)/.exec(page.url())![1])
      const [label, score] = await Promise.all([
        page.innerText('.queue .what .ellipsis'),
        page.locator('.queue > .number:not(.muted)').innerText(),
      ])
      const [current] = regionsOf([shown]).filter(
        ({ state, author, labelId }) =>
          state === 'proposed' &&
          author.kind === 'checkpoint' &&
          labels.get(labelId!) === label &&
          `${(100 * author.score).toFixed(1)}%` === score,
      )
      const right = isRight(current!)
      if (right) accepted++
      await page.keyboard.press(right ? 'Enter' : 'Escape')
      await until(() => count('proposed'), all - n - 1)
    }
    expect(accepted).toBeGreaterThan(0)
    expect([count('accepted'), count('rejected')]).toEqual([accepted, Math.min(all, 40) - accepted])
  })

  it('learns what the labels look like from what is accepted', async () => {
    await page.keyboard.press('Alt+3')
    await page.waitForSelector('main [data-recipe]')
    await choose('[data-recipe]', 'Detector fine-tuning')
    await choose('[aria-label="Trained part"]', 'words')
    const name = page.locator('main').getByLabel('Name', { exact: true })
    await name.fill('Taught')
    await name.press('Tab')
    await page.locator('main [data-start]').click()
    await page.waitForSelector('[data-run=Taught][data-status=done]')
  })

  it('finds more on the scenes that were in no training', async () => {
    await page.keyboard.press('Alt+4')
    for (const model of ['Nano detector', 'Taught']) await page.locator(`main [data-model="${model}"]`).click()
    await page.waitForSelector('[data-task] >> text=boxes of regions')
    await page.locator('main [data-start]').click()
    await page.waitForSelector('[data-row=Taught]')
    const ap = async (model: string) => parseFloat(await page.innerText(`[data-row="${model}"] [data-split=test] span`))
    const [before, after] = [await ap('Nano detector'), await ap('Taught')]
    expect(after).toBeGreaterThan(before)
    await settled(page)
    expect(await findings(page)).toEqual([])
    expect(app.errors).toEqual([])
  })
})
