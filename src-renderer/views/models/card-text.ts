/**
 * A model card as elements of the page. What Markdown allows besides text is not carried over: HTML becomes its text, a picture its
 * description, a link the words it stands on. So nothing is fetched, and nothing can be run or followed.
 */
import { Marked, type Token, type Tokens } from 'marked'
import { h, type FunctionalComponent, type VNodeChild } from 'vue'

/** Deeper nesting is shown as its source. */
const DEEPEST = 12
const parser = new Marked({ gfm: true, breaks: false, async: false })

export const CardText: FunctionalComponent<{ text: string }> = ({ text }) => {
  try {
    return h('div', blocks(parser.lexer(text), 0))
  } catch {
    return h('pre', text) // nested too deeply for the parser
  }
}
CardText.props = ['text']

const blocks = (tokens: readonly Token[], depth: number): VNodeChild[] => tokens.map((token) => block(token, depth))

function block(token: Token, depth: number): VNodeChild {
  if (depth > DEEPEST) return h('p', token.raw)
  switch (token.type) {
    case 'heading': {
      const { depth: level, tokens } = token as Tokens.Heading
      // The view and the card have headings of their own above these.
      return h(`h${Math.min(6, level + 2)}`, inline(tokens, depth))
    }
    case 'paragraph':
      return h('p', inline((token as Tokens.Paragraph).tokens, depth))
    case 'code':
      return h('pre', { tabindex: 0 }, h('code', (token as Tokens.Code).text))
    case 'blockquote':
      return h('blockquote', blocks((token as Tokens.Blockquote).tokens, depth + 1))
    case 'list': {
      const { ordered, items } = token as Tokens.List
      return h(
        ordered ? 'ol' : 'ul',
        items.map((item) => h('li', blocks(item.tokens, depth + 1))),
      )
    }
    case 'table':
      return table(token as Tokens.Table, depth)
    case 'hr':
      return h('hr')
    case 'html':
      return withoutTags((token as Tokens.HTML).text)
    case 'text': {
      const { tokens, text } = token as Tokens.Text
      return tokens ? inline(tokens, depth) : text
    }
    default:
      return null
  }
}

const table = ({ header, rows }: Tokens.Table, depth: number): VNodeChild =>
  h('div', { class: 'wide', tabindex: 0 }, [
    h('table', [
      h('thead', [
        h(
          'tr',
          header.map((cell) => h('th', inline(cell.tokens, depth))),
        ),
      ]),
      h(
        'tbody',
        rows.map((row) =>
          h(
            'tr',
            row.map((cell) => h('td', inline(cell.tokens, depth))),
          ),
        ),
      ),
    ]),
  ])

const inline = (tokens: readonly Token[] | undefined, depth: number): VNodeChild[] =>
  (tokens ?? []).map((token): VNodeChild => {
    if (depth > DEEPEST) return token.raw
    const { tokens: below } = token as { tokens?: Token[] }
    switch (token.type) {
      case 'strong':
        return h('strong', inline(below, depth + 1))
      case 'em':
        return h('em', inline(below, depth + 1))
      case 'del':
        return h('del', inline(below, depth + 1))
      case 'codespan':
        return h('code', (token as Tokens.Codespan).text)
      case 'br':
        return h('br')
      case 'image': {
        const { text } = token as Tokens.Image
        return text ? h('span', { class: 'picture' }, `[${text}]`) : null
      }
      case 'link':
        return h('span', { class: 'address', title: (token as Tokens.Link).href.slice(0, 500) }, inline(below, depth + 1))
      case 'html':
        return withoutTags((token as Tokens.Tag).text)
      case 'escape':
      case 'text':
        return below ? inline(below, depth + 1) : entities((token as Tokens.Text).text)
      default:
        return token.raw
    }
  })

const withoutTags = (html: string): string => entities(html.replace(/<!--[\s\S]*?-->|<[^>]*>/g, ''))

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", nbsp: '\u00a0' }
const entities = (text: string): string => text.replace(/&(amp|lt|gt|quot|#39|nbsp);/g, (_, name: string) => named[name]!)
