// `npm run torture`: what torture/run.mjs says, after everything is built.
import path from 'node:path'
import { root, run, setup } from './setup.mjs'

setup()
run(process.execPath, [path.join(root, 'torture', 'run.mjs'), ...process.argv.slice(2)])
