import { cpSync, mkdirSync, writeFileSync, rmSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'vitest'
import { launch, newHome, openPage, serve } from './browser.ts'
import { oddFolder } from './odd-folder.ts'

test('shots', async () => {
  mkdirSync('/tmp/fo-shots', { recursive: true })
  const odd = await oddFolder(40)
  const set = mkdtempSync('/tmp/fo-set-'); const many = join(set, 'street-scenes'); mkdirSync(many)
  for (const s of ['train', 'val', 'test']) cpSync(odd.folder, join(many, s), { recursive: true })
  writeFileSync(join(many, 'train', 'apple', 'apple 1.txt'), 'an apple on a table'); writeFileSync(join(many, 'train', 'apple', 'apple 2.txt'), 'two apples')
  const coco = join(set, 'coco-pets'); mkdirSync(join(coco, 'annotations'), { recursive: true }); cpSync(join(odd.folder, 'leaf'), join(coco, 'images'), { recursive: true })
  writeFileSync(join(coco, 'annotations', 'instances.json'), JSON.stringify({ images: [{ id: 1, file_name: 'leaf 1.png', width: 96, height: 72 }], categories: [{ id: 1, name: 'leaf' }], annotations: [{ id: 1, image_id: 1, category_id: 1, bbox: [1, 1, 20, 20] }] }))
  const plain = join(set, 'holiday'); mkdirSync(plain); for (let i = 1; i < 6; i++) cpSync(join(odd.folder, 'sky', `sky ${i}.png`), join(plain, `IMG_${i}.png`))
  const home = newHome(); const browser = await launch()
  let n = 0
  for (const [theme, lang, w, h, folder] of [['light', 'en', 1280, 800, odd.folder], ['dark', 'ja', 1280, 800, many], ['dark', 'en', 1920, 1080, coco], ['light', 'ja', 1920, 1080, odd.folder], ['light', 'en', 1280, 800, plain], ['light', 'en', 1280, 800, many]] as const) {
    rmSync(join(folder, 'project.db'), { force: true }); rmSync(join(folder, 'project.dashi'), { force: true })
    const server = await serve(home)
    const context = await browser.newContext({ viewport: { width: w, height: h }, colorScheme: theme, locale: lang === 'ja' ? 'ja-JP' : 'en-US', reducedMotion: 'reduce' })
    const { page, errors } = await openPage(context, server); page.setDefaultTimeout(30000)
    await page.waitForSelector('.welcome')
    await page.click('.choice >> nth=1')
    await page.locator('[role=dialog] input').first().fill(folder); await page.locator('[role=dialog] input').first().press('Enter')
    await page.locator('[role=dialog] .n-button--primary-type').click()
    await page.waitForSelector('[data-first]'); await page.waitForSelector('[data-set-up], [data-look]'); await page.waitForTimeout(2500)
    const name = `${++n}-${theme}-${lang}-${w}`
    await page.screenshot({ path: `/tmp/fo-shots/${name}.png` })
    if (n === 1 || n === 2 || n === 4) {
      await page.click('[data-set-up]'); await page.waitForSelector('.facets .facet'); await page.waitForTimeout(1500)
      await page.screenshot({ path: `/tmp/fo-shots/${name}-data.png` })
      if (n === 1) { await page.click('[data-unreadable]'); await page.waitForTimeout(900); await page.screenshot({ path: `/tmp/fo-shots/${name}-unreadable.png` }) }
    }
    console.log(name, errors.slice(0, 3))
    await context.close(); await server.close()
  }
  await browser.close(); home.remove(); odd.remove(); rmSync(set, { recursive: true, force: true })
}, 200000)
