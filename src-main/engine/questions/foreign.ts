import { Foreign } from '../foreign/index.ts'

/** The ONNX file that was asked last, kept open for the next question. */
export class OpenForeign {
  private kept?: { readonly version: string; readonly is: Foreign }

  /** @param versionOf a folder, which changes when it is replaced */
  constructor(private readonly versionOf: (folder: string) => string) {}

  /** @throws a data fault if the folder is invalid, a user error if its model is for another task */
  async of(model: string, task: 'detect' | 'segment'): Promise<Foreign> {
    const version = this.versionOf(model)
    if (this.kept?.version === version && this.kept.is.manifest[task]) return this.kept.is
    await this.kept?.is.release()
    this.kept = undefined
    this.kept = { version, is: await Foreign.open(model, task, task) }
    return this.kept.is
  }
}
