// `npm test`: installs, builds, lints, checks types and formatting, runs every test, and kills programs for half a minute.
import { pnpmCommand, runTogether, setup } from './setup.mjs'
import { installSystemTools } from './system-tools.mjs'

const SHORT_TORTURE = ['--seed', '7', '--seconds', '30', '--worlds', '1', '--longest-sleep', '0']

setup()
const missing = installSystemTools()
for (const name of missing)
  console.log(`Skipped: the tests that need ${name}, which could not be installed on this machine.`)
if (missing.length > 0 && process.env.CI) {
  console.error(`Under CI every test must run. Install ${missing.join(' and ')}.`)
  process.exit(1)
}

await runTogether([
  ['npx', ['prettier', '--check', '--log-level=warn', '.']],
  // By pnpm, which Turborepo looks for.
  pnpmCommand(
    'exec',
    'turbo',
    'run',
    'typecheck',
    '--filter=./packages/*',
    '--output-logs=errors-only',
    '--no-update-notifier'
  ),
  ['npx', ['oxlint', '--type-aware']],
  ['npx', ['tsc', '-p', 'packages/core/tsconfig.test.json']]
])
const only = process.argv.slice(2)
await runTogether([
  ['npx', ['vitest', 'run', '--tags-filter=!long', ...only]],
  // No sleeps: on a machine that is busy with all these tests nothing can be said of how soon a program goes on.
  ...(only.length > 0 ? [] : [[process.execPath, ['torture/run.mjs', 'kills', ...SHORT_TORTURE]]])
])
