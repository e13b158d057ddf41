/**
 * The sample as a user's project: scenes with masks and captions for labelling, pictographs with labels and splits for
 * training.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ImageRecord } from '#shared/model/record.ts'
import { sceneCaptionsSchema, sceneInstancesSchema } from '#shared/model/sample.ts'
import { openSample, type Sample } from './cache.ts'
import { createDrawnProject, type DrawnProjectOptions } from './drawn-project.ts'

export const SAMPLE_NAME = 'Pictographs in six hands'

/**
 * Creates the project with its images copied from the cache.
 * @returns whether the pixels are those that published figures were measured on
 */
export const createSampleProject = (folder: string, options: DrawnProjectOptions = {}): Promise<{ verified: boolean }> =>
  createDrawnProject(folder, options, {
    name: SAMPLE_NAME,
    open: openSample,
    folders: ['pictographs', 'scenes'],
    labels: ({ index }) => index.classes.map(({ name }) => name),
    records: async (sample) => [...(await sceneRecords(sample)), ...pictureRecords(sample)],
  })

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
