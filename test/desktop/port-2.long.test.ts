import { half } from './over-port.ts'

await half(1)
