/** Text that is already markup. Everything else interpolated into a template is escaped. */
export class Html {
  constructor(readonly text: string) {}
  toString() {
    return this.text
  }
}

export type Content = Html | string | number | null | undefined | false | readonly Content[]

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escape = (text: string) => text.replace(/[&<>"']/g, (c) => entities[c]!)

const markup = (c: Content): string => {
  if (c === null || c === undefined || c === false) return ''
  if (c instanceof Html) return c.text
  return typeof c === 'object' ? c.map(markup).join('') : escape(String(c))
}

/** html`<b>${anything}</b>`: names, labels and paths come from files, so none is trusted. SVG is written the same way. */
export const html = (strings: TemplateStringsArray, ...values: Content[]) => new Html(strings.map((s, i) => s + markup(values[i])).join(''))

/** Coordinates to a hundredth of a pixel; more digits only bloat the file. */
export const px = (x: number) => String(Math.round(x * 100) / 100)
