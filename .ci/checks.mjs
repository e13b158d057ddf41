/** `npm test`'s lint and type checks, two at a time: each is one thread. The output of each comes whole, when it has ended. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

const { scripts } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
// The longest first.
const waiting = [...scripts.typecheck.split(' && ').reverse(), scripts.lint]
let failed = false

async function work() {
  for (let command = waiting.shift(); command; command = waiting.shift()) {
    const child = spawn(command, { shell: true, stdio: ['ignore', 'pipe', 'pipe'] })
    const said = []
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => said.push(part))
    const code = await new Promise((resolve) => child.on('close', resolve))
    process.stdout.write(Buffer.concat(said))
    if (code === 0) continue
    failed = true
    console.error(`${command} ended with ${code}`)
  }
}

await Promise.all([work(), work()])
process.exit(failed ? 1 : 0)
