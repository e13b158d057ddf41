import { Command, CommanderError } from 'commander'
import { DashiError } from '#shared/errors.ts'
import pkg from '../../../package.json' with { type: 'json' }
import { commands, type Listed } from './commands.ts'
import type { CliContext } from './context.ts'
import { exitCode } from './output.ts'

/** The command that a command line names, or asks the help of. */
function named(argv: readonly string[]): string | undefined {
  const [first, second] = argv.filter((arg) => !arg.startsWith('-'))
  const name = first === 'help' ? second : first
  return name !== undefined && Object.hasOwn(commands, name) ? name : undefined
}

async function whole({ about, load }: Listed, app: CliContext): Promise<Command> {
  const command = (await load())(app).description(about)
  for (const each of allOf(command)) if (!each.commands.length) each.option('--json', 'one JSON document on stdout')
  return command
}

/** As much of a command as the list of all shows. */
function outline(name: string, { about, operands, group }: Listed): Command {
  const command = new Command(name).description(about)
  if (operands) command.arguments(operands)
  return group ? command : command.option('--json')
}

/**
 * Runs one command line.
 * @param context what commands work with; had only where one is carried out, or its own help is shown
 * @returns the exit code
 */
export async function runCli(argv: readonly string[], context: () => Promise<CliContext>): Promise<number> {
  const program = new Command('dashi')
    .description('Label images, fine-tune vision-language models on the labels, compare the checkpoints and blend them into soups.')
    .version(pkg.version)
    .configureOutput({
      writeOut: (s) => void process[argv.includes('--json') ? 'stderr' : 'stdout'].write(s), // help and version are the output
      outputError: (s, write) =>
        write(
          `dashi: ${s
            .replace(/^error: /, '')
            .trim()
            .replaceAll('\n', ' ')}\n`,
        ),
    })
    .exitOverride()
  const asked = named(argv)
  const app = asked === undefined ? undefined : await context()
  for (const [name, listed] of Object.entries(commands))
    program.addCommand(app && name === asked ? await whole(listed, app) : outline(name, listed))
  // Also applied to subcommands, so that errors in their options are reported in one line too.
  for (const command of allOf(program)) if (command !== program) command.copyInheritedSettings(program)
  if (app) program.hook('preAction', (_, action) => namedModels(action, app))
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return Number(process.exitCode ?? 0)
  } catch (e) {
    if (e instanceof CommanderError) return e.exitCode === 0 ? 0 : 2 // commander has already printed the reason
    return exitCode(withoutNesting(e))
  }
}

/** Resolves models given by name in the configured folders. */
async function namedModels(action: Command, { modelFolders }: CliContext): Promise<void> {
  const { resolveModel } = await import('../merging/model-folders.ts')
  const resolve = (given: string) => resolveModel(given, modelFolders?.() ?? [])
  for (const option of ['model', 'checkpoint']) {
    const given: unknown = action.getOptionValue(option)
    if (typeof given === 'string' && action.getOptionValueSource(option) === 'cli') action.setOptionValue(option, resolve(given))
  }
  const [given] = action.processedArgs as unknown[]
  if (action.name() === 'merge' && Array.isArray(given)) action.processedArgs[0] = given.map((g) => resolve(String(g)))
}

const allOf = (c: Command): Command[] => [c, ...c.commands.flatMap(allOf)]

/** A wrapper error (of a stream, a transaction) says less than its cause. */
const withoutNesting = (e: unknown): unknown =>
  e instanceof Error && !(e instanceof DashiError) && e.cause instanceof DashiError ? e.cause : e
