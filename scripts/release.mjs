// `npm run release -- --dry`: builds every package anew, packs it, and checks the tarballs as their users see them.
// `npm run release`: the same, then publishes what the changesets have given a new version. `npx changeset version` comes before.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { root, run, setup } from './setup.mjs'

const { values } = parseArgs({ options: { dry: { type: 'boolean', default: false } } })

const packages = readdirSync(path.join(root, 'packages'))
  .map((name) => path.join(root, 'packages', name))
  .map((dir) => ({ dir, manifest: JSON.parse(readFileSync(path.join(dir, 'package.json'), 'utf8')) }))
  .filter(({ manifest }) => !manifest.private)

// What an earlier build left must not be packed.
for (const { dir } of packages) rmSync(path.join(dir, 'dist'), { recursive: true, force: true })
setup()

const into = mkdtempSync(path.join(os.tmpdir(), 'sitedrive-release-'))
try {
  for (const { dir, manifest } of packages) {
    const folder = path.join(into, path.basename(dir))
    mkdirSync(folder)
    run('npx', ['--yes', pnpmVersion(), 'pack', '--pack-destination', folder], { cwd: dir })
    const tarball = path.join(folder, readdirSync(folder)[0])
    refuseSources(manifest.name, tarball)
    run('npx', ['publint', '--strict', tarball], { cwd: root })
    if (manifest.exports) run('npx', ['attw', '--profile', 'esm-only', '--quiet', tarball], { cwd: root })
  }
} finally {
  rmSync(into, { recursive: true, force: true })
}
const names = packages.map(({ manifest }) => `${manifest.name}@${manifest.version}`).join(', ')
if (values.dry) console.log(`Nothing was published. A release would publish, where they are new: ${names}`)
else run('npx', ['changeset', 'publish'], { cwd: root })

function pnpmVersion() {
  return JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')).packageManager
}

/** A package holds what is built, and nothing of how it was made. */
function refuseSources(name, tarball) {
  const files = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).trim().split('\n')
  const strays = files.filter((file) => /^package\/(src|test|scripts|node_modules)\//.test(file))
  if (strays.length === 0) return
  console.error(`${name} would publish ${strays.length} files that are no part of it, such as ${strays[0]}.`)
  process.exit(1)
}
