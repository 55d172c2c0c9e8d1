// `npm run model`: many random schedules of publishing from several machines, see packages/core/test/model.
//   npm run model -- [--runs 10000] [--seed <number>]      as many, shared among the cores of this machine
//   npm run model -- --seed <number> --at <number>         the one again that a failure names
import { spawn } from 'node:child_process'
import os from 'node:os'
import { parseArgs } from 'node:util'
import { root } from './setup.mjs'

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '10000' }, seed: { type: 'string' }, at: { type: 'string' } }
})
const seed = Number(values.seed ?? Date.now() % 2 ** 31)
const processes = values.at === undefined ? os.availableParallelism() : 1
const runs = Math.ceil(Number(values.runs) / processes)
if (![seed, runs, Number(values.at ?? 0)].every((number) => Number.isSafeInteger(number) && number >= 0)) {
  console.error('--runs, --seed and --at are whole numbers.')
  process.exit(1)
}

// Each has a seed of its own, which its test names.
const codes = await Promise.all(Array.from({ length: processes }, (_, n) => run(seed + n)))
process.exitCode = Math.max(...codes)

function run(ownSeed) {
  const env = { ...process.env, MODEL_RUNS: String(runs), MODEL_SEED: String(ownSeed) }
  if (values.at !== undefined) env.MODEL_AT = values.at
  const child = spawn('npx', ['vitest', 'run', '--project', 'core-model', 'model.test'], {
    cwd: root,
    env,
    stdio: 'inherit'
  })
  return new Promise((resolve) => {
    child.on('error', (error) => {
      console.error(`The model could not be started: ${error.message}`)
      resolve(1)
    })
    child.on('close', (code) => resolve(code ?? 1))
  })
}
