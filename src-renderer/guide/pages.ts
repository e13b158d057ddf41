/** The pages of docs/guide, as the build made them (.ci/guide.mjs). */
import { pageNames, type PageName } from './names.ts'

export interface Page {
  readonly name: PageName
  readonly title: string
  readonly sections: readonly { readonly id: string; readonly title: string }[]
  /** Made from this project's own files when the window is built. */
  readonly html: string
}

const byPath = import.meta.glob<Omit<Page, 'name'>>('../../docs/guide/*/*.md', { eager: true })
const at = (locale: string, name: PageName) => byPath[`../../docs/guide/${locale}/${name}.md`]

/** In English where a language has not that page. */
export const pagesIn = (locale: string): Page[] => pageNames.map((name) => ({ name, ...(at(locale, name) ?? at('en', name)!) }))
