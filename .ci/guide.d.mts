import type { Plugin } from 'vite'
export interface Section {
  id: string
  title: string
}
export interface Rendered {
  title: string
  sections: Section[]
  /** HTML; at odd indices, the paths of images as written in the page. */
  parts: string[]
}
/** @throws if the page has a link that the guide does not allow */
export function rendered(markdown: string): Rendered
export function guide(): Plugin
