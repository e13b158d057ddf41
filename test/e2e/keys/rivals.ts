/**
 * What the rivals need for each job: the best way that their documentation or source describes, each step with where it stands.
 * Where that is silent the cheapest imaginable is taken, so each figure is a lower bound. The setting up of a task is left out.
 */
import { classChanges, mistakes, trucks as trucksAt, type Job } from './jobs.ts'

export interface Step {
  /** One key, click or drag, unless it says several. */
  what: string
  times: number
  source: string
  /** Gestures that each of them takes. */
  each?: number
}
export type Way = { steps: Step[] } | { cannot: string; source: string }
export interface Rival {
  name: string
  jobs: Record<Job, Way>
}
export const totalOf = (way: Way): number | null =>
  'cannot' in way ? null : way.steps.reduce((sum, s) => sum + s.times * (s.each ?? 1), 0)

const way = (...steps: [what: string, times: number, source: string, each?: number][]): Way => ({
  steps: steps.map(([what, times, source, each]) => ({ what, times, source, ...(each !== undefined && { each }) })),
})
const wrong = { label: 0, corner: 0, nothing: 0 }
for (const { kind } of mistakes.values()) wrong[kind]++
const trucks = trucksAt.length

const cvat = 'https://docs.cvat.ai/docs'
const cvatTags = `${cvat}/annotation/manual-annotation/modes/annotation-with-tags/`
const cvatShapes = `${cvat}/annotation/manual-annotation/modes/shape-mode-basics/`
const cvatPolygon = `${cvat}/annotation/manual-annotation/shapes/annotation-with-polygons/edit-polygon/`
const cvatBar = `${cvat}/annotation/annotation-editor/navbar/`
const cvatLabelKeys = 'https://github.com/cvat-ai/cvat/pull/3070'

const studioKeys = 'https://github.com/HumanSignal/label-studio: web/libs/editor/src/core/settings/keymap.json'
const studioSettings = 'https://github.com/HumanSignal/label-studio: web/libs/editor/src/core/settings/editorsettings.js'
const studioHotkeys = 'https://labelstud.io/guide/hotkeys'
const studioCaptions = 'https://labelstud.io/templates/image_captioning'
const studioExport = 'https://labelstud.io/guide/export'

const any = 'https://github.com/CVHub520/X-AnyLabeling: docs/en/user_guide.md'
const anyClassifier = 'https://github.com/CVHub520/X-AnyLabeling: docs/en/image_classifier.md'

const labelme = 'https://github.com/wkentaro/labelme: labelme/config/default_config.yaml'
const labelmeCanvas = 'https://github.com/wkentaro/labelme: labelme/widgets/canvas.py'
const labelmeFlags = 'https://github.com/labelmeai/labelme/discussions/1121'

const flow = 'https://docs.roboflow.com/datasets/annotate/annotate/annotation-tools'
const flowPopup = 'https://discuss.roboflow.com/t/improve-ux-and-ergonomics-in-annotator/4290'
const flowWords = 'https://docs.roboflow.com/datasets/annotate/annotate/annotate-multimodal-data'
const flowVersions = 'https://docs.roboflow.com/datasets/versions/dataset-versions/create-a-dataset-version'
const flowExport = 'https://docs.roboflow.com/datasets/create-and-upload/download-a-dataset'

export const rivals: Rival[] = [
  {
    name: 'CVAT',
    jobs: {
      classify: way(['checkbox: go to the next frame by itself', 1, cvatTags], ['key of the label', 100, cvatTags], ['Ctrl+S', 1, cvatBar]),
      boxes: way(
        ['N, the shape of before again', 50, cvatShapes],
        ['opposite points (2 clicks)', 50, cvatShapes, 2],
        ['Ctrl+digit, another label', classChanges, cvatLabelKeys],
        ['F, next frame', 9, cvatBar],
        ['Ctrl+S', 1, cvatBar],
      ),
      proposals: way(
        ['pointer on it, Ctrl+digit', wrong.label, cvatLabelKeys],
        ['drag of a corner', wrong.corner, cvatShapes],
        ['pointer on it, Del', wrong.nothing, cvatShapes],
        ['F, next frame', 4, cvatBar],
        ['Ctrl+S', 1, cvatBar],
      ),
      captions: {
        cannot: 'Text is an attribute; its words are tied to nothing',
        source: `${cvat}/annotation/manual-annotation/modes/attribute-annotation-mode-basics/`,
      },
      polygons: way(
        ['drag of a vertex', 10, cvatShapes],
        ['Shift+click, new point, closing point (3 clicks)', 10, cvatPolygon, 3],
        ['Alt+click: a vertex goes', 10, cvatShapes],
        ['F, next frame', 1, cvatBar],
        ['Ctrl+S', 1, cvatBar],
      ),
      relabel: way(['F, next frame', 29, cvatBar], ['pointer on it, Ctrl+digit', trucks, cvatLabelKeys], ['Ctrl+S', 1, cvatBar]),
      export: {
        cannot: 'Subsets are given to whole tasks when they are made; nothing splits the images of one',
        source: `${cvat}/workspace/tasks-page/`,
      },
    },
  },
  {
    name: 'Label Studio',
    jobs: {
      classify: way(['key of the choice', 100, studioHotkeys], ['Ctrl+Enter, submit', 100, studioKeys]),
      boxes: way(
        ['key of the label, which stays (continuous labelling)', classChanges, studioSettings],
        ['drag', 50, studioHotkeys],
        ['Ctrl+Enter, submit', 10, studioKeys],
      ),
      proposals: way(
        ['click on it, key of the label (2)', wrong.label, studioHotkeys, 2],
        ['click on it, drag of a corner (2)', wrong.corner, studioHotkeys, 2],
        ['click on it, Backspace (2)', wrong.nothing, studioKeys, 2],
        ['Ctrl+Enter, submit', 5, studioKeys],
      ),
      captions: {
        cannot: 'A caption is a text field; only labels of texts that come with the task can be tied to regions',
        source: studioCaptions,
      },
      polygons: way(
        ['click on it', 10, studioHotkeys],
        ['drag of a vertex', 10, studioHotkeys],
        ['new vertex on the edge (click), drag', 10, studioHotkeys, 2],
        ['double click: a vertex goes', 10, studioHotkeys, 2],
        ['Ctrl+Enter, submit', 2, studioKeys],
      ),
      relabel: way(['Ctrl+Right, next task', 29, studioKeys], ['click on it, key of the label, Ctrl+Enter (3)', trucks, studioKeys, 3]),
      export: { cannot: 'What is exported has no splits', source: studioExport },
    },
  },
  {
    name: 'X-AnyLabeling',
    jobs: {
      classify: way(['Ctrl+3, image classifier', 1, anyClassifier], ['label', 100, anyClassifier], ['D, next image', 99, anyClassifier]),
      boxes: way(
        ['R', 1, any],
        ['click, click', 50, any, 2],
        ['another label (with the last one used by itself)', classChanges, any],
        ['D, next image', 9, any],
      ),
      proposals: way(
        ['click on it, Ctrl+E, label in the list, OK (4)', wrong.label, any, 4],
        ['drag of a corner', wrong.corner, any],
        ['click on it, Delete (2)', wrong.nothing, any, 2],
        ['D, next image', 4, any],
      ),
      captions: { cannot: 'An image has a description, whose words are tied to nothing', source: any },
      polygons: way(
        ['drag of a vertex', 10, any],
        ['drag of an edge: a new vertex', 10, any],
        ['Shift+click: a vertex goes', 10, any],
        ['D, next image', 1, any],
      ),
      relabel: way(['D, next image', 29, any], ['click on it, Ctrl+E, label in the list, OK (4)', trucks, any, 4]),
      export: { cannot: 'What is exported has no splits', source: any },
    },
  },
  {
    name: 'labelme',
    jobs: {
      classify: way(['flag (click)', 100, labelmeFlags], ['D, next image', 99, labelme]),
      boxes: way(
        ['Ctrl+R', 1, labelme],
        ['click, click', 50, labelmeCanvas, 2],
        ['label in the list of the dialog', classChanges, labelme],
        ['Enter, OK', 50, labelme],
        ['D, next image', 9, labelme],
      ),
      proposals: way(
        ['click on it, Ctrl+E, label in the list, OK (4)', wrong.label, labelme, 4],
        ['drag of a corner', wrong.corner, labelmeCanvas],
        ['click on it, Delete (2)', wrong.nothing, labelme, 2],
        ['D, next image', 4, labelme],
      ),
      captions: { cannot: 'It has no captions', source: labelme },
      polygons: way(
        ['drag of a vertex', 10, labelmeCanvas],
        ['Alt+drag of an edge: a new vertex', 10, labelmeCanvas],
        ['Alt+Shift+click: a vertex goes', 10, labelmeCanvas],
        ['D, next image', 1, labelme],
      ),
      relabel: way(['D, next image', 29, labelme], ['click on it, Ctrl+E, label in the list, OK (4)', trucks, labelme, 4]),
      export: {
        cannot: 'Scripts of its examples convert folders; nothing splits',
        source: 'https://github.com/wkentaro/labelme: examples',
      },
    },
  },
  {
    name: 'Roboflow',
    jobs: {
      classify: way(['class', 100, flow], ['next image', 99, flow]),
      boxes: way(
        ['drag', 50, flow],
        ['another class in the pop-up', classChanges, flowPopup],
        ['pop-up confirmed', 50, flowPopup],
        ['next image', 9, flow],
      ),
      proposals: way(
        ['click on it, another class, confirmed (3)', wrong.label, flow, 3],
        ['click on it, drag of a corner (2)', wrong.corner, flow, 2],
        ['click on it, Delete (2)', wrong.nothing, flow, 2],
        ['next image', 4, flow],
      ),
      captions: { cannot: 'A prefix and a text for the whole image', source: flowWords },
      polygons: way(
        ['click on it', 10, flow],
        ['drag of a vertex', 10, flow],
        ['new vertex on the edge, dragged', 10, flow],
        ['a vertex goes', 10, flow],
        ['next image', 1, flow],
      ),
      relabel: way(['next image', 29, flow], ['click on it, another class, confirmed (3)', trucks, flow, 3]),
      export: way(
        ['Rebalance', 1, flowVersions],
        ['drag of a share', 2, flowVersions],
        ['saved', 1, flowVersions],
        ['Export', 1, flowExport],
        ['format in the list (2 clicks)', 1, flowExport, 2],
        ['confirmed', 1, flowExport],
      ),
    },
  },
]
