import { type CaptionFinding, type CaptionIssue, captionIssue, captionOptions, type Spread } from '#shared/model/curation.ts'
import { anyCaptions, captionsByImage, type CaptionText, countCaptions, uncaptioned } from '../../db/curated.ts'
import { countImages } from '../../db/images.ts'
import type { AppContext } from '../context.ts'
import { countTokens } from '../preview/index.ts'
import { breathe, checkpointOf, modelOf, search } from './control.ts'
import { contradicts, languageDetector } from './language.ts'
import type { Found } from './store.ts'

/** Texts are compared ignoring whitespace, case and punctuation. */
const normal = (text: string) =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\p{P}\p{S}\s]+/gu, ' ')
    .trim()
const wordsOf = (text: string) => normal(text).match(/[\p{L}\p{N}]+(?:['’][\p{L}]+)?/gu) ?? []

/** Statistics of the captions, and likely problems of individual ones. */
export const checkCaptions = search(captionOptions, async (app, project, o, control): Promise<Found<'captions'>> => {
  const check = checkpointOf(control)
  const { db } = project
  const model = modelOf(app, o.model)
  const { limit: tokenLimit } = await countTokens(app, model, [])
  const detectLanguage = await languageDetector()
  const total = countCaptions(db)
  const times = occurrences(anyCaptions(db))

  const findings: CaptionFinding[] = []
  const lengths = { characters: new Float64Array(total), words: new Float64Array(total), tokens: new Float64Array(total) }
  const [languages, vocabulary] = [new Map<string | null, number>(), new Map<string, number>()]
  let [done, ofRegions] = [0, 0]
  for await (const { row, tokens } of counted(app, model, captionsByImage(db))) {
    const { text } = row
    const found = (issue: CaptionIssue, more: Partial<CaptionFinding> = {}) =>
      findings.push({ issue, mediaId: row.image, captionId: row.id, text, ...more })
    const words = wordsOf(text)
    lengths.characters[done] = [...text].length
    lengths.words[done] = words.length
    lengths.tokens[done] = tokens
    for (const word of words) vocabulary.set(word, (vocabulary.get(word) ?? 0) + 1)
    if (row.region !== null) ofRegions++
    if (!words.length) found('empty')
    else {
      const detected = detectLanguage(text)
      languages.set(detected.language, (languages.get(detected.language) ?? 0) + 1)
      const expected = o.language ?? row.language
      if (expected && contradicts(detected, expected)) found('wrong-language', { language: detected.language! })
      const { here, images } = times(row)
      if (here > 1) found('repeated', { times: here })
      // Captions of regions may repeat: many regions are just "a dog".
      if (row.region === null && images > 1) found('duplicated', { times: images })
    }
    if (tokens > tokenLimit) found('too-long', { tokens })
    if (++done % 500 === 0) {
      check()
      control.onProgress?.({ phase: 'captions', done, total })
      await breathe()
    }
  }
  const bare = uncaptioned(db)
  for (const id of bare) findings.push({ issue: 'missing', mediaId: id, captionId: null, text: '' })
  const images = countImages(db)
  const byCount = <K>(counts: Map<K, number>) => [...counts].sort((a, b) => b[1] - a[1])
  const issues = Object.fromEntries(captionIssue.options.map((i) => [i, 0])) as Record<CaptionIssue, number>
  for (const f of findings) issues[f.issue]++
  return {
    summary: {
      images,
      captions: total,
      captioned: images - bare.length,
      ofRegions,
      lengths: total ? { characters: spread(lengths.characters), words: spread(lengths.words), tokens: spread(lengths.tokens) } : null,
      tokenLimit,
      languages: byCount(languages).map(([language, captions]) => ({ language, captions })),
      vocabulary: vocabulary.size,
      words: byCount(vocabulary)
        .slice(0, 50)
        .map(([word, count]) => ({ word, count })),
      issues,
    },
    details: findings,
  }
})

/** Each row with its number of tokens, counted in batches of some hundred. */
async function* counted(app: AppContext, model: string, rows: Iterable<CaptionText>): AsyncGenerator<{ row: CaptionText; tokens: number }> {
  let batch: CaptionText[] = []
  const flush = async function* () {
    const { counts } = await countTokens(
      app,
      model,
      batch.map((row) => row.text),
    )
    for (const [i, row] of batch.entries()) yield { row, tokens: counts[i]!.tokens }
    batch = []
  }
  for (const row of rows) if (batch.push(row) === 500) yield* flush()
  if (batch.length) yield* flush()
}

/** How often a caption's text occurs on its own image (or region), and on how many images. */
function occurrences(rows: Iterable<CaptionText>): (row: CaptionText) => { here: number; images: number } {
  const texts = new Map<string, { places: Map<string, number>; images: number }>()
  const place = ({ image, region }: CaptionText) => `${image} ${region ?? ''}`
  for (const row of rows) {
    const text = normal(row.text)
    let known = texts.get(text)
    if (!known) texts.set(text, (known = { places: new Map(), images: 0 }))
    const here = known.places.get(place(row)) ?? 0
    known.places.set(place(row), here + 1)
    if (here === 0 && row.region === null) known.images++
  }
  return (row) => {
    const { places, images } = texts.get(normal(row.text))!
    return { here: places.get(place(row)) ?? 0, images }
  }
}

function spread(values: Float64Array): Spread {
  const sorted = values.toSorted()
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!
  return { min: sorted[0]!, median: at(0.5), mean: sorted.reduce((a, b) => a + b, 0) / sorted.length, p95: at(0.95), max: sorted.at(-1)! }
}
