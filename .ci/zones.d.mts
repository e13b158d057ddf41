export type Room = string | readonly string[]
export interface Layer {
  readonly name: string
  readonly rooms: readonly Room[]
  readonly below: readonly string[]
  readonly doors?: { readonly to: string; readonly except: readonly string[] }
}
export interface Zone {
  readonly layer: Layer
  readonly at: number
  readonly room: string
}
export declare const layers: readonly Layer[]
export declare function zoneOf(file: string, all?: readonly Layer[]): Zone | null
export declare function importProblem(from: string, to: string, all?: readonly Layer[]): string | null
export declare function importedFile(from: string, name: string): string | null
export declare const zonesRule: object
