// Renders docs/guide to HTML while the window is built, so the program neither parses Markdown nor fetches anything.
import path from 'node:path'
import { readFileSync } from 'node:fs'
import { Marked, Renderer } from 'marked'

/** The same slugs as on GitHub, so that links to headings work in both places. */
const slug = (text) =>
  text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s-]/gu, '')
    .trim()
    .replace(/\s+/g, '-')
const escaped = (text) => text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c])
/** Placeholder for an image's address until the build knows it; it cannot occur in a page. */
const mark = '\0'

/** A page's title, sections and HTML, with the paths of its images at odd indices. */
export function rendered(markdown) {
  const sections = []
  let title = ''
  const plain = new Renderer()
  const page = new Marked({
    renderer: {
      heading({ tokens, depth, text }) {
        if (depth === 1) title = text
        if (depth === 2) sections.push({ id: slug(text), title: text })
        return `<h${depth} id="${slug(text)}">${this.parser.parseInline(tokens)}</h${depth}>\n`
      },
      link({ href, tokens }) {
        const [, to, anchor] = /^(?:([\w-]+)\.md)?(?:#(.+))?$/.exec(href) ?? []
        if (!to && !anchor) throw new Error(`guide: ${href}: expected another page of the guide`)
        return `<a href="#" data-page="${to ?? ''}" data-section="${escaped(decodeURI(anchor ?? ''))}">${this.parser.parseInline(tokens)}</a>`
      },
      image({ href, text }) {
        if (!/^\.\.\/\.\.\/screens\/[\w-]+\.png$/.test(href)) throw new Error(`guide: ${href}: expected a picture of docs/screens`)
        return `<img src="${mark}${href}${mark}" alt="${escaped(text)}" loading="lazy">`
      },
      html({ text }) {
        throw new Error(`guide: ${text.trim()}: HTML is not taken`)
      },
      // A table wider than the page scrolls by itself.
      table(token) {
        return `<div class="wide" tabindex="0">${plain.table.call(this, token)}</div>`
      },
    },
  })
  const html = page.parse(markdown)
  return { title, sections, parts: html.split(mark) }
}

/** Width and height from the PNG header, so that text does not jump when the image loads. */
function size(file) {
  const bytes = readFileSync(file)
  return `width="${bytes.readUInt32BE(16)}" height="${bytes.readUInt32BE(20)}"`
}

/** Vite plugin: imports a page of docs/guide as a module with its title, sections and HTML; its images become assets. */
export function guide() {
  return {
    name: 'dashi:guide',
    transform(markdown, id) {
      if (!/\/docs\/guide\/[\w-]+\/[\w-]+\.md$/.test(id)) return null
      const { title, sections, parts } = rendered(markdown)
      const pictures = parts.flatMap((part, i) => (i % 2 ? [path.join(path.dirname(id), part)] : []))
      const imports = pictures.map((file, i) => `import picture${i} from ${JSON.stringify(`${file}?url`)}`)
      const html = parts.map((part, i) => {
        if (i % 2) return `picture${(i - 1) / 2}`
        const before = pictures[i / 2 - 1]
        return JSON.stringify(before ? part.replace(/^"/, `" ${size(before)}`) : part)
      })
      const code = [
        ...imports,
        `export const title = ${JSON.stringify(title)}`,
        `export const sections = ${JSON.stringify(sections)}`,
        `export const html = ${html.join(' + ')}`,
      ].join('\n')
      return { code, map: null, moduleType: 'js' }
    },
  }
}
