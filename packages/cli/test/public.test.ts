import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { get } from 'node:https'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import { createPublisher } from '@sitedrive/core'
import { parseBootstrap, type Address } from '@sitedrive/core/drive'
import { hasBrowser, openBrowser, resolvedHere, temporaryFolder, until, writeFiles } from '@sitedrive/testing'
import { expect, test } from 'vitest'
import { seenOf, Visitor } from './support/visitor.js'
import { Workbench } from './support/workbench.js'

const DOMAIN = 'sites.example.test'
const GREEN = 'rgb(0, 128, 0)'

const SITE = {
  'index.html': page('Home', 1),
  'about/index.html': page('About', 1),
  'style.css': `h1 { color: ${GREEN} }\n`,
  'data.bin': randomBytes(200_000).toString('hex')
}
/** One pixel. */
const IMAGE = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64')

function page(title: string, release: number): string {
  return `<!doctype html><html lang=en><title>${title}</title><link rel=icon href=data:,><link rel=stylesheet href=/style.css>
<h1>${title} ${release}</h1><img src=/image.gif alt=pixel><a href=/about/>About</a>\n`
}

interface Public {
  bench: Workbench
  bootstrap: Address[]
  variable: string
  port: number
}

/** A peer with a domain and a certificate in a process of its own, and a publisher whom it trusts, with a pinned site. */
async function publicPeer(): Promise<Public> {
  const bench = await new Workbench(
    Object.fromEntries(Object.entries(SITE).map(([name, content]) => [`dist/${name}`, content]))
  ).hasKey()
  writeFiles(bench.project, { 'dist/image.gif': IMAGE })
  const publisher = String((await bench.json('key', 'show')).value['publisherKey'])
  const { certFile, keyFile } = certificateFor(`*.${DOMAIN}`)
  const operator = new Workbench()
  const web = ['--domain', DOMAIN, '--cert', certFile, '--key', keyFile]
  const peer = operator.start(['--json', 'peer', '--local', '--trust', publisher, ...web])
  await until(() => peer.stdout().includes('\n'), { describe: peer.stderr })
  const { key, url, bootstrap } = JSON.parse(peer.stdout()) as { key: string; url: string; bootstrap: string }
  await bench.did('init', '--seed', key)
  return { bench, bootstrap: parseBootstrap(bootstrap), variable: bootstrap, port: Number(new URL(url).port) }
}

function certificateFor(name: string): { certFile: string; keyFile: string } {
  const dir = temporaryFolder()
  const [certFile, keyFile] = [path.join(dir, 'cert.pem'), path.join(dir, 'key.pem')]
  const kind = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2'.split(' ')
  const names = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`]
  execFileSync('openssl', [...kind, ...names, '-keyout', keyFile, '-out', certFile], { stdio: 'ignore' })
  return { certFile, keyFile }
}

/** Asks the mirror, without a name server. */
function ask(at: Public, pathname: string): Promise<{ status: number; link: string; body: Buffer }> {
  const headers = { host: `${at.bench.key}.${DOMAIN}` }
  const options = { host: '127.0.0.1', port: at.port, path: pathname, headers, rejectUnauthorized: false }
  return new Promise((resolve, reject) => {
    get(options, (answer) => {
      const { statusCode: status = 0 } = answer
      const link = String(answer.headers['hyper-link'])
      buffer(answer).then((body) => resolve({ status, link, body }), reject)
    }).on('error', reject)
  })
}

test('a published site outlives its publisher: over the drive and over HTTPS, byte for byte', async () => {
  const at = await publicPeer()
  const { value } = await at.bench.json('--bootstrap', at.variable, 'publish', 'dist')
  expect(value).toMatchObject({ release: 1, seeds: [{ confirmed: true }] })

  const visitor = await Visitor.open(at.bootstrap, at.bench.key)
  const files = { ...SITE, 'image.gif': IMAGE }
  await expect.poll(() => visitor.browse(), { timeout: 60_000 }).toEqual(seenOf(1, files))
  await until(async () => (await ask(at, '/')).status === 200)
  for (const [name, content] of Object.entries(files)) {
    const { status, body } = await ask(at, `/${name}`)
    expect([name, status, body.equals(Buffer.from(content))]).toEqual([name, 200, true])
  }
})

test.skipIf(!hasBrowser)(
  'a browser shows the site over HTTPS, with its stylesheet and image',
  { tags: 'long' },
  async () => {
    const at = await publicPeer()
    await at.bench.did('--bootstrap', at.variable, 'publish', 'dist')
    await until(async () => (await ask(at, '/')).status === 200)

    const browser = await openBrowser({ args: [resolvedHere(`*.${DOMAIN}`)] })
    const page = await browser.newPage({ ignoreHTTPSErrors: true })
    const problems: string[] = []
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('console', (message) => problems.push(message.text()))
    page.on('requestfailed', (request) => problems.push(request.url()))
    const answer = await page.goto(`https://${at.bench.key}.${DOMAIN}:${at.port}/`)
    expect(answer?.status()).toBe(200)
    expect(await page.title()).toBe('Home')
    expect(await page.locator('h1').textContent()).toBe('Home 1')
    expect(await page.evaluate(`getComputedStyle(document.querySelector('h1')).color`)).toBe(GREEN)
    const size = `(({ naturalWidth, naturalHeight }) => [naturalWidth, naturalHeight])(document.images[0])`
    expect(await page.evaluate(size)).toEqual([1, 1])
    await page.getByRole('link', { name: 'About' }).click()
    await page.waitForURL('**/about/')
    expect(await page.locator('h1').textContent()).toBe('About 1')
    expect(problems).toEqual([])
  }
)

test(
  '`hyper://` and `https://` come to show each release that was confirmed',
  { tags: 'long', timeout: 180_000 },
  async ({ annotate }) => {
    const at = await publicPeer()
    const { bench, bootstrap } = at
    const publisher = createPublisher({
      projectDir: bench.project,
      env: { SITEDRIVE_HOME: bench.home },
      bootstrap
    })
    const first = await publisher.publish(path.join(bench.project, 'dist'))
    expect(first).toMatchObject({ status: 'published', seeds: [{ confirmed: true }] })
    const visitor = await Visitor.open(bootstrap, bench.key)
    await until(async () => (await visitor.read('/index.html')) !== null)

    const delays: { hyper: number; https: number }[] = []
    for (let release = 2; release <= 6; release++) {
      const text = Buffer.from(page('Home', release))
      writeFiles(bench.project, { 'dist/index.html': text })
      const looking = Promise.all([
        whenFirst(async () => (await visitor.read('/index.html'))?.equals(text)),
        whenFirst(async () => (await ask(at, '/')).body.equals(text))
      ])
      const outcome = await publisher.publish(path.join(bench.project, 'dist'))
      const confirmedAt = performance.now()
      if (outcome.status !== 'published') throw new Error(outcome.status)
      expect(outcome.seeds).toMatchObject([{ confirmed: true }])
      const [hyper, https] = await looking
      expect(visitor.version).toBe(outcome.version)
      expect((await ask(at, '/')).link).toBe(`hyper://${bench.key}+${outcome.version}/index.html`)
      delays.push({ hyper: hyper - confirmedAt, https: https - confirmedAt })
    }
    const spell = (ms: number[]) => ms.map((each) => each.toFixed(0)).join(', ')
    const hyper = spell(delays.map((delay) => delay.hyper))
    const https = spell(delays.map((delay) => delay.https))
    await annotate(`Shown so many ms after the confirmation: hyper ${hyper}; https ${https}`)
  }
)

/** Looks without a pause. @returns when the condition was fulfilled */
async function whenFirst(condition: () => Promise<boolean | undefined>): Promise<number> {
  const endsAt = performance.now() + 20_000
  while (!(await condition()))
    if (performance.now() > endsAt) throw new Error(`not fulfilled in time: ${condition.toString()}`)
  return performance.now()
}
