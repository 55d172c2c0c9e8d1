// `npm test`: installs, builds, lints, checks types and formatting, and runs every test.
import { pnpmCommand, root, run, runTogether, setup } from './setup.mjs'
import { installSystemTools } from './system-tools.mjs'

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
run('npx', ['vitest', 'run', '--tags-filter=!long', ...process.argv.slice(2)], { cwd: root })
