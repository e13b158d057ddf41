/** What the rest of the program asks of a project's tables, and what it is answered, of five images. */
import { beforeEach, describe, expect, test } from 'vitest'
import {
  addCaption,
  addComment,
  addRegion,
  addTag,
  removeMedia,
  setMediaLabels,
  setReview,
  setSplit,
  updateRegion,
} from '../../src-main/app/annotations/index.ts'
import type { Project } from '../../src-main/app/projects/index.ts'
import * as authors from '../../src-main/db/authors.ts'
import * as comments from '../../src-main/db/comments.ts'
import * as curated from '../../src-main/db/curated.ts'
import type { Database } from '../../src-main/db/database.ts'
import * as exchange from '../../src-main/db/exchange.ts'
import * as content from '../../src-main/db/image-content.ts'
import * as imageLabels from '../../src-main/db/image-labels.ts'
import * as images from '../../src-main/db/images.ts'
import * as labelled from '../../src-main/db/labelled.ts'
import * as labels from '../../src-main/db/labels.ts'
import * as facts from '../../src-main/db/media-facts.ts'
import * as files from '../../src-main/db/media-file.ts'
import { assignmentsOf, imagesOf } from '../../src-main/db/media-of.ts'
import { gridRows, imagesBy } from '../../src-main/db/media-rows.ts'
import * as meta from '../../src-main/db/meta.ts'
import * as operations from '../../src-main/db/operations.ts'
import * as regions from '../../src-main/db/regions.ts'
import * as review from '../../src-main/db/review.ts'
import * as roots from '../../src-main/db/roots.ts'
import * as templates from '../../src-main/db/templates.ts'
import { box, fiveImages, temporaryProject } from '../app/projects/fixture.ts'

const [cat, dog] = [1, 2]
const same = 'a'.repeat(64)
let p: Project
let db: Database
/** As another person or a checkpoint would have left it. */
const set = (sql: string) => db.exec(sql)
const labelImages = (ids: number[], labelId: number) =>
  setMediaLabels(
    p,
    ids.map((mediaId) => ({ mediaId, labelId })),
  )
const sorted = (ids: Iterable<number>) => [...ids].sort((a, b) => a - b)

beforeEach(() => {
  p = temporaryProject(fiveImages())
  db = p.db
})

describe('images', () => {
  test('are counted, listed and found', () => {
    expect([images.countImages(db), sorted(images.imageIds(db)), exchange.countPlaces(db)]).toEqual([5, [1, 2, 3, 4, 5], 5])
    expect(images.imagePlaces(db)).toContainEqual({ id: 4, root: 1, path: 'dir/d e.jpg' })
    expect([...images.imagePlacesExcept(db, [1, 2, 3, 5])]).toEqual([{ root: 1, path: 'dir/d e.jpg' }])
    expect([...images.imageFolders(db)].map((f) => [f.root, f.path]).sort()).toEqual([
      [1, ''],
      [1, 'dir/'],
    ])
    expect([images.imageById(db, 2)?.path, images.imageById(db, 9)]).toEqual(['b.jpg', null])
    expect(images.imagesById(db, [5, 9, 2]).map((m) => m.id)).toEqual([2, 5])
    expect([images.imageAt(db, 1, 'b.jpg'), images.imageAt(db, 2, 'b.jpg'), images.imageAt(db, 1, 'B.jpg')]).toEqual([
      2,
      undefined,
      undefined,
    ])
    expect([images.isImageAt(db, 1, 'B.JPG'), images.isImageAt(db, 2, 'b.jpg'), images.isImageAt(db, 1, 'x')]).toEqual([true, false, false])
    expect(images.imagesNamed(db, 'b.jpg', null).map((m) => m.id)).toEqual([2])
    expect([images.imagesNamed(db, 'b.jpg', 1).length, images.imagesNamed(db, 'b.jpg', 7).length]).toEqual([1, 0])
    expect([...exchange.allPlaces(db)].map((place) => place.path)).toEqual(['a.jpg', 'b.jpg', 'c.jpg', 'dir/d e.jpg', 'dir/e.f.jpg'])
  })
  test('in a folder are those of that very folder, so many at most', () => {
    const size = { width: 640, height: 480 }
    expect(images.imagesInFolder(db, 1, 'dir/', 9)).toEqual([
      { id: 4, path: 'dir/d e.jpg', ...size },
      { id: 5, path: 'dir/e.f.jpg', ...size },
    ])
    expect(images.imagesInFolder(db, 1, '', 9).map((m) => m.id)).toEqual([1, 2, 3])
    expect([images.imagesInFolder(db, 1, '', 2).length, images.imagesInFolder(db, 2, '', 9)]).toEqual([2, []])
  })
  test('have a place, a size and a path', () => {
    set('UPDATE media SET width = 320 WHERE id = 2')
    expect([images.imagePlace(db, 2), images.imagePlace(db, 9)]).toEqual([{ path: 'b.jpg', root: 1 }, undefined])
    expect(images.imageSize(db, 2)).toEqual({ width: 320, height: 480, path: 'b.jpg' })
    expect(images.imageSizes(db, [2, 9])).toEqual([{ id: 2, path: 'b.jpg', width: 320, height: 480 }])
    expect([images.imagePath(db, 2), images.imagePath(db, 9)]).toEqual(['b.jpg', undefined])
    expect([...images.imagePaths(db, [3, 9])]).toEqual([[3, 'c.jpg']])
  })
  test('are where an import looks for them', () => {
    expect([exchange.hasMedia(db, 1, 'a.jpg'), exchange.hasMedia(db, 2, 'a.jpg'), exchange.hasMedia(db, 1, 'x.jpg')]).toEqual([
      true,
      false,
      false,
    ])
    expect(exchange.placesByPath(db, 'a.jpg')).toEqual([{ root_id: 1, path: 'a.jpg' }])
    expect(exchange.placesByContent(db, same).map((place) => place.path)).toEqual(['c.jpg', 'dir/d e.jpg'])
    expect([exchange.isRootUsed(db, 1), exchange.isRootUsed(db, 2), exchange.damageOf(db)]).toEqual([true, false, 'ok'])
    expect([roots.roots(db).map((r) => r.id), roots.rootAt(db, roots.roots(db)[0]!.path), roots.rootAt(db, 'nowhere')]).toEqual([
      [1],
      1,
      undefined,
    ])
    roots.setRootPath(db, 1, 'moved')
    expect(roots.roots(db)).toEqual([{ id: 1, path: 'moved' }])
  })
  test('in the order of their regions or their size, equal ones by id', () => {
    set('UPDATE media SET width = NULL WHERE id = 4; UPDATE media SET width = 10 WHERE id = 2')
    expect([imagesBy(db, 'regions', true), imagesBy(db, 'regions', false)]).toEqual([
      [1, 2, 3, 4, 5],
      [3, 4, 5, 1, 2],
    ])
    expect([imagesBy(db, 'size', false), imagesBy(db, 'size', true)]).toEqual([
      [4, 2, 1, 3, 5],
      [1, 3, 5, 2, 4],
    ])
    expect(imagesBy(temporaryProject().db, 'size', true)).toEqual([])
  })
  test('stand in the grid with what lies on them', () => {
    addRegion(p, { mediaId: 1, labelId: null, shape: box() })
    setReview(p, [3], 'approved')
    files.setFileStates(db, [{ mediaId: 5, stamp: 's', problem: 'cut' }])
    const [e, a, b, c, d] = gridRows(db, [5, 1, 2, 9, 3, 4])
    expect([e, a, b, c, d].map((r) => r!.id)).toEqual([5, 1, 2, 3, 4])
    expect(a).toMatchObject({ regions: 3, proposed: 0, captions: 0, labelIds: [cat, dog], split: 'train', problem: null })
    expect(b).toMatchObject({ regions: 0, proposed: 2, labelIds: [], incomplete: false })
    expect(c).toMatchObject({ regions: 0, labelIds: [cat], review: 'approved' })
    expect([d!.captions, e!.problem]).toEqual([1, 'cut'])
  })
})

describe('facts about files', () => {
  test('what is known, and what is to be found out', () => {
    set(`UPDATE media SET width = NULL WHERE id IN (2, 4); UPDATE media SET perceptual_hash = 'beef' WHERE id IN (3, 4, 5)`)
    expect(facts.fileFacts(db, [3, 2])).toEqual([
      { id: 3, rootId: 1, path: 'c.jpg', width: 640, hash: same, perceptual: 'beef' },
      { id: 2, rootId: 1, path: 'b.jpg', width: null, hash: null, perceptual: null },
    ])
    expect([facts.countUnmeasured(db), facts.unmeasured(db, 0, 9).map((m) => m.id)]).toEqual([2, [2, 4]])
    expect([facts.unmeasured(db, 2, 9), facts.unmeasured(db, 0, 1)].map((l) => l.map((m) => m.path))).toEqual([['dir/d e.jpg'], ['b.jpg']])
    expect([sorted(facts.unhashed(db).map((m) => m.id)), facts.anyUnhashed(db)]).toEqual([[1, 2, 5], true])
    set(`UPDATE media SET content_hash = '${same}'`)
    expect([facts.unhashed(db), facts.anyUnhashed(db), facts.countAlike(db)]).toEqual([[], false, 2])
  })
  test('sizes: the longer side, below each edge', () => {
    set('UPDATE media SET width = 100, height = 50 WHERE id = 1; UPDATE media SET width = 50, height = 200 WHERE id = 2')
    set('UPDATE media SET width = NULL WHERE id = 3')
    expect([...facts.countBySize(db, [100, 200, 640])]).toEqual([
      [1, 1],
      [2, 1],
      [3, 2],
    ])
  })
  test('files that were looked at', () => {
    expect([files.countUnchecked(db), files.countUnreadable(db), files.uncheckedIds(db, 1, 2)]).toEqual([5, 0, [2, 3]])
    files.setFileStates(db, [])
    files.setFileStates(db, [
      { mediaId: 4, stamp: '2', problem: 'no image' },
      { mediaId: 1, stamp: '1', problem: 'cut' },
      { mediaId: 2, stamp: '3', problem: null },
      { mediaId: 99, stamp: '4', problem: null }, // removed meanwhile
    ])
    expect([files.countUnchecked(db), files.countUnreadable(db), files.uncheckedIds(db, 0, 9)]).toEqual([2, 2, [3, 5]])
    expect([...files.fileStates(db, [1, 3])]).toEqual([[1, { mediaId: 1, stamp: '1', problem: 'cut' }]])
    expect(files.unreadableMedia(db)).toEqual([
      { id: 1, rootId: 1, path: 'a.jpg', problem: 'cut' },
      { id: 4, rootId: 1, path: 'dir/d e.jpg', problem: 'no image' },
    ])
    expect(files.unreadableMedia(db, 1)).toHaveLength(1)
    removeMedia(p, [1]) // with what is known of its file
    expect([files.countUnchecked(db), files.countUnreadable(db), [...files.fileStates(db, [1])]]).toEqual([2, 1, []])
  })
})

describe('curation', () => {
  test('hashes and groups', () => {
    set(
      `UPDATE media SET perceptual_hash = 'beef', duplicate_group = 7 WHERE id = 3; UPDATE media SET perceptual_hash = 'f00d' WHERE id = 1`,
    )
    expect(curated.hashedRows(db)).toEqual([
      { id: 3, root: 1, path: 'c.jpg', hash: same, perceptual: 'beef', annotated: 1, pixels: 640 * 480 },
    ])
    expect([curated.countHashed(db), curated.countUnhashed(db)]).toEqual([1, 4])
    expect(curated.unhashedAfter(db, 1, 2).map((m) => m.id)).toEqual([2, 4])
    expect(curated.duplicateGroups(db)).toEqual([{ id: 3, of: 7 }])
    expect(curated.dividedRows(db)[2]).toEqual({ id: 3, path: 'c.jpg', root: 1, split: 'train', hash: same, duplicates: 7 })
    expect(curated.dividedRows(db).map((m) => m.id)).toEqual([1, 2, 3, 4, 5])
  })
  test('splits and labels', () => {
    expect(curated.splitNames(db)).toEqual(['train', 'val', null])
    expect([...curated.splitsOfAnnotated(db)]).toEqual([
      [1, 'train'],
      [3, 'train'],
    ])
    labelImages([1], cat)
    expect(Object.fromEntries([...curated.labelsByImage(db)].map(([id, of]) => [id, sorted(of)]))).toEqual({ 1: [cat, dog], 3: [cat] })
    addRegion(p, { mediaId: 3, labelId: cat, shape: box() })
    addRegion(p, { mediaId: 3, labelId: null, shape: box() })
    expect([...curated.regionsByLabel(db)]).toEqual([
      [cat, 2],
      [dog, 1],
    ])
  })
  test('captions', () => {
    addCaption(p, { mediaId: 1, text: 'one', regionId: 1 })
    addCaption(p, { mediaId: 1, text: 'two' })
    expect(curated.countCaptions(db)).toBe(3)
    const all = [...curated.captionsByImage(db)]
    expect(all.map((c) => [c.id, c.image, c.region])).toEqual([
      [2, 1, 1],
      [3, 1, null],
      [1, 4, null],
    ])
    expect(sorted([...curated.anyCaptions(db)].map((c) => c.id))).toEqual([1, 2, 3])
    expect(all[2]).toMatchObject({ language: 'en' })
    expect(curated.uncaptioned(db)).toEqual([2, 3, 5])
    set('DELETE FROM caption WHERE id = 3')
    expect(curated.uncaptioned(db)).toEqual([1, 2, 3, 5])
  })
  test('a summary is another as soon as its part of the dataset is', () => {
    const sources = ['images', 'labels', 'imageLabels', 'splits', 'groups', 'captions'] as const
    const now = () => Object.fromEntries(sources.map((s) => [s, JSON.stringify(curated.summaryOf(db, s))]))
    const changedBy = (sql: string) => {
      const before = now()
      set(sql)
      return sources.filter((s) => now()[s] !== before[s])
    }
    expect(changedBy(`UPDATE media SET content_hash = 'x' WHERE id = 1`)).toEqual(['images'])
    expect(changedBy('UPDATE region SET label_id = 2 WHERE id = 1')).toEqual(['labels'])
    expect(changedBy(`UPDATE region SET state = 'accepted' WHERE id = 3`)).toEqual(['labels'])
    expect(changedBy(`UPDATE media_label SET label_id = 2 WHERE id = 1`)).toEqual(['labels', 'imageLabels'])
    expect(changedBy(`UPDATE media SET split = 'ood' WHERE id = 1`)).toEqual(['splits'])
    expect(changedBy('UPDATE media SET duplicate_group = 1 WHERE id = 1')).toEqual(['groups'])
    expect(changedBy(`UPDATE caption SET text = 'other' WHERE id = 1`)).toEqual(['captions'])
    expect(changedBy('UPDATE caption SET language = NULL WHERE id = 1')).toEqual(['captions'])
  })
})

describe('labels', () => {
  test('by name and by id', () => {
    expect(labels.labels(db).map((l) => l.name)).toEqual(['cat', 'dog'])
    expect([labels.countLabels(db), labels.labelColours(db).length, [...labels.labelNames(db)]]).toEqual([
      2,
      2,
      [
        [cat, 'cat'],
        [dog, 'dog'],
      ],
    ])
    expect([labels.labelNamed(db, 'dog'), labels.labelNamed(db, 'cow')]).toEqual([dog, undefined])
    expect([labels.labelName(db, dog), labels.labelName(db, 9)]).toEqual(['dog', undefined])
    set(`UPDATE label SET parent_id = 1, prompts = '["a hound"]' WHERE id = 2`)
    expect([labels.labelsBelow(db, cat), labels.labelsBelow(db, dog)]).toEqual([[dog], []])
    expect(labels.labelPrompts(db)[1]).toEqual({ id: dog, name: 'dog', prompts: '["a hound"]' })
  })
  test('how much they are used', () => {
    expect([labels.countOfLabels(db, 'region', [cat, dog]), labels.countOfLabels(db, 'media_label', [cat])]).toEqual([4, 1])
    expect([labels.countImagesOfLabels(db, [cat]), labels.countImagesOfLabels(db, [dog]), labels.countImagesOfLabels(db, [])]).toEqual([
      3, 2, 0,
    ])
    expect([labels.idsOfLabel(db, 'region', dog), labels.idsOfLabel(db, 'media_label', dog)]).toEqual([[2, 4], []])
    expect([labels.imagesOfAnnotations(db, 'region', [1, 2, 3]), imagesOf(db, 'region', [3, 4])]).toEqual([[1, 2], [2]])
    expect([assignmentsOf(db, cat, [1, 3]), assignmentsOf(db, dog, [3]), imagesOf(db, 'media_label', [1])]).toEqual([[1], [], [3]])
  })
  test('of whole images', () => {
    const ann = { kind: 'person', name: 'ann' } as const
    expect([imageLabels.imageLabelBy(db, 3, cat, ann), imageLabels.imageLabelBy(db, 3, cat, 'person:ann')]).toEqual([1, 1])
    expect([imageLabels.imageLabelBy(db, 3, cat, 'person:bo'), imageLabels.imageLabelBy(db, 3, dog, ann)]).toEqual([undefined, undefined])
    labelImages([3], dog)
    set(`UPDATE media_label SET state = 'proposed' WHERE label_id = 2`)
    expect(imageLabels.imageLabelsOf(db, 3)).toEqual([
      { id: 1, label_id: cat, author: 'person:ann', state: 'accepted' },
      { id: 2, label_id: dog, author: 'person:ann', state: 'proposed' },
    ])
    expect([imageLabels.imageLabelIds(db, 3, dog), imageLabels.imageLabelIds(db, 1, dog)]).toEqual([[2], []])
    expect([...imageLabels.imageLabelsOfLabel(db, cat)]).toEqual([{ id: 1, media_id: 3 }])
    expect([imageLabels.classifiedImages(db), [...imageLabels.singleLabels(db)]]).toEqual([[3], [[3, cat]]])
    set(`UPDATE media_label SET state = 'accepted'`)
    expect([imageLabels.classifiedImages(db), [...imageLabels.singleLabels(db)]]).toEqual([[3], []])
    set(`UPDATE media_label SET state = 'rejected' WHERE label_id = 2`)
    expect([imageLabels.standingImageLabels(db, 3, cat), imageLabels.standingImageLabels(db, 3, dog)]).toEqual([
      [{ id: 1, author: 'person:ann' }],
      [],
    ])
  })
  test('as training reads them: accepted, of images in a split', () => {
    labelImages([1, 3, 4], dog)
    files.setFileStates(db, [{ mediaId: 1, stamp: 's', problem: 'cut' }])
    expect(labelled.labelledRows(db)).toEqual([
      { id: 1, root: 1, path: 'a.jpg', split: 'train', content_hash: null, label_id: dog, problem: 'cut' },
      { id: 3, root: 1, path: 'c.jpg', split: 'train', content_hash: same, label_id: cat, problem: null },
      { id: 3, root: 1, path: 'c.jpg', split: 'train', content_hash: same, label_id: dog, problem: null },
    ])
    expect(labelled.labelledImages(db)).toEqual([1, 3])
    set(`UPDATE media_label SET state = 'proposed' WHERE media_id = 1`)
    expect([labelled.labelledImages(db), labelled.labelledRows(db).map((r) => r.id)]).toEqual([[3], [3, 3]])
    setSplit(p, [3], null)
    expect(labelled.labelledImages(db)).toEqual([])
  })
  test('tags', () => {
    addTag(p, [2], 'night')
    addTag(p, [2], 'rain')
    expect([imageLabels.tagOn(db, 1, 'night'), imageLabels.tagOn(db, 1, 'rain'), imageLabels.imagesTagged(db, 'night')]).toEqual([
      1,
      undefined,
      [1, 2],
    ])
    expect([...imageLabels.allTags(db)].map((t) => `${t.image} ${t.tag}`).sort()).toEqual(['1 night', '2 night', '2 rain'])
  })
})

describe('what lies on an image', () => {
  test('is listed, and an image with nothing is bare', () => {
    expect(content.idsOnImage(db, 1)).toEqual([
      { table: 'media_tag', id: 1 },
      { table: 'region', id: 1 },
      { table: 'region', id: 2 },
    ])
    expect([1, 2, 3, 4, 5].filter((id) => content.isBare(db, id))).toEqual([5])
    const of = content.contentOfImages(db, 'region', [2, 5, 1])
    expect([...of].map(([id, rows]) => [id, rows.map((r) => r['id'])])).toEqual([
      [2, [3, 4]],
      [5, []],
      [1, [1, 2]],
    ])
    expect([...content.rowsExcept(db, 'media_tag', [])].length).toBe(1)
    expect([...content.rowsExcept(db, 'region', [1, 3])].map((r) => r['id'])).toEqual([2, 4])
  })
  test('captions in the order in which they were made', () => {
    addCaption(p, { mediaId: 4, text: 'a later one' })
    expect(content.contentOf(db, 'caption', 4).map((c) => c['id'])).toEqual([1, 2])
  })
  test('regions that an edit of all of them means', () => {
    expect(regions.topZ(db, 1)).toBe(2)
    expect(regions.topZ(db, 5)).toBe(0)
    expect(regions.editableRegions(db, 1).map((r) => r.id)).toEqual([1, 2])
    expect(regions.editableRegionsOfLabel(db, 1, dog)).toEqual([{ id: 2, attributes: '{}' }])
    updateRegion(p, 1, { locked: true })
    set(`UPDATE region SET state = 'rejected' WHERE id = 2`)
    expect([regions.editableRegions(db, 1), regions.editableRegionsOfLabel(db, 1, dog)]).toEqual([[], []])
    expect(regions.editableRegionsOfLabel(db, 1, cat)).toEqual([])
    expect([...regions.regionsOfLabel(db, cat)]).toEqual([
      { id: 1, media_id: 1, kind: 'box', attributes: '{}' },
      { id: 3, media_id: 2, kind: 'box', attributes: '{}' },
    ])
    expect(regions.keypointRegionsOfLabel(db, cat)).toEqual([])
    set(`UPDATE region SET shape = '{"kind":"keypoints","points":[]}' WHERE id = 3`)
    expect(regions.keypointRegionsOfLabel(db, cat).map((r) => r.id)).toEqual([3])
  })
  test('proposals, of at least a score', () => {
    const of = (min: number | null, ids = [1, 2]) => sorted(regions.proposalsOn(db, 'region', ids, min).map((r) => r.id))
    expect([of(null), of(0.3), of(0.31), of(0.8), of(0.9), of(null, [1])]).toEqual([[3, 4], [3, 4], [3], [3], [], []])
    expect([...review.leastScores(db)]).toEqual([[2, 0.3]])
  })
  test('captions and comments that speak of regions', () => {
    addCaption(p, { mediaId: 1, text: 'one', regionId: 1 })
    addCaption(p, { mediaId: 1, text: 'whole' })
    addCaption(p, { mediaId: 1, text: 'a cat', spans: [{ start: 2, end: 5, regions: [1] }] })
    expect(regions.captionsOfRegions(db, 1).map((c) => c['id'])).toEqual([2, 4])
    addComment(p, { mediaId: 1, text: 'all' })
    addComment(p, { mediaId: 1, text: 'this', regionId: 2 })
    expect(regions.commentsOfRegions(db, 1)).toEqual([{ id: 2, region_id: 2 }])
  })
})

describe('people', () => {
  test('who made what', () => {
    const tables = ['region', 'media_label', 'caption'] as const
    expect(authors.countByAuthor(db, 'region').sort((a, b) => (a.author < b.author ? -1 : 1))).toEqual([
      { author: 'checkpoint:run-1', n: 1 },
      { author: 'checkpoint:run-2', n: 1 },
      { author: 'person:ann', n: 2 },
    ])
    expect(authors.imagesByAuthor(db, 'person:ann', tables)).toEqual([1, 3, 4])
    expect(authors.imagesByAuthor(db, 'person:ann', ['media_label'])).toEqual([3])
    expect(authors.annotationsBy(db, 'region', [1, 2], ['person:ann', 'checkpoint:run-2']).map((r) => r['id'])).toEqual([1, 2, 4])
  })
  test('comments that are open: a reply is part of what it answers', () => {
    const [one] = [addComment(p, { mediaId: 2, text: 'why?' }), addComment(p, { mediaId: 2, text: 'and this' })]
    addComment(p, { mediaId: 2, text: 'because', replyTo: one.id })
    addComment(p, { mediaId: 1, text: 'first image' })
    expect(comments.openComments(db)).toEqual([
      { id: 4, mediaId: 1 },
      { id: 1, mediaId: 2 },
      { id: 2, mediaId: 2 },
    ])
    expect([comments.countOpenComments(db), comments.repliesTo(db, one.id), exchange.countComments(db)]).toEqual([
      { images: 2, open: 3 },
      [3],
      4,
    ])
    set('UPDATE comment SET resolved = 1 WHERE id = 4')
    expect(comments.countOpenComments(db)).toEqual({ images: 1, open: 2 })
  })
  test('reviewers, the most active first', () => {
    const of = (user: string) => Object.create(p, { user: { value: user } }) as Project
    setReview(of('bo'), [1], 'approved')
    setReview(of('cy'), [2], 'approved')
    setReview(of('cy'), [3], 'rejected')
    setReview(of('cy'), [4], 'in-review')
    expect(review.reviewers(db).map(({ name, approved, rejected }) => [name, approved, rejected])).toEqual([
      ['cy', 1, 1],
      ['bo', 1, 0],
    ])
    expect(review.reviewers(db)[0]!.last).toBe(db.value(`SELECT max(reviewed_at) FROM media WHERE reviewed_by = 'cy' AND id < 4`))
    expect(review.countReviewed(db).find((r) => r.review === 'approved')).toEqual({ review: 'approved', n: 2 })
    expect(review.countReviewed(db).some((r) => r.review === 'unreviewed')).toBe(false)
  })
})

describe('notes of the program', () => {
  test('values by key, each kind apart', () => {
    meta.setMeta(db, 'links:3', 'a')
    meta.addMeta(db, 'links:3', 'b')
    meta.addMeta(db, 'missing:1', 'c')
    expect([meta.metaValue(db, 'links:3'), meta.hasMeta(db, 'links:3'), meta.hasMeta(db, 'links:4')]).toEqual(['a', true, false])
    expect([meta.metaOfKind(db, 'links'), meta.metaOfKind(db, 'missing')]).toEqual([
      [{ key: 'links:3', value: 'a' }],
      [{ key: 'missing:1', value: 'c' }],
    ])
    meta.setMeta(db, 'links:3', 'd')
    expect(meta.metaValue(db, 'links:3')).toBe('d')
    meta.removeMeta(db, 'links:3')
    expect([meta.metaValue(db, 'links:3'), meta.metaValue(db, 'missing:1')]).toEqual([undefined, 'c'])
  })
  test('answers to operations are given again until they are forgotten', () => {
    expect(operations.answerTo(db, 'x')).toBeUndefined()
    operations.storeAnswer(db, 'x', { id: 5 })
    expect(operations.answerTo(db, 'x')).toMatchObject({ output: { id: 5 } })
    operations.forgetAnswersBefore(db, 0)
    expect(operations.answerTo(db, 'x')).toBeDefined()
    operations.forgetAnswersBefore(db, Date.now() + 60_000)
    expect([operations.answerTo(db, 'x'), meta.metaValue(db, 'name')]).toEqual([undefined, 'test'])
  })
  test('templates by name; one of the same name is replaced', () => {
    const size = { width: 10, height: 20, regions: [{ labelId: null, shape: box(), attributes: {} }] }
    const zebra = templates.putTemplate(db, { name: 'zebra', ...size })
    const ant = templates.putTemplate(db, { name: 'ant', ...size })
    expect(templates.templates(db)).toEqual([
      { id: ant, name: 'ant', ...size },
      { id: zebra, name: 'zebra', ...size },
    ])
    expect(templates.putTemplate(db, { name: 'zebra', width: 11, height: 22, regions: size.regions })).toBe(zebra)
    expect(templates.templates(db)[1]).toMatchObject({ width: 11, height: 22 })
    expect([templates.renameTemplate(db, ant, 'bee'), templates.renameTemplate(db, 99, 'x')]).toEqual([true, false])
    templates.removeTemplate(db, zebra)
    expect([templates.templateNamed(db, 'bee'), templates.templateNamed(db, 'zebra')]).toEqual([ant, undefined])
  })
})
