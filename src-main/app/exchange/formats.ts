import type { FormatName } from '#shared/model/exchange.ts'
import type { Format } from './format.ts'
import { captions } from './formats/captions.ts'
import { cityscapes } from './formats/cityscapes.ts'
import { coco } from './formats/coco.ts'
import { createml } from './formats/createml.ts'
import { csv } from './formats/csv.ts'
import { cvat } from './formats/cvat.ts'
import { datumaro } from './formats/datumaro.ts'
import { dota } from './formats/dota.ts'
import { folders } from './formats/folders.ts'
import { imagefolder } from './formats/imagefolder.ts'
import { isat } from './formats/isat.ts'
import { jsonRows } from './formats/json-rows.ts'
import { karpathy } from './formats/karpathy.ts'
import { labelme } from './formats/labelme.ts'
import { labelstudio } from './formats/labelstudio.ts'
import { masks } from './formats/masks.ts'
import { openimages } from './formats/openimages.ts'
import { panoptic } from './formats/panoptic.ts'
import { parquet } from './formats/parquet.ts'
import { segmentAnything } from './formats/segment-anything.ts'
import { supervisely } from './formats/supervisely.ts'
import { via } from './formats/via.ts'
import { vlm } from './formats/vlm.ts'
import { voc } from './formats/voc.ts'
import { vott } from './formats/vott.ts'
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
  dashi,
  via,
  vlm,
  karpathy,
  openimages,
  createml,
  vott,
  supervisely,
  isat,
  'segment-anything': segmentAnything,
  webdataset,
  imagefolder,
  parquet,
  dota,
  yolo,
  csv,
  cvat,
  voc,
  labelstudio,
  labelme,
  datumaro,
  panoptic,
  coco,
  cityscapes,
  'json-rows': jsonRows,
  masks,
  folders,
  captions,
}
