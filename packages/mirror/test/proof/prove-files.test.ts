import { hash } from 'node:crypto'
import { SitedriveError } from '@sitedrive/core'
import type { BlobPointer, DriveEntry } from '@sitedrive/core/drive'
import { expect, test } from 'vitest'
import { proveFiles, type Proving } from '../../src/proof/prove-files.js'

const blob = { blockOffset: 0, blockLength: 1, byteOffset: 0, byteLength: 4 }
const file = (path: string, bytes: string, at: BlobPointer = blob): DriveEntry => ({
  path,
  seq: 1,
  blob: at,
  metadata: { hash: hash('sha256', bytes, 'base64url') }
})

function proving(over: Partial<Proving> = {}): { remembered: BlobPointer[]; options: Proving } {
  const remembered: BlobPointer[] = []
  const proved = { moves: 0, has: () => false, add: (each: BlobPointer) => void remembered.push(each) }
  const drive = {
    async *blocks() {
      yield Buffer.from('text')
    }
  }
  const isHeld = async () => true
  return { remembered, options: { drive, blobsLength: 9, budgetBytes: 1e6, proved, isHeld, ...over } }
}

const notHeld = {
  // eslint-disable-next-line require-yield
  async *blocks(): AsyncGenerator<Buffer> {
    throw new SitedriveError('NOT_HELD', 'not here')
  }
}

test('files are told apart by their hashes; those without one are passed over', async () => {
  const { remembered, options } = proving()
  const vanilla = { ...file('/vanilla', ''), metadata: null }
  const link = { ...file('/link', ''), blob: null }
  const far = file('/far', 'text', { ...blob, blockOffset: 9 })
  const found = await proveFiles(
    [file('/right', 'text'), file('/wrong', 'else'), vanilla, link, far],
    options
  )
  expect(found).toEqual({
    damaged: [
      { path: '/far', why: 'the index says that its bytes are where none can be' },
      { path: '/wrong', why: 'its bytes are not those that were signed' }
    ],
    usedBlobs: 1
  })
  expect(remembered).toEqual([blob])
})

test('bytes that cannot be read are an error, and no damage', async () => {
  const { options } = proving({ drive: notHeld, isHeld: async () => false })
  await expect(proveFiles([file('/a', 'text')], options)).rejects.toMatchObject({ code: 'NOT_HELD' })
})

test('an index that promises more bytes than its blocks have is wrong, for all of them are here', async () => {
  const { options } = proving({ drive: notHeld })
  expect((await proveFiles([file('/a', 'text')], options)).damaged).toMatchObject([{ path: '/a' }])
})

test('what was read while the core moved to another fork is not remembered', async () => {
  const { remembered, options } = proving()
  const proved = { ...options.proved, moves: 0 }
  const drive = {
    async *blocks() {
      proved.moves++
      yield Buffer.from('text')
    }
  }
  expect((await proveFiles([file('/a', 'text')], { ...options, proved, drive })).damaged).toEqual([])
  expect(remembered).toEqual([])
})

test('it ends when it is told to', async () => {
  const { options } = proving({ signal: AbortSignal.abort(new Error('enough')) })
  await expect(proveFiles([file('/a', 'text')], options)).rejects.toThrow('enough')
})
