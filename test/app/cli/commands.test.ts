import { expect, test, vi } from 'vitest'
import { commands } from '../../../src-main/app/cli/commands.ts'
import type { CliContext } from '../../../src-main/app/cli/context.ts'
import { runCli } from '../../../src-main/app/cli/main.ts'

async function said(...argv: string[]) {
  const context = vi.fn(async () => ({}) as CliContext)
  const spy = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  try {
    const code = await runCli(argv, context)
    return { code, text: spy.mock.calls.map(([text]) => String(text)).join(''), asked: context.mock.calls.length }
  } finally {
    spy.mockRestore()
  }
}

test.each(Object.entries(commands))('%s: the list of commands shows it as its own help does', async (name, { about, operands, group }) => {
  const { code, text } = await said(name, '--help')
  const rest = group ? ['[options] [command]'] : ['[options]', `[options] [command]`].map((o) => [o, operands].filter(Boolean).join(' '))
  expect(rest.map((r) => `Usage: dashi ${name} ${r}`)).toContain(text.split('\n')[0])
  expect(text.replace(/\s+/g, ' ')).toContain(about)
  expect(code).toBe(0)
})

test('the list itself, and the version, need nothing of what commands work with', async () => {
  const { text, asked } = await said('--help')
  const terms = Object.entries(commands).map(([name, { operands, group }]) =>
    [name, group ? '' : '[options]', operands].filter(Boolean).join(' '),
  )
  for (const term of terms) expect(text).toMatch(new RegExp(`^  ${term.replace(/[.[\]]/g, '\\$&')} `, 'm'))
  expect(asked).toBe(0)
  expect((await said('--version')).asked).toBe(0)
  expect((await said('help', 'runs')).text).toContain('Usage: dashi runs')
})
