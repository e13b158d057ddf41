/** The study as a project: what the demo trains and measures on. */
import { type StudySplit, studySplits } from '#shared/model/study.ts'
import { createDrawnProject, type DrawnProjectOptions } from '../drawn-project.ts'
import { openStudy, type StudySize } from './study.ts'

export const studyName = ({ part, classes }: StudySize) =>
  ['Pictographs, varied', ...(classes ? [`${classes} classes`] : []), ...(part ? ['a part'] : [])].join(', ')

/** `outside` shows concepts that are no labels of the project. */
const inProject: readonly StudySplit[] = studySplits.filter((split) => split !== 'outside')

/** @returns whether the pixels are those that published figures were measured on */
export const createStudyProject = (folder: string, size: StudySize, options: DrawnProjectOptions = {}): Promise<{ verified: boolean }> =>
  createDrawnProject(folder, options, {
    name: studyName(size),
    open: (onProgress) => openStudy(size, onProgress),
    folders: inProject,
    labels: ({ index }) => index.classes.map(({ name }) => name),
    records: ({ index }) =>
      index.pictures
        .filter(({ split }) => inProject.includes(split))
        .map(({ file, class: k, split, style, corruption }) => ({
          fileName: file,
          width: index.size,
          height: index.size,
          labels: [{ label: index.classes[k]!.name }],
          split,
          tags: [style, ...(corruption ? [`${corruption.kind} ${corruption.strength}`] : [])],
        })),
  })
