/** Model cards are text of strangers: nothing of them is fetched, run or followed. */
import { createSSRApp, h } from 'vue'
import { renderToString } from 'vue/server-renderer'
import { expect, test } from 'vitest'
import { CardText } from '../../src-renderer/views/models/card-text.ts'

const html = (text: string) => renderToString(createSSRApp({ render: () => h(CardText, { text }) }))

test('headings, lists, code, tables and emphasis are shown', async () => {
  const shown = await html(
    '# Title\n\nSome **bold** and *soft* `code`.\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```python\nprint(1)\n```\n',
  )
  for (const part of ['<h3>Title</h3>', '<strong>bold</strong>', '<em>soft</em>', '<code>code</code>', '<li>', '<td>1</td>', 'print(1)'])
    expect(shown).toContain(part)
})

test('pictures, links, HTML and scripts become words', async () => {
  const shown = await html(
    [
      '![a cat](https://evil.example/x.png) [a link](javascript:alert(1)) <https://evil.example>',
      '<img src=x onerror=alert(1)><script>alert(2)</script><iframe src="https://evil.example"></iframe>',
      '<details><summary>More</summary>inside &amp; out</details>',
      '[ref]: https://evil.example "t"',
      '`<b>kept as code</b>`',
    ].join('\n\n'),
  )
  expect(shown).not.toMatch(/<(img|script|iframe|a|details|svg|object|style|link)\b/i)
  expect(shown).not.toMatch(/\s(src|href|on\w+)=/i)
  for (const part of ['[a cat]', 'a link', 'inside &amp; out', '&lt;b&gt;kept as code&lt;/b&gt;']) expect(shown).toContain(part)
})

test('however it nests, it is shown', async () => {
  for (const text of ['>'.repeat(500) + ' deep', '* '.repeat(200) + 'x', '['.repeat(2000), '*'.repeat(2000)])
    expect(await html(text)).toMatch(/^<(div|pre)/)
})
