import { openPackedRegistry, type PackedRegistry } from '@sitedrive/testing'
import { afterAll, beforeAll } from 'vitest'
import { makeInternet, type Internet } from './newcomer.js'

/** Serves the packed packages for the tests of a file. @returns what the running test has of them, in an npm cache of its own */
export function withInternet(): () => Internet {
  let registry: PackedRegistry | null = null
  beforeAll(async () => {
    registry = await openPackedRegistry()
  }, 300_000)
  afterAll(() => registry?.close())
  return () => {
    if (!registry) throw new Error('the registry is not open')
    return makeInternet(registry.url)
  }
}
