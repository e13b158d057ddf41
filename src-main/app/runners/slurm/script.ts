/** The script of a job: an array with a task for each run, each of which carries out the plan in its own folder. */
import path from 'node:path'
import type { SlurmSettings } from '#shared/model/slurm.ts'

/** Exit codes of the script, before the program has the word. They are none of the program's, the shell's or Slurm's. */
export const exits = { unseen: 66, before: 67, noNode: 68, noProgram: 69 } as const

/** The program's file below its folder. */
export const programFile = (program: string): string => path.posix.join(program, 'out', 'main', 'cli.js')

export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

/** @param folders of the tasks, each with its plan; @param here this machine's Node and program, where the settings name none */
export function scriptOf(
  name: string,
  folders: readonly string[],
  settings: SlurmSettings,
  here: { readonly node: string; readonly program: string },
): string {
  const { partition, time, cpus, memory, gres, options, before, requeue } = settings
  const node = settings.node || here.node
  const program = programFile(settings.program || here.program)
  const header = [
    `--job-name=${name.replace(/[^\p{L}\p{N}._=-]+/gu, '-')}`,
    `--array=0-${folders.length - 1}`,
    requeue ? '--requeue' : '--no-requeue',
    '--output=/dev/null', // until the folder is known to be there
    `--cpus-per-task=${cpus}`,
    ...(partition ? [`--partition=${partition}`] : []),
    ...(time ? [`--time=${time}`] : []),
    ...(memory ? [`--mem=${memory}`] : []),
    ...(gres ? [`--gres=${gres}`] : []),
    ...options.split(/\s+/).filter(Boolean),
  ]
  return `#!/bin/bash
${header.map((option) => `#SBATCH ${option}`).join('\n')}

folders=(
${folders.map(quoted).join('\n')}
)
cd "\${folders[$SLURM_ARRAY_TASK_ID]}" || exit ${exits.unseen}
exec >>output.txt 2>&1 </dev/null || exit ${exits.unseen}
${before ? `{ ${before}\n} || exit ${exits.before}\n` : ''}node=${quoted(node)}
program=${quoted(program)}
command -v "$node" >/dev/null || exit ${exits.noNode}
[ -r "$program" ] || { echo "$program: no such file"; exit ${exits.noProgram}; }
export DASHI_THREADS="\${SLURM_CPUS_PER_TASK:-${cpus}}"
# In the shell's place, so that what Slurm sends before it ends a job (SIGTERM) reaches the program.
exec "$node" "$program" slurm carry-out plan.json
`
}
