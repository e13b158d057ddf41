import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { address, isStep, listIds, listText, readAddress, writeAddress, type Address } from '../../../src-renderer/routing/address.ts'

const project = '0123456789abcdef'

describe('an address', () => {
  it.each<[string, Address]>([
    ['#/', { room: 'welcome' }],
    ['#/data', { room: 'data' }],
    [
      '#/label/12?split=train&sort=-size&project=0123456789abcdef',
      { room: 'label', image: 12, filter: { split: 'train' }, sort: { by: 'size', descending: true }, project },
    ],
    ['#/label/3?regions=4,7-9', { room: 'label', image: 3, regions: '4,7-9' }],
    [
      '#/data?labelIds=[1,2]&unlabelled=false&chosen=5&tool=map&map=pca',
      { room: 'data', filter: { labelIds: [1, 2], unlabelled: false }, chosen: '5', tool: 'map', map: 'pca' },
    ],
    ['#/data?split=null', { room: 'data', filter: { split: null } }],
    ['#/data?split=%22null%22&tag=%2212%22', { room: 'data', filter: { split: 'null', tag: '12' } }],
    ['#/data?words=red%20bird%20%26%20%3Fblue', { room: 'data', words: 'red bird & ?blue' }],
    ['#/data?pathText=%E9%B3%A5%20100%25', { room: 'data', filter: { pathText: '鳥 100%' } }],
    ['#/train/a-b-c', { room: 'train', run: 'a-b-c' }],
    [
      '#/compare?of=[%22checkpoints/a%22,%22b%20c%22]&asked=true&x=id',
      { room: 'compare', of: ['checkpoints/a', 'b c'], asked: true, x: 'id' },
    ],
  ])('%s is one record', (text, record) => {
    expect(readAddress(text)).toEqual(record)
    expect(writeAddress(record)).toBe(text)
  })

  it.each([
    '#/nowhere',
    '#/label/abc',
    '#/label/1/2',
    '#/label/-1',
    '#/label/1e400',
    '#/data/5',
    '#/data?labelIds=x',
    '#/data?state=maybe',
    '#/data?sort=-nothing',
    '#/data?project=/etc',
    '#/data?chosen=1-',
    '#/data?state=%E0%A4%A',
    '#!%%%',
    '#/compare?of=all',
    '#/compare?reference=-1',
    '#/train/',
    '#/__proto__',
    '#/constructor/1',
    `#/data?words=${'x'.repeat(30_000)}`,
  ])('%s is not understood, and no fault', (text) => {
    const read = readAddress(text)
    if (text === '#/train/') expect(read).toEqual({ room: 'train' })
    else expect(read).toBeNull()
  })

  it('ignores parameters of other versions', () => {
    expect(readAddress('#/label/5?zoom=3&split=val')).toEqual({ room: 'label', image: 5, filter: { split: 'val' } })
  })

  it('round-trips, whatever words are in it', () => {
    const words = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' }).filter((s) => s.isWellFormed())
    const record = fc.record({
      room: fc.constant('data' as const),
      filter: fc.record(
        {
          split: fc.option(words),
          tag: words,
          pathText: words,
          labelIds: fc.array(fc.integer({ min: 1, max: 1e6 })),
          author: fc.record({ kind: fc.constant('person' as const), name: words }),
          score: fc.record({ max: fc.double({ min: 0, max: 1 }) }),
        },
        { requiredKeys: ['tag'] },
      ),
      title: words,
      words,
      model: words,
    })
    fc.assert(
      fc.property(record, (made) => {
        const parsed = address.safeParse(made)
        if (!parsed.success) return // a text that no filter takes
        expect(readAddress(writeAddress(parsed.data))).toEqual(parsed.data)
      }),
    )
  })

  it('is handled, however malformed', () => {
    fc.assert(fc.property(fc.string(), (text) => void readAddress(`#/${text}`)))
    fc.assert(
      fc.property(
        fc.constantFrom('data', 'label', 'train', 'compare', 'merge', 'models'),
        fc.string(),
        fc.string(),
        (room, name, value) => void readAddress(`#/${room}?${name}=${value}`),
      ),
    )
  })
})

describe('a list of ids', () => {
  it('keeps its order, and abbreviates ranges', () => {
    expect(listText([1, 2, 3, 9, 5, 6, 4])).toBe('1-3,9,5-6,4')
    expect(listIds('1-3,9,5-6,4')).toEqual([1, 2, 3, 9, 5, 6, 4])
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 1e9 })), (ids) => void (ids.length && expect(listIds(listText(ids))).toEqual(ids))),
    )
  })
  it('is rejected if it has more ids than possible', () => {
    expect(listIds('1-999999999999999')).toBeNull()
    expect(listIds(Array.from({ length: 10 }, () => '1-1000000').join())).toBeNull()
  })
})

describe('a step back', () => {
  const step = (a: string, b: string) => isStep(readAddress(a)!, readAddress(b)!)
  it.each([
    ['#/data', '#/label/1'],
    ['#/label/1', '#/label/2'],
    ['#/data', '#/data?split=train'],
    ['#/data?pathText=a', '#/data'],
    ['#/data', '#/data?tool=map'],
    ['#/train', '#/train/x'],
    ['#/compare?of=[%22a%22]&asked=true', '#/compare?of=[%22b%22]&asked=true'],
    ['#/data?like=3', '#/data?like=4'],
  ])('goes from %s to %s', (a, b) => {
    expect([step(a, b), step(b, a)]).toEqual([true, true])
  })
  it.each([
    ['#/data', '#/data?chosen=1-5'],
    ['#/data?at=4', '#/data?at=9'],
    ['#/label/1', '#/label/1?regions=3'],
    ['#/data?pathText=b', '#/data?pathText=bi'],
    ['#/compare?of=[%22a%22]', '#/compare?of=[%22a%22,%22b%22]'],
    ['#/compare?of=[%22a%22]', '#/compare?of=[%22a%22]&asked=true'],
    ['#/data?tool=map', '#/data?tool=map&colour=split'],
  ])('is none between %s and %s', (a, b) => {
    expect(step(a, b)).toBe(false)
  })
})
