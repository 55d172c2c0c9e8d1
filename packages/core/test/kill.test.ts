import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openFollower } from '../src/holepunch/follower.js'
import { isReserved } from '../src/reserved.js'
import { until, tempDir, Workshop } from './support/workshop.js'

const KILLS = 50
const script = path.join(import.meta.dirname, '../dist-test/test/support/publish-in-child.js')

test(
  `${KILLS} publishes killed at random moments leave a store that opens, readers that see whole releases, and a next publish that works`,
  { timeout: 180_000 },
  async () => {
    const shop = new Workshop(pages('start'))
    await shop.publish()
    const reader = await replicatingReader(shop.key)
    const complete = new Set(['start'])
    let midway = 0

    for (let kill = 0; kill < KILLS; kill++) {
      const mark = `kill ${kill}`
      shop.write(pages(mark))
      const child = publishInChild(shop, reader.port)
      // From the first signature on, the moments are spread over what a whole publish takes.
      const stages = await child.killAfter(Math.random() < 0.2 ? 'start' : 'open', Math.random() * 60)
      if (stages.includes('open') && !stages.includes('index')) midway++
      complete.add(mark)

      for (const seen of [await marksIn(shop), await reader.marks()]) {
        expect(seen.size, `a release is whole: ${[...seen].join(', ')}`).toBe(1)
        expect(complete).toContain([...seen][0])
      }
    }
    shop.write(pages('end'))
    const last = publishInChild(shop, reader.port)
    await until(async () => (await reader.marks()).has('end'))
    expect(await last.end()).toContain('published')
    expect(await marksIn(shop)).toEqual(new Set(['end']))
    expect(reader.conflicts()).toBe(0)
    expect(midway, 'kills between the first append and the end of the flush').toBeGreaterThanOrEqual(15)
  }
)

/** A site of which every page carries the same mark, so that a mixture of two releases shows. */
function pages(mark: string): Record<string, string> {
  const files: Record<string, string> = {}
  for (let n = 0; n < 400; n++) files[`${n}.html`] = `${mark}|${n}|${'x'.repeat(6000)}`
  return files
}

async function marksIn(shop: Workshop): Promise<Set<string>> {
  return new Set(Object.values(await shop.published()).map(markOf))
}

function markOf(page: string): string {
  return page.slice(0, page.indexOf('|'))
}

function publishInChild(shop: Workshop, port: number) {
  const child = spawn(process.execPath, [script, shop.dir, shop.projectDir, String(port)], {
    env: { ...process.env, ...shop.env },
    stdio: ['pipe', 'pipe', 'inherit']
  })
  let output = ''
  const closed = once(child, 'close')
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  return {
    async killAfter(stage: 'start' | 'open', ms: number): Promise<string[]> {
      if (stage === 'open') await until(() => output.includes('open') || child.exitCode !== null)
      await new Promise((resolve) => setTimeout(resolve, ms)) // the random moment
      child.kill('SIGKILL')
      await closed
      return output.split('\n')
    },
    async end(): Promise<string[]> {
      child.stdin.end()
      await closed
      return output.split('\n')
    }
  }
}

/** A peer that copies the drive from whoever connects, all the time. */
async function replicatingReader(key: string) {
  const drive = await openFollower(tempDir(), key)
  let conflicts = 0
  drive.onConflict(() => conflicts++)
  const sockets = new Set<Socket>()
  let gone = new AbortController()
  const server = createServer((socket) => {
    sockets.add(socket)
    const here = (gone = new AbortController())
    socket.on('close', () => here.abort())
    socket.on('error', () => {})
    const stream = drive.replicate(false)
    stream.on('error', () => {})
    stream.pipe(socket).pipe(stream)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  let whole = new Set<string>(['start'])
  let pulling = Promise.resolve()
  const stop = new AbortController()
  const stopListening = drive.onChange(() => {
    pulling = pulling.then(pull)
  })
  async function pull(): Promise<void> {
    const state = await drive.pull(AbortSignal.any([stop.signal, gone.signal])).catch(() => null)
    if (!state) return // its writer was killed before it had sent everything
    const snapshot = drive.at(state.version)
    const marks = new Set<string>()
    for await (const { path, blob } of snapshot.entries()) {
      if (blob && !isReserved(path)) marks.add(markOf((await snapshot.read(blob)).toString()))
    }
    await snapshot.close()
    whole = marks.size > 0 ? marks : whole
  }
  onTestFinished(async () => {
    stop.abort()
    stopListening()
    await pulling
    for (const socket of sockets) socket.destroy()
    server.close()
    await drive.close()
  })
  return {
    port: (server.address() as AddressInfo).port,
    conflicts: () => conflicts,
    /** What the reader would show: the newest release that it holds whole. */
    async marks(): Promise<Set<string>> {
      await pulling
      return whole
    }
  }
}
