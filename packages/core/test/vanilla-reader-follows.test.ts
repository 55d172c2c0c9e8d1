import { execFile, spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Address } from '../src/holepunch/bootstrap.js'
import { deriveKeys } from '../src/holepunch/key-pairs.js'
import { parseKey } from '../src/holepunch/site-key.js'
import { projectFile, readProject, writeProject } from '../src/project/project-file.js'
import { localDht, ownSeed, vanillaSeed } from './support/seeds.js'
import { Workshop } from './support/workshop.js'

const run = promisify(execFile)

// What somebody has who has never heard of sitedrive, from the registry as it is.
const PACKAGES = [
  'hypercore-fetch@10.2.0',
  'hyper-sdk@6.2.2',
  'hyperdrive@13.3.4',
  'corestore@7.12.5',
  'hypercore@11.37.1',
  'hyperswarm@4.17.2'
]

// Each reader opens a drive once and keeps it open. For a line of paths on its input it prints what it reads there now.
const READERS = {
  'hypercore-fetch': `
    import { create } from 'hyper-sdk'
    import makeFetch from 'hypercore-fetch'
    import { serve } from './serve.js'

    const [key, bootstrap, storage] = process.argv.slice(2)
    const sdk = await create({ storage, swarmOpts: { bootstrap: JSON.parse(bootstrap) } })
    const fetch = await makeFetch({ sdk })
    const drive = await sdk.getDrive('hyper://' + key + '/')
    await serve(drive, async (path) => {
      const answer = await fetch('hyper://' + key + path)
      const text = await answer.text()
      return answer.status === 200 ? text : null
    })`,
  'a plain hyperdrive': `
    import Corestore from 'corestore'
    import Hyperdrive from 'hyperdrive'
    import Hyperswarm from 'hyperswarm'
    import { serve } from './serve.js'

    const [key, bootstrap, storage] = process.argv.slice(2)
    const store = new Corestore(storage)
    const drive = new Hyperdrive(store, key)
    await drive.ready()
    const swarm = new Hyperswarm({ bootstrap: JSON.parse(bootstrap) })
    swarm.on('connection', (connection) => store.replicate(connection))
    const found = drive.findingPeers()
    swarm.join(drive.discoveryKey, { server: false, client: true })
    swarm.flush().then(found, found)
    await drive.update()
    await serve(drive, async (path) => {
      const content = await drive.get(path)
      return content && content.toString()
    })`
}

const SERVE = `
  import { createInterface } from 'node:readline'

  export async function serve(drive, read) {
    let conflicts = 0
    const { core } = await drive.getBlobs()
    for (const each of [drive.core, core]) each.on('conflict', () => conflicts++)
    console.log('{}')
    for await (const line of createInterface({ input: process.stdin })) {
      const files = {}
      for (const path of JSON.parse(line)) files[path] = await read(path)
      console.log(JSON.stringify({ version: drive.version, fork: drive.core.fork, conflicts, files }))
    }
    process.exit()
  }`

const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'sitedrive-readers-')))

beforeAll(async () => {
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true, "type": "module" }')
  writeFileSync(path.join(folder, 'serve.js'), SERVE)
  for (const [name, script] of Object.entries(READERS)) writeFileSync(path.join(folder, `${name}.js`), script)
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...PACKAGES], { cwd: folder })
}, 180_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Seen {
  version: number
  fork: number
  conflicts: number
  files: Record<string, string | null>
}

interface RunningReader {
  /** What it reads at these paths now. */
  read(paths: string[]): Promise<Seen>
  stop(): Promise<void>
}

/** Starts a reader. @param storage where it keeps what it has read, for when it is started again */
async function startReader(
  name: string,
  key: string,
  bootstrap: Address[],
  storage = path.join(folder, `store of ${name} ${key}`)
): Promise<RunningReader> {
  const child = spawn(process.execPath, [`${name}.js`, key, JSON.stringify(bootstrap), storage], {
    cwd: folder,
    stdio: ['pipe', 'pipe', 'inherit']
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const stop = async () => {
    child.kill('SIGKILL')
    await ended
  }
  onTestFinished(stop)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async () => {
    const { value, done } = await lines.next()
    if (done) throw new Error(`${name} ended with ${child.exitCode ?? child.signalCode}`)
    return JSON.parse(value) as Seen
  }
  await next()
  return {
    read(paths) {
      child.stdin.write(`${JSON.stringify(paths)}\n`)
      return next()
    },
    stop
  }
}

const SITE = { 'index.html': 'one', 'about/index.html': 'about', 'old.html': 'to be removed' }
const PATHS = ['/index.html', '/about/index.html', '/old.html', '/new.html', '/moved.html']

/** What a reader that has the newest release finds. */
function expected(shop: Workshop): Record<string, string | null> {
  const files = shop.onDisk()
  return Object.fromEntries(PATHS.map((path) => [path, files[path.slice(1)] ?? null]))
}

/** Reads until everything is as the newest release has it. */
async function untilRead(reader: RunningReader, shop: Workshop): Promise<Seen> {
  let seen: Seen | null = null
  const read = async () => (seen = await reader.read(PATHS)).files
  await expect.poll(read, { timeout: 60_000 }).toEqual(expected(shop))
  return seen as unknown as Seen
}

async function siteOn(
  openSeed: (bootstrap: Address[], publisher: string) => Promise<{ key: string }>
): Promise<{ author: Workshop; bootstrap: Address[] }> {
  const bootstrap = await localDht()
  const author = new Workshop(SITE)
  await author.publish()
  const secret = Buffer.from(readFileSync(author.paths.secret, 'utf8').trim(), 'hex')
  const seed = await openSeed(bootstrap, deriveKeys(secret).publisherKey)
  const project = readProject(author.projectDir, parseKey)
  if (project) writeProject(author.projectDir, { ...project, seeds: [seed.key] })
  author.write({ 'index.html': 'two' })
  expect(await author.publish({ bootstrap })).toMatchObject({
    release: 2,
    fork: 0,
    seeds: [{ confirmed: true }]
  })
  return { author, bootstrap }
}

/** Another machine of the author's: the project with the secret in its environment, and an empty store. */
function freshMachine(author: Workshop): Workshop {
  const other = new Workshop(author.onDisk())
  cpSync(projectFile(author.projectDir), projectFile(other.projectDir))
  other.env['SITEDRIVE_SECRET'] = readFileSync(author.paths.secret, 'utf8').trim()
  return other
}

/** Publishes from another machine, which moves the drive to a higher fork. */
async function publishElsewhere(author: Workshop, bootstrap: Address[], release: number): Promise<Workshop> {
  const other = freshMachine(author)
  other.write({ 'index.html': `release ${release}`, 'new.html': `new in ${release}`, 'moved.html': 'about' })
  other.remove('old.html')
  const outcome = await other.publish({ bootstrap })
  expect(outcome).toMatchObject({ release, seeds: [{ confirmed: true }] })
  expect(outcome.fork).toBeGreaterThan(2 ** 50)
  return other
}

describe.each([
  ['a sitedrive seed', (bootstrap: Address[]) => ownSeed(bootstrap)],
  ['an unmodified blind peer', (bootstrap: Address[], key: string) => vanillaSeed(bootstrap, [key])]
])('through %s', { tags: 'long' }, (_name, openSeed) => {
  test(
    'readers that never heard of sitedrive follow a drive that another machine moved to a higher fork',
    { timeout: 180_000 },
    async () => {
      const { author, bootstrap } = await siteOn(openSeed)
      const readers = await Promise.all(
        Object.keys(READERS).map((name) => startReader(name, author.key, bootstrap))
      )
      for (const reader of readers) expect(await untilRead(reader, author)).toMatchObject({ fork: 0 })

      const other = await publishElsewhere(author, bootstrap, 3)
      const seen = await Promise.all(readers.map((reader) => untilRead(reader, other)))
      expect(seen.map(({ conflicts }) => conflicts)).toEqual([0, 0])
      for (const { fork } of seen) expect(fork).toBeGreaterThan(2 ** 50)
    }
  )
})

test.each(Object.keys(READERS))(
  '%s that was away meanwhile follows it too, with what it had kept of the lower fork',
  { tags: 'long', timeout: 180_000 },
  async (name) => {
    const { author, bootstrap } = await siteOn((bootstrap) => ownSeed(bootstrap))
    const before = await startReader(name, author.key, bootstrap)
    await untilRead(before, author)
    await before.stop()

    const other = await publishElsewhere(author, bootstrap, 3)
    const after = await startReader(name, author.key, bootstrap)
    expect(await untilRead(after, other)).toMatchObject({ conflicts: 0 })
  }
)
