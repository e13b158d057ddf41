/** A project that shows what takes several people and many frames: a street, drawn; tracks, a skeleton, attributes, comments, two authors. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import type { Author } from '#shared/model/author.ts'
import type { RecordRegion } from '#shared/model/record.ts'
import { cocoPerson, placedIn } from '#shared/model/skeleton.ts'
import { addComment, addLabels, changeRegions, makeTracks, setReview } from '../../src-main/app/annotations/index.ts'
import { addRecords, createProject, openProject, imageContent, type Project } from '../../src-main/app/projects/index.ts'

const [width, height, count] = [960, 640, 48]
const by = (name: string): { author: Author } => ({ author: { kind: 'person', name } })
const carAt = (i: number) => ({ x: 40 + 9 * i, y: 380, w: 210, h: 92 })
const vanAt = (i: number) => ({ x: 690 - 6 * i, y: 322, w: 170, h: 104 })
const personAt = (i: number) => ({ x: 610 - 4 * i, y: 420, w: 74, h: 168 })

function drawn(i: number): string {
  const [car, van, person] = [carAt(i), vanAt(i), personAt(i)]
  const wheel = (x: number, y: number, r: number) =>
    `<circle cx="${x}" cy="${y}" r="${r}" fill="#23262b"/><circle cx="${x}" cy="${y}" r="${r / 2}" fill="#b9bec4"/>`
  const houses = Array.from({ length: 7 }, (_, k) => {
    const [x, h] = [k * 145 - 20, 150 + ((k * 67) % 110)]
    const windows = Array.from(
      { length: 9 },
      (_, j) => `<rect x="${16 + (j % 3) * 38}" y="${18 + Math.floor(j / 3) * 44}" width="22" height="28"/>`,
    )
    return `<g transform="translate(${x} ${330 - h})"><rect width="132" height="${h}" fill="hsl(${20 + k * 23} 22% ${62 + (k % 3) * 7}%)"/>
      <g fill="#f4ecd2" opacity=".75">${windows.join('')}</g></g>`
  })
  const stride = 18 * Math.sin(i * 0.9)
  const px = person.x + person.w / 2
  const limb = (x1: number, y1: number, x2: number, y2: number, colour: string, w = 15) =>
    `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${colour}" stroke-width="${w}" stroke-linecap="round"/>`
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <defs><linearGradient id="s" x2="0" y2="1"><stop stop-color="#9cc4e4"/><stop offset="1" stop-color="#e9f0ee"/></linearGradient></defs>
    <rect width="${width}" height="340" fill="url(#s)"/>${houses.join('')}
    <rect y="322" width="${width}" height="34" fill="#a7a59c"/><rect y="352" width="${width}" height="152" fill="#5d6168"/>
    <path d="M0 434H${width}" stroke="#d8d6c6" stroke-width="5" stroke-dasharray="46 34"/><rect y="500" width="${width}" height="140" fill="#b7b3a6"/>
    <rect y="500" width="${width}" height="9" fill="#8d8a80"/>
    <g transform="translate(${van.x} ${van.y})"><path d="M0 18q0-12 12-12h112q10 0 16 10l22 34q8 4 8 14v22H0Z" fill="#e4e2da"/>
      <path d="M118 18h14l20 32h-34Z" fill="#6f8ea3"/><rect x="10" y="40" width="92" height="6" fill="#c4452f"/></g>
    ${wheel(van.x + 36, van.y + 88, 16)}${wheel(van.x + 132, van.y + 88, 16)}
    <g transform="translate(${car.x} ${car.y})"><path d="M4 70V50q2-12 22-14l26-26q6-8 18-8h62q12 0 20 9l22 25q34 4 34 22v12Z" fill="#c9552f"/>
      <path d="M58 36l20-22h24v22Zm54 0V14h18q8 0 14 7l12 15Z" fill="#35506a"/></g>
    ${wheel(car.x + 48, car.y + 72, 20)}${wheel(car.x + 160, car.y + 72, 20)}
    ${limb(px, 512, px - stride, 578, '#2f3d5c', 17)}${limb(px, 512, px + stride, 578, '#3a4a6e', 17)}
    ${limb(px, 460, px + stride * 0.9, 505, '#2f7d6b', 12)}${limb(px, 458, px, 510, '#38937e', 34)}
    ${limb(px, 460, px - stride * 0.9, 505, '#38937e', 12)}<circle cx="${px}" cy="434" r="15" fill="#e3b48e"/>
  </svg>`
}

const box = (b: { x: number; y: number; w: number; h: number }): RecordRegion['shape'] => ({ kind: 'box', ...b })
/** Of the second half two people have labelled the same images, and do not agree on all of them. */
function regions(i: number): RecordRegion[] {
  const off = (b: { x: number; y: number; w: number; h: number }, d: number) => ({ ...b, x: b.x + d, w: b.w - d })
  const person: RecordRegion = { label: 'person', shape: placedIn(personAt(i), cocoPerson), attributes: { pose: 'walking' }, ...by('Ann') }
  if (i < 24) return i === 0 ? [person] : []
  return [
    { label: 'car', shape: box(carAt(i)), attributes: { view: 'side' }, ...by('Ann') },
    { label: 'car', shape: box(off(carAt(i), 3 + (i % 4))), attributes: { view: 'side' }, ...by('Bo') },
    { label: 'van', shape: box(vanAt(i)), ...by('Ann') },
    ...(i % 5 ? [{ label: i % 4 ? 'van' : 'car', shape: box(off(vanAt(i), 2)), ...by('Bo') }] : []),
  ]
}

function track(project: Project): void {
  const through = 24
  for (const place of [carAt, vanAt]) {
    const of = (id: number) =>
      imageContent(project, id)
        .regions.filter((r) => r.shape.kind === 'box')
        .at(place === carAt ? 0 : -1)!
    makeTracks(project, [of(1).id], through)
    for (const id of [9, 16, 24]) changeRegions(project, [{ id: of(id).id, patch: { shape: box(place(id - 1)) } }])
  }
}

export async function street(): Promise<{ folder: string; remove(): void }> {
  const folder = mkdtempSync(join(tmpdir(), 'dashi-street-'))
  const name = (i: number) => `frame_${String(i + 1).padStart(4, '0')}.png`
  mkdirSync(join(folder, 'media'))
  for (let i = 0; i < count; i++)
    await sharp(Buffer.from(drawn(i)))
      .png()
      .toFile(join(folder, 'media', name(i)))
  const project = createProject(folder, { name: 'Street', user: 'Ann' })
  const [vehicle] = addLabels(project, [{ name: 'vehicle' }])
  const view = { name: 'view', type: 'choice' as const, options: ['front', 'side', 'rear'], required: true }
  const hidden = { name: 'covered, %', type: 'number' as const, min: 0, max: 100, required: false, default: 0 }
  addLabels(project, [
    { name: 'car', parentId: vehicle!.id, attributes: [view, hidden, { name: 'parked', type: 'yes/no', required: false }] },
    { name: 'van', parentId: vehicle!.id },
    {
      name: 'person',
      skeleton: cocoPerson,
      attributes: [{ name: 'pose', type: 'choice', options: ['standing', 'walking', 'sitting'], required: false }],
    },
  ])
  addRecords(
    project,
    Array.from({ length: count }, (_, i) => ({
      fileName: name(i),
      width,
      height,
      regions: i
        ? regions(i)
        : [
            { label: 'car', shape: box(carAt(0)), attributes: { view: 'side', 'covered, %': 0 } },
            { label: 'van', shape: box(vanAt(0)) },
            ...regions(0),
          ],
    })),
  )
  track(project)
  addComment(project, { mediaId: 30, text: 'Does the bumper belong to it?', at: { x: carAt(29).x + 205, y: 440 } })
  const asked = addComment(project, { mediaId: 30, text: 'A van or a small bus?', at: { x: vanAt(29).x + 60, y: 345 } })
  setReview(project, [25, 26, 27, 28], 'approved')
  setReview(project, [29], 'rejected')
  project.close()
  const other = openProject(folder, { user: 'Bo' })
  addComment(other, { mediaId: 30, text: 'A van: no rear door.', replyTo: asked.id })
  other.close()
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
