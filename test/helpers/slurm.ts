/** A real Slurm of one node, from Debian's packages, in a folder of its own: munge, slurmctld and slurmd on free ports. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import fs from 'node:fs'
import { createServer } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { randomBytes } from 'node:crypto'
import { temporaryFolder } from './pictures.ts'

const PROGRAMS = ['munged', 'slurmctld', 'slurmd', 'sbatch', 'squeue', 'scontrol', 'scancel']
const PATH = `${process.env['PATH']}:/usr/sbin:/sbin`

/** Why there can be no cluster here; null if there can. slurmd and slurmctld want root, and munged its user's own folder. */
export function noSlurm(): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'Slurm is only set up by root on Linux'
  const missing = PROGRAMS.filter((name) => !PATH.split(':').some((folder) => fs.existsSync(path.join(folder, name))))
  return missing.length ? `not installed: ${missing.join(', ')} (apt-get install slurmctld slurmd slurm-client munge)` : null
}

export interface SlurmCluster {
  readonly env: NodeJS.ProcessEnv
  /** Runs one of Slurm's programs. @returns what it printed */
  ask(program: string, ...args: string[]): string
  stop(): Promise<void>
}

const freePort = () =>
  new Promise<number>((resolve, reject) => {
    const server = createServer().on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })

export async function slurmCluster(): Promise<SlurmCluster> {
  const dir = temporaryFolder()
  fs.chmodSync(dir, 0o755) // munged refuses a socket that others could not reach
  for (const name of ['state', 'spool']) fs.mkdirSync(path.join(dir, name))
  const at = (name: string) => path.join(dir, name)
  fs.writeFileSync(at('munge.key'), randomBytes(1024), { mode: 0o400 })
  const host = os.hostname().split('.')[0]!
  const [controller, node] = [await freePort(), await freePort()]
  fs.writeFileSync(
    at('slurm.conf'),
    `ClusterName=test
SlurmctldHost=${host}(127.0.0.1)
SlurmctldPort=${controller}
SlurmdPort=${node}
AuthType=auth/munge
AuthInfo=socket=${at('munge.sock')}
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation=${at('state')}
SlurmdSpoolDir=${at('spool')}
SlurmctldPidFile=${at('slurmctld.pid')}
SlurmdPidFile=${at('slurmd.pid')}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=1,batch_sched_delay=0
SlurmdParameters=config_overrides
ReturnToService=2
KillWait=60
NodeName=${host} NodeAddr=127.0.0.1 CPUs=4 State=UNKNOWN
PartitionName=main Nodes=${host} Default=YES MaxTime=INFINITE State=UP
`,
  )
  fs.writeFileSync(at('cgroup.conf'), 'CgroupPlugin=autodetect\n')
  const env = { ...process.env, PATH, SLURM_CONF: at('slurm.conf') }
  const started: ChildProcess[] = []
  const start = (program: string, ...args: string[]) => {
    const log = fs.openSync(at(`${program}.log`), 'a')
    started.push(spawn(program, args, { env, stdio: ['ignore', log, log] }))
    fs.closeSync(log)
  }
  const ask = (program: string, ...args: string[]) =>
    execFileSync(program, args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  start(
    'munged',
    ...['--foreground', '--force', `--key-file=${at('munge.key')}`, `--socket=${at('munge.sock')}`, `--pid-file=${at('munged.pid')}`],
    ...[`--seed-file=${at('munge.seed')}`, `--log-file=${at('munged.log')}`],
  )
  await until(() => fs.existsSync(at('munge.sock')))
  start('slurmctld', '-D', '-f', at('slurm.conf'))
  start('slurmd', '-D', '-f', at('slurm.conf'), '-N', host)
  await until(() => {
    try {
      return /\bidle\b/.test(ask('sinfo', '--noheader'))
    } catch {
      return false
    }
  })
  return {
    env,
    ask,
    async stop() {
      try {
        ask('scancel', '--user=root')
      } catch {
        // the controller is gone
      }
      for (const child of started.reverse()) {
        const gone = new Promise((resolve) => child.once('exit', resolve))
        if (child.exitCode === null && child.kill()) await gone
      }
    },
  }
}

async function until(is: () => boolean): Promise<void> {
  for (const end = Date.now() + 120_000; !is();) {
    if (Date.now() > end) throw new Error('Slurm did not start in two minutes')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
