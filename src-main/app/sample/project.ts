/**
 * The sample as a user's project: scenes with masks and captions for labelling, pictographs with labels and splits for
 * training.
 */
import { constants, cp, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { ImageRecord } from '#shared/model/record.ts'
import { sceneCaptionsSchema, sceneInstancesSchema } from '#shared/model/sample.ts'
import { addLabels } from '../annotations/labels.ts'
import { refuseReplacing, replaceFolder } from '../../files/replace.ts'
import { createProject } from '../projects/project.ts'
import { addRecords } from '../projects/index.ts'
import { contentHash } from '../media/hashes.ts'
import { openSample, type Sample } from './cache.ts'
import { withArticle } from './phrases.ts'
import { mapLimit } from './pool.ts'

export const SAMPLE_NAME = 'Pictographs in six hands'

export interface SampleProjectOptions {
  readonly onProgress?: (done: number, total: number) => void
  readonly signal?: AbortSignal
}

/**
 * Creates the project with its images copied from the cache. It is filled under a temporary name and renamed, so it
 * exists completely or not at all.
 * @returns whether the pixels are those that published figures were measured on
 */
export async function createSampleProject(
  folder: string,
  { onProgress, signal }: SampleProjectOptions = {},
): Promise<{ verified: boolean }> {
  const target = resolve(folder)
  if (existsSync(join(target, 'project.db'))) throw userError(sentence('exchange.project-there', { folder: target }))
  if (existsSync(target) && (!statSync(target).isDirectory() || readdirSync(target).length))
    throw userError(sentence('folder-not-empty', { folder: target }))
  await refuseReplacing(target)
  const sample = await openSample((done, total) => {
    signal?.throwIfAborted()
    onProgress?.(done, total)
  })
  await replaceFolder(target, (beside) => fill(beside, sample, signal))
  return { verified: sample.verified }
}

async function fill(beside: string, sample: Sample, signal?: AbortSignal): Promise<void> {
  const project = createProject(beside, { name: SAMPLE_NAME })
  try {
    for (const part of ['pictographs', 'scenes'])
      await cp(join(sample.dir, part), join(beside, 'media', part), {
        recursive: true,
        mode: constants.COPYFILE_FICLONE,
        filter: () => !signal?.aborted,
      })
    signal?.throwIfAborted()
    addLabels(
      project,
      sample.index.classes.map(({ name }) => ({ name, prompts: [withArticle(name)] })),
    )
    const records = [...(await sceneRecords(sample)), ...pictureRecords(sample)]
    // Hashed up front: runs name the dataset's hash, which would change if content hashes were added later.
    const hashed = await mapLimit(records, async (record) => ({
      ...record,
      contentHash: await contentHash(join(beside, 'media', record.fileName)),
    }))
    addRecords(project, hashed, { action: 'sample', signal })
  } finally {
    project.close()
  }
}

const pictureRecords = ({ index }: Sample): ImageRecord[] =>
  index.pictures.map(({ file, class: k, split, style, name }) => ({
    fileName: file,
    width: index.size,
    height: index.size,
    labels: [{ label: index.classes[k]!.name }],
    split,
    tags: [style],
    captions: [{ text: name, language: 'en' }],
  }))

/** Three in four scenes come labelled; the others are left for the user. */
async function sceneRecords({ dir, index }: Sample): Promise<ImageRecord[]> {
  const read = async (file: string): Promise<unknown> => JSON.parse(await readFile(join(dir, file), 'utf8'))
  const instances = sceneInstancesSchema.parse(await read(index.scenes.instances))
  const captions = sceneCaptionsSchema.parse(await read(index.scenes.captions))
  const names = new Map(instances.categories.map((c) => [c.id, c.name]))
  return instances.images.map(({ id, file_name, width, height }, i) => {
    const record: ImageRecord = { fileName: `scenes/${file_name}`, width, height, tags: ['scene'] }
    if (i % 4 === 0) return record
    const objects = instances.annotations.filter((a) => a.image_id === id)
    return {
      ...record,
      regions: objects.map((a) => ({
        label: names.get(a.category_id)!,
        shape: { kind: 'mask', rle: a.segmentation },
        attributes: { name: a.name, style: a.style },
      })),
      captions: [
        ...captions.annotations.filter((c) => c.image_id === id).map((c) => ({ text: c.caption, language: 'en' })),
        ...objects.map((a, region) => ({ text: a.caption, language: 'en', region })),
      ],
    }
  })
}
