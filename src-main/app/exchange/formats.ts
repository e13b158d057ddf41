import type { FormatName } from '#shared/model/exchange.ts'
import type { Format } from './format.ts'
import { captions } from './formats/captions.ts'
import { coco } from './formats/coco.ts'
import { csv } from './formats/csv.ts'
import { cvat } from './formats/cvat.ts'
import { datumaro } from './formats/datumaro.ts'
import { folders } from './formats/folders.ts'
import { imagefolder } from './formats/imagefolder.ts'
import { labelme } from './formats/labelme.ts'
import { labelstudio } from './formats/labelstudio.ts'
import { masks } from './formats/masks.ts'
import { voc } from './formats/voc.ts'
import { webdataset } from './formats/webdataset.ts'
import { yolo } from './formats/yolo.ts'

/** The project's own archive is written and read by zip.ts. */
const dashi: Format = {
  name: 'dashi',
  title: 'Dashi project (.dashi.zip)',
  recognises: ({ name }) => /\.dashi\.zip$/.test(name) || name === 'project.db',
  beside: true,
  images: 'copy',
}

/** In the order in which a file is shown to them. */
export const formats: Record<FormatName, Format> = {
  dashi, webdataset, imagefolder, yolo, csv, cvat, voc, labelstudio, labelme, datumaro, coco, masks, folders, captions,
}
