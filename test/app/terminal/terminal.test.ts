import { describe, expect, test } from 'vitest'
import { duration, plusMinus, points, pValue, setting } from '#shared/format.ts'
import { progressBar } from '../../../src-main/app/terminal/progress.ts'
import { hasColour, paint, textWidth } from '../../../src-main/app/terminal/stream.ts'
import { renderTable } from '../../../src-main/app/terminal/table.ts'

/** A stderr that remembers, and a clock that is told the time. */
function fake(isTTY: boolean, columns = 80) {
  const written: string[] = []
  let ms = 0
  return {
    written,
    to: { isTTY, columns, write: (text: string) => written.push(text) },
    now: () => ms,
    pass: (seconds: number) => (ms += 1000 * seconds),
  }
}
const plain = (text: string) => text.replace(/\x1b\[[0-9;]*[mK]/g, '')

describe('progress', () => {
  test('at a terminal: one line drawn over, with bar, share, rate and time left', () => {
    const { written, to, now, pass } = fake(true, 100)
    const bar = progressBar('Fine-tuning', { total: 200, unit: 'images', to, now })
    pass(2)
    bar.update({ done: 50, note: 'loss 1.23' })
    pass(0.01)
    bar.update({ done: 51 }) // too soon to be drawn
    pass(1)
    bar.end('loss 0.98')
    expect(written).toHaveLength(2)
    expect(plain(written[0]!)).toBe('\rFine-tuning            ████░░░░░░░░░░░░  25% 50/200 · 25 images/s · 6.0 s left · loss 1.23')
    expect(written[0]).not.toContain('\n')
    expect(plain(written[1]!)).toBe('\r✓ Fine-tuning          3.0 s · loss 0.98\n')
  })

  test('a narrow terminal gets a line that does not wrap', () => {
    const { written, to, now, pass } = fake(true, 40)
    pass(1)
    progressBar('埋め込み', { total: 9, to, now }).update({ done: 3, note: 'a note too long to be shown here' })
    expect(textWidth(plain(written[0]!).slice(1))).toBeLessThan(40)
  })

  test('in a log: plain lines, at most every five seconds, and the last one', () => {
    const { written, to, now, pass } = fake(false)
    const bar = progressBar('Features', { to, now })
    for (let done = 0; done <= 100; done++, pass(0.1)) bar.update({ done, total: 100, rate: 10, secondsLeft: (100 - done) / 10 })
    bar.end()
    bar.update({ done: 3 })
    expect(written).toEqual([
      'Features: 0% 0/100, 10/s, 10 s left\n',
      'Features: 50% 50/100, 10/s, 5.0 s left\n',
      'Features: 100% 100/100, 10/s\n',
      'Features: done, 10 s\n',
    ])
  })

  test('without a total there is no share and no time left', () => {
    const { written, to, now, pass } = fake(false)
    const bar = progressBar('Reading', { to, now })
    pass(4)
    bar.update({ done: 1234 })
    expect(written).toEqual(['Reading: 1,234, 309/s\n'])
  })
})

describe('colours', () => {
  test('only at a terminal, and never against NO_COLOR', () => {
    expect(hasColour({ isTTY: true, write: () => 0 }, {})).toBe(true)
    expect(hasColour({ isTTY: true, write: () => 0 }, { NO_COLOR: '1' })).toBe(false)
    expect(hasColour({ isTTY: true, write: () => 0 }, { TERM: 'dumb' })).toBe(false)
    expect(hasColour({ isTTY: false, write: () => 0 }, {})).toBe(false)
    expect(paint('bold', 'x', { isTTY: true, write: () => 0 }, {})).toBe('\x1b[1mx\x1b[0m')
  })
})

test('a table aligns names left and figures right, wide characters counted as two', () => {
  const rows = [
    { name: 'LP-FT', id: { accuracy: 0.7134, interval: [0.69, 0.735] as [number, number], n: 1500 } },
    { name: '線形', id: null },
  ]
  const table = renderTable(
    [
      { title: 'recipe', value: (r) => r.name },
      { title: 'ID (%)', value: (r) => r.id && plusMinus(r.id) },
    ],
    rows,
    { isTTY: false, write: () => 0 },
  )
  expect(table).toBe(['recipe      ID (%)', '──────────────────', 'LP-FT   71.3 ± 2.3', '線形             –', ''].join('\n'))
})

test('figures are written as people read them', () => {
  expect([0.42, 37.2, 245, 7421].map(duration)).toEqual(['0.4 s', '37 s', '4 min 05 s', '2 h 03 min'])
  expect([0.0284, -0.004, -0.0001].map(points)).toEqual(['+2.8', '−0.4', '0.0'])
  expect([1e-5, 3e-4, 0.003, 20, 0, 'strong'].map(setting)).toEqual(['1e-5', '3e-4', '0.003', '20', '0', 'strong'])
  expect([0.00001, 0.031, 0.412].map(pValue)).toEqual(['p < 0.001', 'p = 0.03', 'p = 0.41'])
})
