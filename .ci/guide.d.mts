import type { Plugin } from 'vite'
export interface Section {
  id: string
  title: string
}
export interface Rendered {
  title: string
  sections: Section[]
  /** HTML and, at odd places, the paths of pictures as the page names them. */
  parts: string[]
}
/** @throws where the page links to what a page of the guide may not link to */
export function rendered(markdown: string): Rendered
export function guide(): Plugin
