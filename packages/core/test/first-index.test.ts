import Corestore from 'corestore'
import Hyperdrive from 'hyperdrive'
import { expect, onTestFinished, test } from 'vitest'
import { firstIndex } from '../src/holepunch/first-index.js'
import type { SetEntry } from '../src/holepunch/index-op.js'
import { tempDir } from './support/workshop.js'

// One node, two, a root with the fewest and the most children, and the same one level further down.
const SIZES = [1, 2, 8, 9, 10, 17, 18, 79, 80, 81, 82, 100, 161, 404, 727, 728, 729, 730, 1500]

async function plainDrive(entries: readonly SetEntry[]): Promise<Hyperdrive> {
  const drive = new Hyperdrive(new Corestore(tempDir()))
  onTestFinished(() => drive.close())
  await drive.ready()
  const batch = drive.batch()
  await batch.db.getRoot(true)
  await batch.close()
  await drive.core.append([...firstIndex(entries, drive.core.length)])
  return drive
}

/** Entries in an order that is not that of their paths. */
function entriesOf(size: number): SetEntry[] {
  return Array.from({ length: size }, (_, n) => {
    const path = `/${(n * 7919) % 8191} é.html`
    const blob = { blockOffset: n, blockLength: 1, byteOffset: n * 10, byteLength: 10 }
    return { path, blob, metadata: { hash: `hash ${n}`, mtime: n } }
  })
}

function sortedPaths(paths: Iterable<string>): string[] {
  return [...paths].toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
}

async function listed(drive: Hyperdrive): Promise<string[]> {
  const paths: string[] = []
  for await (const { key } of drive.entries()) paths.push(key)
  return paths
}

/** The depth of a tree; fails where a node is not as hyperbee makes them. */
async function depthOf(node: Hyperdrive.TreeNode, isRoot = true): Promise<number> {
  const { keys, children } = node
  expect(keys.length).toBeLessThanOrEqual(8)
  expect(keys.length).toBeGreaterThanOrEqual(isRoot ? 1 : 4)
  if (children.length === 0) return 1
  expect(children.length).toBe(keys.length + 1)
  const depths = new Set<number>()
  for (const at of children.keys()) depths.add(await depthOf(await node.getChildNode(at), false))
  expect([...depths], 'all leaves are at one depth').toHaveLength(1)
  return 1 + ([...depths][0] as number)
}

test.each(SIZES)(
  'a plain hyperdrive reads all %i entries of a first index, and goes on with it',
  async (size) => {
    const entries = entriesOf(size)
    const drive = await plainDrive(entries)
    expect(await listed(drive)).toEqual(sortedPaths(entries.map(({ path }) => path)))
    for (const [n, { path, blob, metadata }] of entries.entries()) {
      const entry = await drive.entry(path)
      expect(entry).toMatchObject({
        seq: n + 1,
        value: { executable: false, linkname: null, blob, metadata }
      })
    }
    expect(await drive.entry('/none.html')).toBe(null)
    const batch = drive.batch()
    const root = (await batch.db.getRoot(false)) as Hyperdrive.TreeNode
    expect(await depthOf(root)).toBe(Math.ceil(Math.log(size + 1) / Math.log(9) - 1e-9))
    await batch.close()

    const there = new Set(entries.map(({ path }) => path))
    for (let n = 0; n < Math.min(size, 150); n++) {
      const old = entries[(n * 31) % size]?.path as string
      if (there.delete(old)) await drive.del(old)
      await drive.putEntry(`/new ${n}.html`, { blob: null, metadata: n })
      there.add(`/new ${n}.html`)
    }
    expect(await listed(drive)).toEqual(sortedPaths(there))
    const changed: string[] = []
    for await (const { left, right } of drive.diff(size + 1, '/')) changed.push((left ?? right)!.key)
    expect(changed.length).toBe(
      [...there].filter((path) => path.startsWith('/new')).length +
        size -
        [...there].filter((path) => !path.startsWith('/new')).length
    )
  }
)
