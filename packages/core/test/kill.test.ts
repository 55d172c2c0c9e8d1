import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { expect, test } from 'vitest'
import { Reader } from './support/reader.js'
import { until, Workshop } from './support/workshop.js'

const KILLS = process.env['SITEDRIVE_LONG'] ? 50 : 10
const script = path.join(import.meta.dirname, '../dist-test/test/support/publish-in-child.js')

test(
  `${KILLS} publishes killed at random moments leave a store that opens, readers that see whole releases, and a next publish that works`,
  { timeout: 180_000 },
  async () => {
    const shop = new Workshop(pages('start'))
    await shop.publish()
    const reader = await Reader.open(shop.key)
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

      for (const seen of [marksIn(await shop.published()), marksIn(await reader.files())]) {
        expect(seen.size, `one release, not a mixture: ${[...seen].join(', ')}`).toBeLessThanOrEqual(1)
        for (const mark of seen) expect(complete).toContain(mark)
      }
    }
    shop.write(pages('end'))
    const last = publishInChild(shop, reader.port)
    await until(async () => marksIn(await reader.files()).has('end'))
    expect(await last.end()).toContain('published')
    expect(marksIn(await shop.published())).toEqual(new Set(['end']))
    expect(reader.conflicts).toBe(0)
    expect(midway, 'kills between the first append and the end of the flush').toBeGreaterThanOrEqual(
      KILLS * 0.3
    )
  }
)

/** A site of which every page carries the same mark, so that a mixture of two releases shows. */
function pages(mark: string): Record<string, string> {
  const files: Record<string, string> = {}
  for (let n = 0; n < 400; n++) files[`${n}.html`] = `${mark}|${n}|${'x'.repeat(6000)}`
  return files
}

function marksIn(files: Record<string, string>): Set<string> {
  return new Set(Object.values(files).map((page) => page.slice(0, page.indexOf('|'))))
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
