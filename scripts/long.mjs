// `npm run long`: what is part of no `npm test` for the time it takes: tests that wait for networks to give up, real projects
// of other frameworks, the examples through the demo, and the model with 2,000
// other schedules.
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { root, run, setup } from './setup.mjs'
import { installSystemTools } from './system-tools.mjs'

setup()
installSystemTools()
const packages = path.join(root, 'packages')
const files = readdirSync(packages, { recursive: true })
  .filter((file) => file.endsWith('.test.ts') && !file.includes('node_modules'))
  // The second: of Vite all versions.
  .filter((file) => /SITEDRIVE_LONG|\bVERSIONS\b/.test(readFileSync(path.join(packages, file), 'utf8')))
  .map((file) => path.join('packages', file))
run('npx', ['vitest', 'run', ...files, ...process.argv.slice(2)], { env: { SITEDRIVE_LONG: '1' } })
run(process.execPath, [path.join(root, 'scripts', 'model.mjs'), '--runs', '2000'])
