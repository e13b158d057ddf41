/** A comparison of detectors as a table for a spreadsheet. */
import { expect, it } from 'vitest'
import { regionComparison } from '#shared/model/region-comparison.ts'
import { regionCsv } from '../../src-renderer/views/compare/comparison-csv.ts'

it('has each metric of each model on each split with its interval, those of each label, and the differences with their tests', () => {
  const one = {
    ...{ n: 8, regions: 20, metrics: { map: 0.5, ap50: 0.75 }, intervals: { map: [0.25, 0.625] } },
    labels: [{ label: 'cat, big', regions: 12, metrics: { map: 0.375 } }],
  }
  const other = { n: 8, regions: 20, metrics: { map: 0.25 }, intervals: {}, labels: [] }
  const result = regionComparison.parse({
    ...{ task: 'detect', main: 'map', ofImages: 'f1', classes: ['cat, big'], splits: ['val'], differing: {}, differences: [] },
    rows: [
      { checkpoint: '/a', name: 'Detector', splits: { val: one } },
      { checkpoint: '/b', name: '=1+1', splits: { val: other } },
    ],
    pairs: [{ split: 'val', a: 0, b: 1, difference: 0.25, interval: [-0.125, 0.5], p: 0.0625 }],
  })
  expect(regionCsv(result).split('\r\n')).toEqual([
    'what,model,split,class,other,value,low,high,n',
    'map,Detector,val,,,0.5,0.25,0.625,8',
    'ap50,Detector,val,,,0.75,,,8',
    'map,Detector,val,"cat, big",,0.375,,,12',
    "map,'=1+1,val,,,0.25,,,8", // no formula in a spreadsheet
    "map-difference,Detector,val,,'=1+1,0.25,-0.125,0.5,8",
    "bootstrap-p,Detector,val,,'=1+1,0.0625,,,8",
    '',
  ])
})
