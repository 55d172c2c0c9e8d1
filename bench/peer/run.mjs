// `npm run bench -- peer`: the mirror beside sirv and serve-drive, on the same files.
import { describeMachine, printTable } from '../measure.mjs'
import { benchMirror } from './mirror.mjs'

console.log(`Machine: ${describeMachine()}; server and load share it.`)
const rows = await benchMirror()
printTable(
  'Requests to a mirror',
  Object.keys(rows[0]),
  rows.map((row) => Object.values(row).map(String))
)
process.exit(0)
