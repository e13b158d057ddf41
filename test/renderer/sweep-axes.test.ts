/** Axes of parallel coordinates: where values lie, what is named, and what a brushed part keeps. */
import { describe, expect, it } from 'vitest'
import { everything, isKept, moved, parallelAxis } from '../../src-renderer/sweep-axes.ts'

describe('an axis', () => {
  it('of numbers that differ many times over is spread by their logarithm, and names each of a few', () => {
    const axis = parallelAxis('f:lr', 'lr', [1e-5, 1e-3, 1e-4, 1e-4])
    expect(axis.ticks.map((t) => [t.label, Number(t.at.toFixed(3))])).toEqual([
      ['1e-5', 0],
      ['1e-4', 0.5],
      ['0.001', 1],
    ])
    expect([axis.at(1e-4), axis.at(null), axis.label(0.5)]).toEqual([expect.closeTo(0.5, 9), null, '1e-4'])
  })
  it('of many numbers has round ones, within its ends', () => {
    const axis = parallelAxis(
      'x',
      'x',
      Array.from({ length: 20 }, (_, i) => i / 10),
    )
    expect(axis.ticks.map((t) => t.label)).toEqual(['0', '0.5', '1', '1.5'])
    const drawn = parallelAxis('x', 'x', [3e-6, 2e-5, 7e-4, 5e-5, 6e-5, 8e-5, 9e-4])
    expect(drawn.ticks.map((t) => t.label)).toEqual(['1e-5', '1e-4'])
  })
  it('of shares is in per cent, and never logarithmic', () => {
    const axis = parallelAxis('s:val', 'val', [0.01, 0.5], true)
    expect([axis.label(0.5), axis.at(0.255)]).toEqual(['25.5%', expect.closeTo(0.5, 9)])
    expect(parallelAxis('s:val', 'val', [0.5, 0.5], true).ticks).toEqual([{ at: 0.5, label: '50.0%' }])
  })
  it('of words, or of a single number, has a place for each', () => {
    const axis = parallelAxis('f:a', 'a', ['light', 'strong', 'none', 'light'])
    expect(axis.ticks).toEqual([
      { at: 0, label: 'light' },
      { at: 0.5, label: 'strong' },
      { at: 1, label: 'none' },
    ])
    expect([axis.step, axis.label(0.5), axis.at('none')]).toEqual([0.5, 'strong', 1])
    expect(parallelAxis('f:b', 'b', [7]).ticks).toEqual([{ at: 0.5, label: '7' }])
  })
})

describe('the kept part of an axis', () => {
  const axis = parallelAxis('f:lr', 'lr', [0, 1, 2, 3, 4])
  it('keeps the values in it, and those that are missing only as long as it is everything', () => {
    expect([0, 1, 2, 3, 4].filter((v) => isKept(axis, v, [0.25, 0.75]))).toEqual([1, 2, 3])
    expect([isKept(axis, null, everything), isKept(axis, null, [0, 0.9])]).toEqual([true, false])
  })
  it('is moved by its ends, which neither pass each other nor leave the axis', () => {
    expect(moved(everything, 'low', 0.3)).toEqual([0.3, 1])
    expect(moved([0.3, 0.6], 'high', -0.5)).toEqual([0.3, 0.3])
    expect(moved([0.3, 0.6], 'low', -Infinity)).toEqual([0, 0.6])
    expect(moved([0.3, 0.6], 'high', Infinity)).toEqual([0.3, 1])
  })
})
