import { Command, CommanderError } from 'commander'
import { DashiError } from '#shared/errors.ts'
import pkg from '../../../package.json' with { type: 'json' }
import type { CliContext } from './context.ts'
import { resolveModel } from '../merging/model-folders.ts'
import { dedupCommand, splitCommand } from './curation.ts'
import { demoCommand } from './demo.ts'
import { devicesCommand } from './devices.ts'
import { classifyCommand, embedCommand } from './embed.ts'
import { modelsCommand } from './hub.ts'
import { jobsCommand } from './jobs.ts'
import { labCommand } from './lab.ts'
import { labelsCommand } from './labels.ts'
import { evaluateCommand, mergeCommand } from './models.ts'
import { curveCommand, nextCommand } from './next.ts'
import { exitCode } from './output.ts'
import { previewCommand } from './preview.ts'
import { pretrainCommand } from './pretrain.ts'
import { proposeCommand } from './propose.ts'
import { projectCommand } from './project.ts'
import { exportCommand, formatsCommand, importCommand } from './exchange.ts'
import { runsCommand } from './runs.ts'
import { serveCommand, startCommand } from './serve.ts'
import { slurmCommand } from './slurm.ts'
import { storageCommand } from './storage.ts'
import { sweepCommand } from './sweep.ts'
import { trainCommand } from './train.ts'

/**
 * Runs one command line.
 * @returns the exit code
 */
export async function runCli(argv: readonly string[], app: CliContext): Promise<number> {
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
  const commands = [
    demoCommand,
    startCommand,
    serveCommand,
    projectCommand,
    importCommand,
    exportCommand,
    formatsCommand,
    labelsCommand,
    splitCommand,
    dedupCommand,
    embedCommand,
    classifyCommand,
    previewCommand,
    proposeCommand,
    labCommand,
    trainCommand,
    sweepCommand,
    slurmCommand,
    evaluateCommand,
    nextCommand,
    curveCommand,
    mergeCommand,
    modelsCommand,
    devicesCommand,
    jobsCommand,
    runsCommand,
    storageCommand,
    pretrainCommand,
  ]
  for (const command of commands) program.addCommand(command(app))
  // Also applied to subcommands, so that errors in their options are reported in one line too.
  for (const command of allOf(program)) if (command !== program) command.copyInheritedSettings(program)
  for (const command of allOf(program)) if (!command.commands.length) command.option('--json', 'one JSON document on stdout')
  program.hook('preAction', (_, action) => namedModels(action, app))
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return Number(process.exitCode ?? 0)
  } catch (e) {
    if (e instanceof CommanderError) return e.exitCode === 0 ? 0 : 2 // commander has already printed the reason
    return exitCode(withoutNesting(e))
  }
}

/** Resolves models given by name in the configured folders. */
function namedModels(action: Command, { modelFolders }: CliContext): void {
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
