import { spawn, spawnSync } from 'node:child_process'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { get } from 'node:https'
import { createServer, type AddressInfo } from 'node:net'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { temporaryFolder, until } from '@sitedrive/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Workbench } from './support/workbench.js'

// The files that docs/from-zero.md gives to an operator, checked by the programs that read them. Each is used where it is installed:
// Debian has both as packages.
const CADDY = process.env['CADDY'] || 'caddy'
const DOCS = path.join(import.meta.dirname, '..', '..', 'peer', 'docs')

const has = (command: string, ...args: string[]) => spawnSync(command, args).status === 0

test.skipIf(!has('systemd-analyze', '--version'))('systemd takes the unit of the peer as it is', () => {
  const unit = path.join(temporaryFolder(), 'sitedrive-peer.service')
  cpSync(path.join(DOCS, 'sitedrive-peer.service'), unit)
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', unit], { encoding: 'utf8' })
  expect([status, stderr]).toEqual([0, ''])
})

describe.skipIf(!has(CADDY, 'version'))('behind Caddy with the Caddyfile of the peer', () => {
  test(
    'a site has HTTPS under its key and its own domain, and no other name gets a certificate',
    { tags: 'long', timeout: 300_000 },
    async () => {
      const bench = new Workbench({ 'dist/index.html': '<title>Hello</title>' })
      const [port, httpPort, httpsPort] = [await freePort(), await freePort(), await freePort()]
      const at = [
        '--port',
        String(port),
        '--domain',
        'sites.example.org',
        '--status-host',
        'peer.example.org'
      ]
      await bench.did('init')
      const own = `www.my.domain=${bench.key}`
      const peer = bench.start(['--json', 'peer', '--local', ...at, '--site', own])
      await until(() => peer.stdout().includes('\n'), { describe: peer.stderr })
      const { key: peerKey } = JSON.parse(peer.stdout()) as { key: string }
      await bench.did('init', '--seed', peerKey)
      const published = await bench.json('publish', 'dist')
      // The peer takes it that HTTPS is in front of it.
      expect(published.value).toMatchObject({ mirror: 'https://www.my.domain/' })

      startCaddy({ port, httpPort, httpsPort })
      const ask = (host: string, page = '/') => askHttps(httpsPort, host, page)
      await until(async () => (await ask(`${bench.key}.sites.example.org`))?.body.includes('Hello') ?? false)
      expect(await ask('www.my.domain')).toMatchObject({ status: 200 })
      expect(await ask('peer.example.org', '/health')).toMatchObject({ status: 200 })
      expect(await ask('sites-of-others.example.org')).toBeNull()
    }
  )
})

/** The Caddyfile as it is, but for ports, and certificates of its own in place of those of a public authority. */
function startCaddy({ port, httpPort, httpsPort }: Record<'port' | 'httpPort' | 'httpsPort', number>): void {
  const dir = temporaryFolder()
  const file = path.join(dir, 'Caddyfile')
  const own = `local_certs\n\tskip_install_trust\n\tadmin off\n\thttp_port ${httpPort}\n\thttps_port ${httpsPort}\n\tstorage file_system ${dir}`
  const given = readFileSync(path.join(DOCS, 'Caddyfile'), 'utf8')
  writeFileSync(
    file,
    given.replaceAll('127.0.0.1:8080', `127.0.0.1:${port}`).replace('\n{\n', `\n{\n\t${own}\n`)
  )
  const caddy = spawn(CADDY, ['run', '--config', file, '--adapter', 'caddyfile'], {
    stdio: 'ignore',
    env: { ...process.env, HOME: dir, XDG_DATA_HOME: dir, XDG_CONFIG_HOME: dir }
  })
  onTestFinished(() => void caddy.kill())
}

/** @returns null when no connection with a certificate for this name comes about */
function askHttps(
  port: number,
  host: string,
  page: string
): Promise<{ status: number; body: string } | null> {
  const request = { host: '127.0.0.1', port, path: page, servername: host, headers: { host }, agent: false }
  return new Promise((resolve) => {
    get({ ...request, rejectUnauthorized: false }, (answer) => {
      text(answer).then(
        (body) => resolve({ status: answer.statusCode ?? 0, body }),
        () => resolve(null)
      )
    }).on('error', () => resolve(null))
  })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
