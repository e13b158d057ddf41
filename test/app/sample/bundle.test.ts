/** The file that stands for the data packages in a packaged program. That the whole sample comes out of it the same: test/desktop/package.long.test.ts. */
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { styles } from '#shared/model/sample.ts'
import { sampleBundle } from '../../../src-main/app/sample/bundle.ts'
import { concepts } from '../../../src-main/app/sample/concepts.ts'
import { canonicalName, findIcon, iconsFile, iconSetSchema } from '../../../src-main/app/sample/iconset.ts'

test('has each icon that a concept is drawn with, as its set has it, and no other', () => {
  const packed = sampleBundle()
  expect(packed.length).toBeLessThan(7e6)
  const files = z.record(z.string(), z.unknown()).parse(JSON.parse(gunzipSync(packed).toString()))
  expect(Object.keys(files).sort()).toEqual(
    [
      ...styles.flatMap((style) => [iconsFile(style), `@iconify-json/${style}/chars.json`]),
      'emojibase-data/en/data.json',
      'emojibase-data/meta/groups.json',
    ].sort(),
  )
  for (const style of styles) {
    const set = iconSetSchema.parse(files[iconsFile(style)])
    const names = concepts().flatMap((concept) => concept.styles[style] ?? [])
    for (const name of names) {
      expect(canonicalName(set, name), name).toBe(name)
      const root = set.icons[name] ? name : set.aliases[name]!.parent
      expect(set.icons[root]?.body, name).toBe(findIcon(style, name).body)
    }
    expect(Object.keys(set.icons).length).toBeLessThanOrEqual(names.length)
  }
})
