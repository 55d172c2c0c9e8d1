// `npm run long`: every test, with those that `npm test` leaves out, on this Node and on Node 22 and 24; and 2,000 other
// schedules of the model. It takes hours.
//   npm run long -- --node 24            on that Node alone, without the model
//   npm run long -- --node 24 --daily    what `npm test` runs, on that Node
//   npm run long -- [...] <words>        further words for Vitest
import path from 'node:path'
import { parseArgs } from 'node:util'
import { root, run, setup } from './setup.mjs'
import { installSystemTools } from './system-tools.mjs'

const MAJORS = ['22', '24']

const { values, positionals, tokens } = parseArgs({
  options: { node: { type: 'string' }, daily: { type: 'boolean', default: false } },
  allowPositionals: true,
  strict: false,
  tokens: true
})
// What is no option of this script is one of Vitest.
const others = tokens
  .filter(({ kind, name }) => kind === 'option' && !['node', 'daily'].includes(name))
  .map(({ rawName, value }) => (value === undefined ? rawName : `${rawName}=${value}`))
const words = ['run', ...(values.daily ? ['--tags-filter=!long'] : []), ...others, ...positionals]
const env = values.daily ? {} : { SITEDRIVE_LONG: '1' }
const vitest = path.join(root, 'node_modules', 'vitest', 'vitest.mjs')

setup()
installSystemTools()
if (values.node === undefined) run(process.execPath, [vitest, ...words], { env })
for (const major of values.node === undefined ? MAJORS : [values.node]) {
  console.log(`\nWith Node ${major}:`)
  const bin = install(major)
  // First in PATH, for what the tests start by its name.
  const PATH = `${bin}${path.delimiter}${process.env.PATH}`
  run(path.join(bin, 'node'), [vitest, ...words], { env: { ...env, PATH } })
}
if (values.node === undefined)
  run(process.execPath, [path.join(root, 'scripts', 'model.mjs'), '--runs', '2000'])

/**
 * Installs the npm package `node`, which is that program. In the workspace, since a test runs it as another user, who cannot
 * read a home folder.
 *
 * @returns the folder of the program
 */
function install(major) {
  const folder = path.join(root, '.cache', `node-${major}`)
  run('npm', [
    'install',
    '--prefix',
    folder,
    '--no-save',
    '--loglevel=error',
    '--no-fund',
    '--no-audit',
    `node@${major}`
  ])
  return path.join(folder, 'node_modules', 'node', 'bin')
}
