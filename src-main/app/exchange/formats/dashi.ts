/** The project archive, read and written by project-archive.ts. */
import { properName } from '#shared/model/words.ts'
import { defineFormat } from '../format.ts'
import { holdsProject, openArchiveRecords, packProject, proveArchive } from '../project-archive.ts'

export default defineFormat({
  id: 'dashi',
  order: 0,
  title: properName('Dashi'),
  about: {
    en: 'A whole project with its images and history in one .dashi.zip archive',
    ja: 'プロジェクト全体を画像・履歴ごと一つの .dashi.zip に収めたもの',
  },
  extensions: ['.dashi.zip'],
  reference: 'https://www.sqlite.org/fileformat2.html',
  recognises: ({ name }) => name.endsWith('.dashi.zip') || name === 'project.db',
  beside: true,
  archive: { holds: holdsProject, records: openArchiveRecords, pack: packProject, proof: proveArchive },
  images: 'copy',
})
