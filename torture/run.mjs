// Does what goes wrong in the world to the built programs, and judges them by what a plain Hyperdrive reads.
//   npm run torture -- [part ...] [--seed <number>] [--kills <number>] [--seconds <number>]
// Prints its seed and one table. Ends with 1 when a promise was broken.
import { parseArgs } from 'node:util'
import { tortureByKills } from './kills/run.mjs'

const PARTS = { kills: tortureByKills }

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string' },
    kills: { type: 'string', default: '1000' },
    worlds: { type: 'string', default: '2' },
    seconds: { type: 'string', default: '7200' }
  }
})
const seed = Number(values.seed ?? Date.now() % 2 ** 31)
const [kills, worlds, seconds] = [values.kills, values.worlds, values.seconds].map(Number)
const names = positionals.length > 0 ? positionals : Object.keys(PARTS)
const unknown = names.filter((name) => !Object.hasOwn(PARTS, name))
if (
  unknown.length > 0 ||
  ![seed, kills, worlds, seconds].every((value) => Number.isSafeInteger(value) && value >= 0)
) {
  console.error(
    `Usage: npm run torture -- [${Object.keys(PARTS).join(' | ')}] [--seed <number>] [--kills <number>] [--worlds <number>] [--seconds <number>]`
  )
  process.exit(2)
}

console.log(`Seed ${seed}`)
const rows = []
let isBroken = false
for (const name of names) {
  const { violations, facts } = await PARTS[name]({ seed, kills, worlds, seconds })
  for (const violation of violations) console.error(`\n${name}: ${violation}`)
  isBroken ||= violations.length > 0
  rows.push(...facts.map(([what, value]) => ({ part: name, what, value })))
}
const width = Math.max(...rows.map(({ what }) => what.length))
for (const { part, what, value } of rows) console.log(`${part.padEnd(8)} ${what.padEnd(width)} ${value}`)
process.exitCode = isBroken ? 1 : 0
