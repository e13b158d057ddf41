/** What every face has: the engine, the models in the box, and where things are kept. */
import { join } from 'node:path'
import type { AppContext } from './app/context.ts'
import { Preferences, storedProjects, storedSettings } from './app/serve/preferences.ts'
import { EngineClient } from './engine/client.ts'
import { type StartChild, startChild } from './files/child.ts'
import type { Host } from './host/ports.ts'
import { programRoot, unpackedRoot } from './program.ts'

/** The engine and the model in the box, as every face has them. */
export const models = (
  { cacheFolder: cache, configFolder, dataFolder }: Pick<Host, 'cacheFolder' | 'configFolder' | 'dataFolder'>,
  start: StartChild = startChild,
): AppContext => ({
  engine: new EngineClient(
    () => start(join(unpackedRoot, 'out', 'main', 'engine-process.js'), []),
    undefined,
    () => storedSettings(configFolder).threads,
  ),
  device: () => storedSettings(configFolder).device,
  nano: join(unpackedRoot, 'resources', 'nano'),
  cache,
  encodingBytes: () => storedSettings(configFolder).caches.encodings * 2 ** 20,
  modelFolders: () => [join(dataFolder, 'models'), ...storedSettings(configFolder).modelFolders],
  hub: { folder: join(dataFolder, 'models'), secrets: configFolder, env: process.env },
  storage: {
    budget: () => storedSettings(configFolder).diskBudget * 2 ** 20 || null,
    keep: (diskBudget) => void new Preferences(configFolder).saveSettings({ diskBudget }),
    projects: () => storedProjects(configFolder),
  },
  slurm: {
    settings: () => storedSettings(configFolder).slurm,
    keep: (slurm) => void new Preferences(configFolder).saveSettings({ slurm }),
    env: process.env,
    program: programRoot,
  },
})
