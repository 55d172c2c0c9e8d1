import { expect, onTestFinished, test } from 'vitest'
import { deriveKeys } from '../src/holepunch/key-pairs.js'
import type { IndexOp } from '../src/holepunch/index-op.js'
import { openSiteWriter } from '../src/holepunch/site-store.js'
import { tempDir } from './support/workshop.js'

async function emptySite() {
  const writer = await openSiteWriter(tempDir(), deriveKeys(Buffer.alloc(32, 7)))
  onTestFinished(() => writer.close())
  return writer
}

function added(path: string): IndexOp {
  return { path, blob: null, metadata: path }
}

function removed(path: string): IndexOp {
  return { path, blob: null }
}

test('a removed file is not found by its path, although the tree has nodes that were written with it', async () => {
  const writer = await emptySite()
  for (const n of [10, 20, 30, 40, 50, 60, 70, 80]) await writer.flush([added(`/${n}.html`)])
  await writer.flush([added('/45.html')]) // divides the only node, comes to stand above its halves, and writes them
  await writer.flush([added('/35.html')]) // writes the left half anew
  // The way to it leads into the right half now. The root is written for another file.
  await writer.flush([removed('/45.html'), added('/36.html')])
  expect(await writer.entry('/45.html')).toBe(null)
  expect(await writer.entry('/50.html')).not.toBe(null)
})

test('of files that come and go, only those are found that are there', async () => {
  const writer = await emptySite()
  const there = new Set<string>()
  const gone = new Set<string>()
  let random = 7
  const next = (below: number) => (random = (random * 48_271) % 2_147_483_647) % below
  for (let step = 0; step < 300; step++) {
    const ops: IndexOp[] = []
    for (let n = 0; n <= next(4); n++) {
      const path = `/page-${next(90)}.html`
      if (ops.some((op) => op.path === path)) continue
      if (there.delete(path)) {
        ops.push(removed(path))
        gone.add(path)
      } else {
        ops.push(added(path))
        there.add(path)
        gone.delete(path)
      }
    }
    await writer.flush([...ops, added(`/status-${step % 2}.html`)])
    for (const path of gone) expect(await writer.entry(path), `${path} in step ${step}`).toBe(null)
  }
  const listed: string[] = []
  for await (const { path } of writer.entries()) listed.push(path)
  expect(listed.filter((path) => path.startsWith('/page-'))).toEqual([...there].toSorted())
})
