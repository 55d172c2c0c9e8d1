// Sites of a bench, and peers that keep them.
import { execFile } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { generateSite } from '../publish/site.mjs'
import { startMachine } from './machines.mjs'

const execute = promisify(execFile)
const cli = path.join(import.meta.dirname, '../node_modules/sitedrive/bin/sitedrive.js')

/** A site that is published, and that nobody else has. */
export async function newSite(author, work, pages, bootstrap, home = path.join(work, 'home')) {
  const projectDir = path.join(work, 'project')
  const site = { projectDir, home, dir: path.join(projectDir, '_site'), bootstrap }
  mkdirSync(site.dir, { recursive: true })
  generateSite(site.dir, { pages })
  Object.assign(site, await author.do('init', site))
  await author.do('publish', { ...site, seeds: [] })
  return site
}

/** The command line as a person types it. @returns milliseconds */
export async function publishByCommand({ projectDir, home, dir, bootstrap }) {
  const startedAt = performance.now()
  await execute(process.execPath, [cli, 'publish', dir, '--project', projectDir], {
    env: {
      ...process.env,
      CI: '',
      SITEDRIVE_CHECKS: 'off',
      SITEDRIVE_HOME: home,
      SITEDRIVE_BOOTSTRAP: addresses(bootstrap)
    }
  })
  return performance.now() - startedAt
}

function addresses(bootstrap) {
  return bootstrap.map(({ host, port }) => `${host}:${port}`).join(',')
}

/** @param site whose publishers the peer trusts @param use gets the peer, and its machine */
export async function withPeer(site, dir, use) {
  const machine = startMachine()
  try {
    return await use(await machine.do('peer', { ...site, dir }), machine)
  } finally {
    await machine.do('stopPeer')
    await machine.stop()
  }
}
