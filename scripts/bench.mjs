// `npm run bench -- <name>`: measures one part beside what a user would pick instead.
import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { root, run, setup } from './setup.mjs'

const benches = readdirSync(path.join(root, 'bench')).filter((name) =>
  existsSync(path.join(root, 'bench', name, 'run.mjs'))
)
const [name = ''] = process.argv.slice(2)
if (!benches.includes(name)) {
  console.error(
    `Usage: npm run bench -- <${benches.join(' | ')}>${name && `; there is no bench \`${name}\``}`
  )
  process.exit(2)
}
setup()
run(process.execPath, [path.join(root, 'bench', name, 'run.mjs')])
