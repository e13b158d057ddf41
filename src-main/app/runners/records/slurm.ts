import { userError } from '#shared/errors.ts'
import { slurmSettings } from '#shared/model/slurm.ts'
import { sentence } from '#shared/sentences/table.ts'
import { defineRunner } from '../runner.ts'
import { Cluster } from '../slurm/cluster.ts'
import { missingProgram } from '../slurm/programs.ts'

/** Jobs of a Slurm cluster. */
export default defineRunner({
  id: 'slurm',
  order: 2,
  settings: slurmSettings,
  missing({ slurm }) {
    if (!slurm) return sentence('runner.absent', { runner: 'slurm' })
    const program = missingProgram(slurm.env)
    return program === null ? null : sentence('slurm.no-sbatch', { program })
  },
  start(app) {
    if (!app.slurm) throw userError(sentence('runner.absent', { runner: 'slurm' }))
    return new Cluster(app.slurm, { nano: app.nano })
  },
})
