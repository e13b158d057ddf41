import { part } from './over-port.ts'

await part(2)
