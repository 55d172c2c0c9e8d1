import { execFile } from 'node:child_process'
import { hash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { makeTemporaryFolder } from './temporary-folder.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const run = promisify(execFile)

/** A registry of this machine's own, for `npm_config_registry`. */
export interface PackedRegistry {
  /** `http://127.0.0.1:<port>/` */
  url: string
  close: () => Promise<void>
}

/**
 * Packs the packages of the workspace as they would be published, and serves them to npm, so that `npm install` and `npx` work as
 * they stand in the docs. For any other package npm is sent on to the registry that this machine uses. The packages must be built.
 */
export async function openPackedRegistry(): Promise<PackedRegistry> {
  const packed = makeTemporaryFolder()
  const [documents, elsewhere] = await Promise.all([packAll(packed.dir), usualRegistry()])
  const server = createServer((request, response) => {
    const name = decodeURIComponent((request.url ?? '/').slice(1))
    const tarball = /^-\/([^/]+\.tgz)$/.exec(name)?.[1]
    if (tarball !== undefined) {
      response.end(readFileSync(path.join(packed.dir, path.basename(tarball))))
    } else if (documents.has(name)) {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(documents.get(name)?.(`http://${request.headers.host}/-/`)))
    } else {
      response.writeHead(302, { location: new URL((request.url ?? '/').slice(1), elsewhere).href }).end()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      packed.remove()
    }
  }
}

/** What a registry tells of a package with one version. @param base where its tarball is */
type Describe = (base: string) => object

async function packAll(into: string): Promise<Map<string, Describe>> {
  const { packageManager } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    packageManager: string
  }
  // pnpm's, since the versions of workspace packages must be written into them.
  const words = ['--recursive', '--filter=./packages/*', 'pack', '--pack-destination', into]
  await run('npx', ['--yes', packageManager, ...words], { cwd: root })
  const described = readdirSync(into).map(async (file): Promise<[string, Describe]> => {
    const tarball = path.join(into, file)
    const { stdout } = await run('tar', ['-xOzf', tarball, 'package/package.json'])
    const manifest = JSON.parse(stdout) as { name: string; version: string }
    const integrity = `sha512-${hash('sha512', readFileSync(tarball), 'base64')}`
    const { name, version } = manifest
    const describe: Describe = (base) => ({
      name,
      'dist-tags': { latest: version },
      versions: { [version]: { ...manifest, dist: { tarball: `${base}${file}`, integrity } } }
    })
    return [name, describe]
  })
  return new Map(await Promise.all(described))
}

async function usualRegistry(): Promise<string> {
  const { stdout } = await run('npm', ['config', 'get', 'registry'], { cwd: root })
  return `${stdout.trim().replace(/\/$/, '')}/`
}
