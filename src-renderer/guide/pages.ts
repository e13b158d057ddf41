/** The pages of docs/guide, as compiled by the build (.ci/guide.mjs). */
import { pageNames, type PageName } from './names.ts'

export interface Page {
  readonly name: PageName
  readonly title: string
  readonly sections: readonly { readonly id: string; readonly title: string }[]
  /** Trusted: compiled from this project's own files when the window is built. */
  readonly html: string
}

const byPath = import.meta.glob<Omit<Page, 'name'>>('../../docs/guide/*/*.md', { eager: true })
const at = (locale: string, name: PageName) => byPath[`../../docs/guide/${locale}/${name}.md`]

/** Pages that a language lacks are in English. */
export const pagesIn = (locale: string): Page[] => pageNames.map((name) => ({ name, ...(at(locale, name) ?? at('en', name)!) }))
