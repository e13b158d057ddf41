/** What a window shows is a sentence with a code, so that each language can say it: no plain text is thrown or reported. */
import ts from 'typescript'
import { expect, it } from 'vitest'
import { sourceFiles, textOf } from './sources.ts'

/** Terminal and set-up programs, whose messages no window shows. */
const terminal = /^src-main\/(index\.|program|app\/(cli|demo|pretrain|sample|terminal)\/|host\/|engine\/pretrain\/)/
const seen = sourceFiles.filter((file) => file.startsWith('src-main/') && !terminal.test(file))

/** Which argument of a call is the message. */
const messages: Readonly<Record<string, number>> = { userError: 0, dataError: 1, replacedError: 0, DashiError: 1 }
const findings: Readonly<Record<string, number>> = { leave: 1, change: 1, note: 0 }

const isPlain = (node: ts.Expression | undefined): boolean => {
  if (!node) return false
  if (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) return true
  if (ts.isParenthesizedExpression(node)) return isPlain(node.expression)
  if (ts.isConditionalExpression(node)) return isPlain(node.whenTrue) || isPlain(node.whenFalse)
  return ts.isBinaryExpression(node) && (isPlain(node.left) || isPlain(node.right))
}

/** The calls of a file whose message is written out, as `file: text`. */
function plainIn(file: string, text = textOf(file)): string[] {
  if (!/Error\(|findings\.|\b(leave|note|change)\(/.test(text)) return []
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
      const called = node.expression
      const name = ts.isIdentifier(called) ? called.text : ts.isPropertyAccessExpression(called) ? called.name.text : ''
      const report = ts.isPropertyAccessExpression(called) && /findings\??$/.test(called.expression.getText()) ? findings[name] : undefined
      const at = messages[name] ?? report
      if (at !== undefined && isPlain(node.arguments?.[at])) found.push(`${file}: ${node.arguments![at]!.getText()}`)
    }
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true))
  return found
}

/** Kept in English: the text of a child process or library, with nothing of ours around it. */
const kept = ["src-main/app/media/huge.ts: said.trim().split('\\n').at(-1) || `cannot be decoded (the decoder ended with ${code})`"]

it('finds a plain message in a conditional, a sum and a report', () => {
  const text = `throw userError(a ? sentence('b') : 'c'); throw dataError(file, 'd' + e); source.findings.leave({ file }, \`f \${g}\`)
    throw userError(sentence('h')); findings?.note(sentence('i')); other.leave({}, 'j')`
  expect(plainIn('x.ts', text)).toEqual(["x.ts: a ? sentence('b') : 'c'", "x.ts: 'd' + e", 'x.ts: `f ${g}`'])
})

it('nothing that a window can meet is said in plain English', () => {
  expect(seen.length).toBeGreaterThan(400)
  expect(seen.flatMap((file) => plainIn(file))).toEqual(kept)
})

it('a reader of a format gives its reasons as sentences', () => {
  const formats = seen.filter((file) => file.startsWith('src-main/app/exchange/formats/'))
  const thrown = formats.flatMap((file) => textOf(file).match(/new Error\((?!problem\b).*/g) ?? [])
  expect(thrown).toEqual([])
})
