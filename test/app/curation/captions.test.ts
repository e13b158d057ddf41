import { describe, expect, test } from 'vitest'
import type { CaptionIssue, CaptionOptions } from '#shared/model/curation.ts'
import { checkCaptions } from '../../../src-main/app/curation/index.ts'
import { contradicts, languageDetector } from '../../../src-main/app/curation/language.ts'
import { box, record, temporaryProject } from '../projects/fixture.ts'
import { appContext } from './helpers.ts'

const detectLanguage = await languageDetector()
const app = await appContext('')
const caption = (text: string, language: string | null = null, region: number | null = null) => ({ text, language, region })

describe('the language of a caption', () => {
  test.each([
    ['a man is riding a wave on top of a surfboard', 'en'],
    ['ein Hund läuft mit einem Ball über die Straße', 'de'],
    ['un chien court dans la rue avec un homme', 'fr'],
    ['un perro corre por la calle con un hombre', 'es'],
    ['犬がボールを追いかけて走っている', 'ja'],
    ['개가 공을 쫓아 달리고 있다', 'ko'],
    ['一只狗在街上追着一个球跑', 'zh'],
    ['собака бежит по улице за мячом', 'ru'],
    ['pizza', null],
    ['red apple', null],
    ['東京', null],
  ])('"%s" is %s', (text, language) => {
    expect(detectLanguage(text).language).toBe(language)
  })

  test('contradicts a tag only where it surely is another', () => {
    const wrong = (text: string, tag: string) => contradicts(detectLanguage(text), tag)
    expect(wrong('a man is riding a wave on top of a surfboard', 'de')).toBe(true)
    expect(wrong('a man is riding a wave on top of a surfboard', 'en-GB')).toBe(false)
    expect(wrong('red apple', 'de')).toBe(false)
    expect(wrong('en hund springer på gatan med en man', 'sv')).toBe(false)
    expect(wrong('犬が走っている', 'en')).toBe(true)
    expect(wrong('東京都庁舎展望室', 'ja')).toBe(false)
  })
})

describe('the check of captions', () => {
  const project = () =>
    temporaryProject([
      record('plain.jpg', { captions: [caption('A dog runs along the street with a ball.', 'en')] }),
      record('same.jpg', { captions: [caption('a dog runs along the street, with a ball', 'en')] }),
      record('twice.jpg', { captions: [caption('Two cats.'), caption('two cats!')] }),
      record('german.jpg', { captions: [caption('Ein Hund läuft mit einem Ball über die Straße', 'en')] }),
      record('empty.jpg', { captions: [caption(' … ')] }),
      record('long.jpg', { captions: [caption(Array.from({ length: 60 }, (_, i) => `apple${i} umbrella`).join(' '))] }),
      record('regions.jpg', {
        regions: [
          { label: 'dog', shape: box() },
          { label: 'dog', shape: box(5) },
        ],
        captions: [caption('a dog', 'en', 0), caption('a dog', 'en', 1)],
      }),
      record('bare.jpg'),
    ])
  const check = async (options: CaptionOptions = {}) => {
    const p = project()
    const { summary, details } = await checkCaptions(app, p, options)
    const paths = new Map(p.db.all<{ id: number; path: string }>('SELECT id, path FROM media').map((m) => [m.id, m.path]))
    return { summary, details, of: (issue: CaptionIssue) => details.filter((f) => f.issue === issue).map((f) => paths.get(f.mediaId)) }
  }

  test('finds what is missing, empty, repeated, duplicated, too long, or in another language', async () => {
    const { summary, details, of } = await check()
    expect(of('missing')).toEqual(['regions.jpg', 'bare.jpg'])
    expect(of('empty')).toEqual(['empty.jpg'])
    expect(of('repeated')).toEqual(['twice.jpg', 'twice.jpg'])
    expect(of('duplicated')).toEqual(['plain.jpg', 'same.jpg'])
    expect(of('wrong-language')).toEqual(['german.jpg'])
    expect(of('too-long')).toEqual(['german.jpg', 'long.jpg']) // foreign words fall into many tokens
    expect(details.find((f) => f.issue === 'too-long')!.tokens).toBeGreaterThan(summary.tokenLimit)
    expect(details.find((f) => f.issue === 'wrong-language')!.language).toBe('de')
    expect(summary.issues).toEqual({ missing: 2, empty: 1, repeated: 2, duplicated: 2, 'wrong-language': 1, 'too-long': 2 })
  })

  test('against one language for all', async () => {
    expect((await check({ language: 'de' })).of('wrong-language')).toEqual(['plain.jpg', 'same.jpg', 'long.jpg'])
  })

  test('counts captions, words and languages', async () => {
    const { summary } = await check()
    expect(summary).toMatchObject({ images: 8, captions: 9, captioned: 6, ofRegions: 2 })
    expect(summary.lengths!.words).toMatchObject({ min: 0, median: 2, max: 120 })
    expect(summary.lengths!.characters.min).toBe(3)
    expect(summary.words.find((w) => w.word === 'dog')).toEqual({ word: 'dog', count: 4 })
    expect(summary.languages.find((l) => l.language === 'en')!.captions).toBeGreaterThanOrEqual(2)
    expect(summary.languages.reduce((n, l) => n + l.captions, 0)).toBe(8)
  })

  test('of a project without captions has no lengths', async () => {
    const { summary } = await checkCaptions(app, temporaryProject([record('a.jpg')]))
    expect(summary).toMatchObject({ captions: 0, lengths: null, languages: [], vocabulary: 0, issues: { missing: 1 } })
  })
})
