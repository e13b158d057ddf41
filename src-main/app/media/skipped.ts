/** Counts the files among images that cannot be added, by extension, with the reason. */
import path from 'node:path'
import type { SkippedFiles } from '#shared/model/scan.ts'

const kinds: readonly (readonly [RegExp, string])[] = [
  [
    /^(cr2|cr3|crw|nef|nrw|arw|srf|sr2|dng|raf|orf|rw2|pef|srw|3fr|iiq|raw)$/,
    'camera raw data, which is not supported: convert it to JPEG, PNG or TIFF',
  ],
  [/^(svg|svgz|eps|ai|wmf|emf|dxf)$/, 'a vector drawing, which is not supported: save it as PNG'],
  [/^(psd|psb|xcf|kra|clip|afphoto|sketch|fig)$/, 'a paint program’s own format, which is not supported: export it as PNG'],
  [/^(pdf|djvu|ps)$/, 'a document, whose pages are not read as images'],
  [/^(mp4|mov|avi|mkv|webm|m4v|mpe?g|wmv|ts|mts)$/, 'a video, which is not supported: extract frames as images'],
  [/^(dcm|dicom|nii|nrrd|mha|mhd|fits?|czi|lif|svs|ndpi)$/, 'an unsupported scientific format: convert it to TIFF or PNG'],
  [/^(exr|hdr|pfm|dpx)$/, 'an HDR image, which is not supported: convert it to PNG'],
  [
    /^(jxl|jxr|wdp|heics|webp2|tga|pcx|ico|icns|cur|ppm|pgm|pbm|pnm|xbm|xpm|dds|ktx2?|pict?)$/,
    'an unsupported image format: convert it to PNG',
  ],
  [/^(zip|tar|gz|tgz|7z|rar|bz2|xz|zst)$/, 'an archive: unpack it, or import it separately'],
]

/** Why a file with this extension is not an image. */
export const reasonOf = (ending: string): string => kinds.find(([re]) => re.test(ending))?.[1] ?? 'not an image'

/** Maximum number of extensions listed. */
const most = 50

export class Skipped {
  private readonly found = new Map<string, SkippedFiles[number]>()

  see(file: string): void {
    const ending = path.posix.extname(file).slice(1).toLowerCase()
    const known = this.found.get(ending)
    if (known) known.files++
    else this.found.set(ending, { ending, files: 1, example: file, reason: reasonOf(ending) })
  }

  /** Image- and video-like files first, then by frequency. */
  get list(): SkippedFiles {
    const other = (s: SkippedFiles[number]) => Number(s.reason === 'not an image')
    return [...this.found.values()].sort((a, b) => other(a) - other(b) || b.files - a.files).slice(0, most)
  }
}
