// Holds a site's lock until stdin ends. Argument: the lock's file.
import { once } from 'node:events'

const core = new URL('../../node_modules/@sitedrive/core/dist/', import.meta.url)
const { acquireWriterLock } = await import(new URL('machine/writer-process-lock.js', core).href)
const lock = await acquireWriterLock(process.argv[2], { timeoutMs: 10_000, onWait: () => {} })
process.stdout.write('held\n')
await once(process.stdin.resume(), 'end')
lock.release()
