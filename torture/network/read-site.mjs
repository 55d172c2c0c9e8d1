// What a plain Hyperdrive reads.   node read-site.mjs <host:port> <key> <empty folder> <milliseconds>
// Prints { version, hashes } of the newest release that it could read whole in that time, or { version, error }.
import { decode } from 'hypercore-id-encoding'
import { setTimeout as pause } from 'node:timers/promises'
import { PlainReader } from '../support/plain-reader.mjs'

const POLL_MS = 100
const [bootstrap, key, dir, timeoutMs] = process.argv.slice(2)
const [host, port] = bootstrap.split(':')
const endsAt = performance.now() + Number(timeoutMs)

const reader = await PlainReader.open([{ host, port: Number(port) }], decode(key), dir)
let seen = { version: 0, error: 'nothing was heard of it' }
while (!('hashes' in seen) && performance.now() < endsAt) {
  const version = await reader.update()
  if (version < 2) await pause(POLL_MS)
  else
    seen = await reader.read().then(
      ({ hashes }) => ({ version, hashes: Object.fromEntries(hashes) }),
      ({ message }) => ({ version, error: message })
    )
}
console.log(JSON.stringify({ ...seen, conflicts: reader.conflicts }))
await reader.close()
