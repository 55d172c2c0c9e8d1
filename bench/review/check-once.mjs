// One check in a process of its own. Arguments: the folder, and the file in which facts are remembered. Prints milliseconds.
import { checkSite } from '@sitedrive/core/content'
import { inputOf } from './folder.mjs'

const [dir, cacheFile] = process.argv.slice(2)
const input = inputOf(dir, { cacheFile })
const startedAt = performance.now()
const findings = await checkSite(input)
console.log(JSON.stringify({ ms: performance.now() - startedAt, findings: findings.length }))
