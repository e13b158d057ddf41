import { spawnSync } from 'node:child_process'

/** Whether the process exists; zombies do not count. */
export function running(pid: number): boolean {
  const { status, stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' })
  return status === 0 && !stdout.trim().startsWith('Z')
}

/** Direct and indirect child processes of this one, with their command lines. */
export function descendants(pid: number): { pid: number; command: string }[] {
  const all = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .stdout.split('\n')
    .flatMap((line) => {
      const [, own, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? []
      return own ? [{ pid: Number(own), parent: Number(parent), command: command! }] : []
    })
  const below = (of: number): typeof all => all.filter((p) => p.parent === of).flatMap((p) => [p, ...below(p.pid)])
  return below(pid)
}
