// Does what goes wrong in the world to the built programs, and judges them by what a plain Hyperdrive reads.
//   npm run torture -- [part ...] [--seed <number>] [an option of a part]
// Without a part: all of them, one after another. Prints its seed and one table. Ends with 1 when a promise was broken, with 2
// when a part could not run on this machine.
import { parseArgs } from 'node:util'

/** Each part exports `OPTIONS`, whole numbers or texts with their defaults by name, and `torture(options)`. */
const PARTS = ['kills', 'network', 'hostile', 'growth', 'soak']

/**
 * @typedef {object} Outcome
 * @property {string[]} violations what was promised and not kept
 * @property {[string, string | number][]} facts rows of the table
 * @property {string} [lacks] why nothing of it could run on this machine
 */

const modules = new Map()
for (const name of PARTS) modules.set(name, await import(`./${name}/run.mjs`))
const defaults = Object.assign(
  { seed: Date.now() % 2 ** 31 },
  ...[...modules.values()].map(({ OPTIONS }) => OPTIONS)
)
const { names, seed, options } = readArguments()

console.log(`Seed ${seed}`)
const rows = []
let isBroken = false
let isMissing = false
for (const name of names) {
  const { OPTIONS, torture } = modules.get(name)
  const { violations, facts, lacks } = await torture({ ...OPTIONS, ...options, seed })
  if (lacks) console.error(`\n${name} cannot run here: ${lacks}`)
  isMissing ||= lacks !== undefined
  for (const violation of violations) console.error(`\n${name}: ${violation}`)
  isBroken ||= violations.length > 0
  rows.push(...facts.map(([what, value]) => ({ part: name, what, value })))
}
const width = Math.max(0, ...rows.map(({ what }) => what.length))
for (const { part, what, value } of rows) console.log(`${part.padEnd(8)} ${what.padEnd(width)} ${value}`)
process.exitCode = isBroken ? 1 : isMissing ? 2 : 0

function readArguments() {
  const types = Object.fromEntries(Object.keys(defaults).map((name) => [name, { type: 'string' }]))
  try {
    const { values, positionals } = parseArgs({ allowPositionals: true, options: types })
    const unknown = positionals.find((name) => !modules.has(name))
    if (unknown !== undefined) throw new Error(`There is no part \`${unknown}\``)
    const { seed = defaults.seed, ...options } = Object.fromEntries(
      Object.entries(values).map(([name, value]) => [
        name,
        typeof defaults[name] === 'number' ? wholeNumber(name, value) : value
      ])
    )
    return { names: positionals.length > 0 ? positionals : PARTS, seed, options }
  } catch ({ message }) {
    console.error(message)
    console.error(`Usage: npm run torture -- [${PARTS.join(' | ')}] [--seed <number>]`)
    for (const [name, { OPTIONS }] of modules)
      console.error(
        `  ${name}: ${Object.entries(OPTIONS)
          .map(([option, number]) => `[--${option} ${number}]`)
          .join(' ')}`
      )
    process.exit(2)
  }
}

function wholeNumber(name, value) {
  const number = Number(value)
  if (Number.isSafeInteger(number) && number >= 0) return number
  throw new Error(`--${name} takes a whole number, not \`${value}\``)
}
