import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { openPreview, shownBy, testDht, Viewer } from '../support/preview.js'
import { canMount, smallDisk } from '../support/small-disk.js'
import { codeOfRejection, until, Workshop } from '../support/workshop.js'

/** An author whose data directory is on a small disk of its own. */
function authorOnSmallDisk(): { author: Workshop; fill: () => void; free: () => void } {
  const { dir, ...disk } = smallDisk('40m')
  return { author: new Workshop({ 'index.html': 'one' }, path.join(dir, 'home')), ...disk }
}

const large = (seed: number) => Buffer.alloc(1_000_000, 1).map((_, at) => (at * seed * 2_654_435_761) >>> 13)

describe.skipIf(!canMount)('a preview whose disk is full', () => {
  test('says so, shows what it had, and goes on by itself when there is room again, for followers too', async () => {
    const { author, fill, free } = authorOnSmallDisk()
    const bootstrap = await testDht()
    const preview = await openPreview(author, { bootstrap })
    await preview.update(author.dir)
    const viewer = await Viewer.open(preview.link, bootstrap)
    await until(async () => (await viewer.files())['index.html'] === 'one')

    fill()
    author.write({ 'index.html': 'two', 'large.bin': large(1) })
    expect(await codeOfRejection(preview.update(author.dir))).toBe('DISK_FULL')
    author.write({ 'index.html': 'three', 'large.bin': large(3) })
    expect(await codeOfRejection(preview.update(author.dir, ['/index.html']))).toBe('DISK_FULL')
    expect(await shownBy(preview)).toEqual({ 'index.html': 'one' })

    const changed: string[] = []
    preview.onShown(({ changes }) => changed.push(...changes.map((change) => change.path)))
    author.remove('large.bin')
    free()
    await until(() => changed.includes('/index.html'))
    expect(await shownBy(preview)).toEqual({ 'index.html': 'three' })
    await until(async () => (await viewer.files())['index.html'] === 'three')

    author.write({ 'index.html': 'four' })
    await preview.update(author.dir)
    expect(await shownBy(preview)).toEqual({ 'index.html': 'four' })
  })

  test('shows a build that failed meanwhile when there is room again', async () => {
    const { author, fill, free } = authorOnSmallDisk()
    const preview = await openPreview(author)
    await preview.update(author.dir)
    fill()
    author.write({ 'large.bin': large(1) })
    expect(await codeOfRejection(preview.update(author.dir))).toBe('DISK_FULL')
    expect(await codeOfRejection(preview.failed({ message: 'no such filter' }))).toBe('DISK_FULL')
    free()
    await until(() => preview.shown?.status.failure?.message === 'no such filter')
    expect(await shownBy(preview)).toEqual({ 'index.html': 'one' })
  })

  test('can be closed, and opened again when there is room', async () => {
    const { author, fill, free } = authorOnSmallDisk()
    const preview = await openPreview(author)
    await preview.update(author.dir)
    fill()
    author.write({ 'index.html': 'two', 'large.bin': large(1) })
    expect(await codeOfRejection(preview.update(author.dir))).toBe('DISK_FULL')
    await preview.close()
    free()
    author.remove('large.bin')
    const again = await openPreview(author)
    await again.update(author.dir)
    expect(await shownBy(again)).toEqual({ 'index.html': 'two' })
  })
})
