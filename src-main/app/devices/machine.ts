/** What the system says of this machine's processor and graphics cards. onnxruntime itself does not name the card that it uses. */
import { execFile } from 'node:child_process'
import { accessSync, constants, readdirSync, readFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { z } from 'zod'
import type { Machine } from '#shared/model/devices.ts'

/** A program of the system that gives no answer in time is not waited for. */
const PATIENCE = 8000

export async function thisMachine(env: NodeJS.ProcessEnv = process.env): Promise<Machine> {
  return {
    system: `${process.platform} ${process.arch}`,
    processor: os.cpus()[0]?.model.trim() || process.arch,
    cores: os.availableParallelism(),
    memory: os.totalmem(),
    graphics: await graphicsOf(env),
  }
}

/** Whether a program of this name is on the PATH. */
export const hasProgram = (name: string, env: NodeJS.ProcessEnv = process.env): boolean =>
  (env['PATH'] ?? '').split(path.delimiter).some((folder) => {
    try {
      accessSync(path.join(folder, name), constants.X_OK)
      return folder !== ''
    } catch {
      return false
    }
  })

async function graphicsOf(env: NodeJS.ProcessEnv): Promise<string[]> {
  if (process.platform === 'darwin') return displaysIn(await said('system_profiler', ['SPDisplaysDataType', '-json'], env))
  if (process.platform === 'win32') {
    const list = '(Get-CimInstance Win32_VideoController).Name'
    return lines(await said('powershell', ['-NoProfile', '-NonInteractive', '-Command', list], env))
  }
  return [...new Set([...linuxCards(), ...vulkanDrivers(env)])]
}

const said = (program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> =>
  new Promise((resolve) => {
    execFile(program, [...args], { env, timeout: PATIENCE, windowsHide: true }, (e, stdout) => resolve(e ? '' : stdout))
  })

const lines = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)

const displays = z.object({ SPDisplaysDataType: z.array(z.object({ sppci_model: z.string() })) })

/** The names in the answer of macOS's system_profiler; none if it has another form. */
export function displaysIn(json: string): string[] {
  try {
    return displays.parse(JSON.parse(json)).SPDisplaysDataType.map((d) => d.sppci_model)
  } catch {
    return []
  }
}

const makers: Readonly<Record<string, string>> = {
  '0x10de': 'NVIDIA',
  '0x1002': 'AMD',
  '0x8086': 'Intel',
  '0x1ae0': 'Google',
  '0x1af4': 'virtio',
}

/**
 * The cards by what the kernel has of them: NVIDIA's driver gives a name, others only numbers of maker and model.
 * @param root the folder that stands for `/`
 */
export function linuxCards(root = '/'): string[] {
  const read = (...at: string[]) => {
    try {
      return readFileSync(path.join(root, ...at), 'utf8').trim()
    } catch {
      return ''
    }
  }
  const list = (...at: string[]) => {
    try {
      return readdirSync(path.join(root, ...at)).sort()
    } catch {
      return []
    }
  }
  const nvidia = list('proc/driver/nvidia/gpus').flatMap((gpu) => {
    const model = /^Model:\s*(.+)$/m.exec(read('proc/driver/nvidia/gpus', gpu, 'information'))?.[1]
    return model ? [/nvidia/i.test(model) ? model : `NVIDIA ${model}`] : []
  })
  const cards = list('sys/class/drm')
    .filter((name) => /^(card|renderD)\d+$/.test(name))
    .flatMap((name) => {
      const [vendor, device] = [read('sys/class/drm', name, 'device/vendor'), read('sys/class/drm', name, 'device/device')]
      if (!vendor || (vendor === '0x10de' && nvidia.length)) return []
      return [`${makers[vendor] ?? vendor} ${device}`.trim()]
    })
  const bare = !nvidia.length && !cards.length && list('dev').includes('nvidia0') ? ['NVIDIA'] : []
  return [...new Set([...nvidia, ...cards, ...bare])]
}

const driver = z.object({ ICD: z.object({ library_path: z.string() }) })

/** Vulkan drivers that the environment names, such as one in software. */
export function vulkanDrivers(env: NodeJS.ProcessEnv): string[] {
  const files = (env['VK_DRIVER_FILES'] ?? env['VK_ICD_FILENAMES'] ?? '').split(path.delimiter).filter(Boolean)
  return files.flatMap((file) => {
    try {
      const library = path.basename(driver.parse(JSON.parse(readFileSync(file, 'utf8'))).ICD.library_path)
      if (/swiftshader/i.test(library)) return ['SwiftShader (Vulkan in software)']
      if (/lvp/i.test(library)) return ['lavapipe (Vulkan in software)']
      return [`Vulkan: ${library}`]
    } catch {
      return []
    }
  })
}
