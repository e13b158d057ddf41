/** docs/keys.md: what the hand needed, beside what the rivals' documentation asks of it. */
import { total, type Cost } from './hand.ts'
import { jobs, type Job } from './jobs.ts'
import { rivals, totalOf } from './rivals.ts'

const titles: Record<Job, string> = {
  classify: 'Classify 100 images, one of three classes each',
  boxes: '50 boxes of 3 classes on 10 images',
  proposals: 'Correct 20 proposals on 5 images (4 wrong labels, 3 wrong corners, 2 false)',
  captions: 'Caption 20 images, a word of each tied to its region',
  polygons: 'Fix 10 polygons (move, insert and delete a vertex of each)',
  relabel: 'Find 12 trucks among 30 cars, and relabel them',
  export: 'Split 80 / 10 / 10 and export COCO',
}
const parts = ({ keys, typed, clicks, drags }: Cost) =>
  [
    [keys, 'key'],
    [typed, 'character'],
    [clicks, 'click'],
    [drags, 'drag'],
  ]
    .filter(([n]) => n)
    .map(([n, word]) => `${n} ${word}${n === 1 ? '' : 's'}`)
    .join(', ')

export function tableOf(ours: Record<Job, Cost>): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const lines = [
    '# Keys and clicks',
    '',
    'Made by `npm run keys`, which plays each job against the running program (`test/e2e/keys.test.ts`) and looks up in the database that',
    'it was done right. A chord, a click and a drag are one each, and so is every character typed; moving the pointer is free. Each job',
    'begins with its first image open (the last two in the overview) and ends when all is saved. The rivals are counted at the best way that',
    'their documentation or source describes, in their favour where it is silent; nobody counted them at the screen.',
    '',
    row(['Job', 'Dashi', ...rivals.map((r) => r.name)]),
    row(['---', '---:', ...rivals.map(() => '---:')]),
    ...jobs.map((job) => row([titles[job], `**${total(ours[job])}**`, ...rivals.map((r) => totalOf(r.jobs[job])?.toString() ?? 'cannot')])),
    '',
    '## What it consists of',
    '',
    ...jobs.flatMap((job) => [
      `### ${titles[job]}`,
      '',
      `- **Dashi**: ${parts(ours[job])}`,
      ...rivals.map(({ name, jobs: of }) => {
        const way = of[job]
        if ('cannot' in way) return `- ${name}: cannot. ${way.cannot} (${way.source})`
        return `- ${name}: ${way.steps.map((s) => `${s.times} × ${s.what}`).join('; ')} (${[...new Set(way.steps.map((s) => s.source))].join(', ')})`
      }),
      '',
    ]),
  ]
  return `${lines.join('\n').trimEnd()}\n`
}
