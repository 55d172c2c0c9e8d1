import { copyFileSync, writeFileSync } from 'node:fs'
import { request as httpsRequest } from 'node:https'
import path from 'node:path'
import { connect, type PeerCertificate, type TLSSocket } from 'node:tls'
import { expect, test } from 'vitest'
import { openSiteServer, type SiteServer } from '../../src/mirror/site-server.js'
import { issue } from '../support/certificate.js'
import { tempDir } from '../support/folders.js'
import { later } from '../support/later.js'
import { memorySite } from '../support/memory-site.js'
import { until } from '../support/until.js'

const KEY = 'y'.repeat(52)

async function serveWith(
  tls: { certFile: string; keyFile: string },
  onProblem = (problem: Error): void => void problem,
  onMended = (problem: Error): void => void problem
): Promise<SiteServer> {
  const sites = new Map([[KEY, memorySite({ '/index.html': 'home' })]])
  const server = await openSiteServer({ sites, tls: { ...tls, reloadMs: 20 }, onProblem, onMended })
  later(() => server.close())
  return server
}

/** Whose certificate a new connection is shown. */
function shownName(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      const { subject }: PeerCertificate = socket.getPeerCertificate()
      socket.destroy()
      resolve(String(subject.CN))
    })
    socket.on('error', reject)
  })
}

test('sites are served over HTTPS', async () => {
  const server = await serveWith(issue(tempDir(), 'first'))
  expect(server.urlOf(KEY)).toBe(`https://${KEY}.localhost:${server.port}/`)
  const status = await new Promise((resolve, reject) => {
    const sent = httpsRequest(
      {
        host: '127.0.0.1',
        port: server.port,
        headers: { host: `${KEY}.localhost` },
        rejectUnauthorized: false
      },
      (answer) => resolve(answer.resume().statusCode)
    )
    sent.on('error', reject).end()
  })
  expect(status).toBe(200)
})

test('a renewed certificate is used for new connections, without a restart', async () => {
  const dir = tempDir()
  const [first, second] = [issue(dir, 'first'), issue(dir, 'second')]
  const server = await serveWith(first)
  expect(await shownName(server.port)).toBe('first')
  copyFileSync(second.keyFile, first.keyFile)
  copyFileSync(second.certFile, first.certFile)
  await until('the new certificate', async () => (await shownName(server.port)) === 'second')
})

test('a broken new certificate leaves the old one in use, and is told of once', async () => {
  const dir = tempDir()
  const [first, second] = [issue(dir, 'first'), issue(dir, 'second')]
  const problems: Error[] = []
  const mended: Error[] = []
  const server = await serveWith(
    first,
    (problem) => problems.push(problem),
    (problem) => mended.push(problem)
  )
  const { keyFile, certFile } = first
  writeFileSync(certFile, 'nonsense')
  await until('the problem', () => problems.length === 1)
  expect(problems[0]).toMatchObject({ code: 'BAD_OPTION' })
  expect(await shownName(server.port)).toBe('first')
  // The key of another certificate: a renewal that is caught half-way.
  copyFileSync(second.certFile, certFile)
  await until('the second problem', () => problems.length === 2)
  for (let i = 0; i < 3; i++) expect(await shownName(server.port)).toBe('first')
  expect(problems.length).toBe(2)
  copyFileSync(second.keyFile, keyFile)
  await until('the new certificate', async () => (await shownName(server.port)) === 'second')
  await until('the all-clear', () => mended.length === 2)
  expect(mended).toEqual(problems)
})

test('a server without a usable certificate does not start', async () => {
  const dir = tempDir()
  const [first, second] = [issue(dir, 'first'), issue(dir, 'second')]
  const missing = { certFile: path.join(dir, 'none'), keyFile: first.keyFile }
  for (const tls of [missing, { ...first, keyFile: second.keyFile }])
    await expect(openSiteServer({ sites: new Map(), tls })).rejects.toMatchObject({ code: 'BAD_OPTION' })
})
