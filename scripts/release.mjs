// `npm run release`: builds all packages anew, packs them, and checks what would be published. It publishes nothing.
// `npm run release -- --publish`: does the same, and then publishes.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { root, run, setup } from './setup.mjs'

const WANTED = ['package.json', 'README.md', 'LICENSE']

/** Sources, tests, settings, and maps of sources, which are larger than the code: they help nobody who installs a package. */
const UNWANTED =
  /^(src|test|scripts)\/|\.test\.|\.map$|(?<!\.d)\.ts$|(^|\/)(tsconfig|vitest\.config|\.env|\.npmrc)/

/** @returns the folders of the packages, absolute */
export function packageFolders() {
  const packages = path.join(root, 'packages')
  return readdirSync(packages, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => path.join(packages, name))
}

/**
 * @param packed a `.tgz` file
 * @returns its paths, without the leading `package/`
 */
export function namesIn(packed) {
  const tar = gunzipSync(readFileSync(packed))
  const names = []
  for (let at = 0; at + 512 <= tar.length;) {
    const text = (start, length) =>
      tar.toString('utf8', at + start, at + start + length).replace(/\0.*$/s, '')
    const name = [text(345, 155), text(0, 100)].filter(Boolean).join('/')
    if (name === '') break
    const isFile = ['0', ''].includes(text(156, 1))
    if (isFile) names.push(name.replace(/^package\//, ''))
    at += 512 + Math.ceil(Number.parseInt(text(124, 12), 8) / 512) * 512
  }
  return names
}

/**
 * @param names the paths of a package
 * @returns one text for each fault
 */
export function faultsOf(names) {
  const faults = names
    .filter((name) => UNWANTED.test(name))
    .map((name) => `${name} is not meant to be published`)
  for (const wanted of WANTED) if (!names.includes(wanted)) faults.push(`${wanted} is missing`)
  return faults
}

function pack(folder, into) {
  const [command, ...args] = ['npx', '--yes', packageManager, 'pack', '--pack-destination', into]
  const printed = execFileSync(command, args, { cwd: folder, encoding: 'utf8' })
  return path.resolve(into, path.basename(printed.trim().split('\n').at(-1)))
}

/** @returns what the tool printed when it found a fault; null when it found none */
function faultsFrom(tool, args) {
  const { status, stdout, stderr } = spawnSync('npx', [tool, ...args], { cwd: root, encoding: 'utf8' })
  return status === 0 ? null : `${stdout}${stderr}`.trim()
}

const { packageManager } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'))

function release({ isPublishing }) {
  if (
    isPublishing &&
    execFileSync('git', ['status', '--porcelain'], { cwd: root, encoding: 'utf8' }) !== ''
  ) {
    console.error('Not published: there are changes that are not committed. Commit them first.')
    process.exit(1)
  }
  // Files that no source stands behind any more would be published too.
  for (const folder of packageFolders())
    for (const made of ['dist', 'bundle']) rmSync(path.join(folder, made), { recursive: true, force: true })
  setup({ isCacheUsed: false })
  const into = mkdtempSync(path.join(tmpdir(), 'sitedrive-release-'))
  let isFaulty = false
  try {
    for (const folder of packageFolders()) {
      const { name, version } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'))
      const packed = pack(folder, into)
      const names = namesIn(packed)
      const faults = [
        ...faultsOf(names),
        faultsFrom('publint', ['run', packed, '--strict']),
        // All packages are ES modules, and need a Node that knows `exports`.
        faultsFrom('attw', [packed, '--profile', 'esm-only', '--no-color', '--no-emoji'])
      ].filter((fault) => fault !== null)
      console.log(`${faults.length === 0 ? 'good' : 'FAULT'}  ${name}@${version}  ${names.length} files`)
      for (const fault of faults) console.log(fault.replaceAll(/^/gm, '  '))
      isFaulty ||= faults.length > 0
    }
  } finally {
    rmSync(into, { recursive: true, force: true })
  }
  if (isFaulty) {
    console.error('Not ready: mend the faults above first.')
    process.exit(1)
  }
  if (isPublishing) run('npx', ['changeset', 'publish'])
  else console.log('All packages are ready. `npm run release -- --publish` publishes them.')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { publish: { type: 'boolean', default: false } } })
  release({ isPublishing: values.publish })
}
