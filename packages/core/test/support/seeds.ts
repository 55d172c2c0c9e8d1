import { randomBytes } from 'node:crypto'
import BlindPeer from 'blind-peer'
import { onTestFinished } from 'vitest'
import type { Address } from '../../src/holepunch/bootstrap.js'
import { openFollower, type FollowedDrive } from '../../src/holepunch/follower.js'
import { decodeKey, encodeKey } from '../../src/holepunch/site-key.js'
import { Network, openLocalDht } from '../../src/holepunch/network.js'
import { SeedHost, type Admission } from '../../src/holepunch/seed-host.js'
import { isReserved } from '../../src/holepunch/reserved-paths.js'
import { makeLiable, type InnerCore } from './lying-core.js'
import { tempDir, until } from './workshop.js'

/** A DHT on loopback for one test. */
export async function localDht(): Promise<Address[]> {
  const dht = await openLocalDht()
  onTestFinished(() => dht.close())
  return dht.bootstrap
}

export interface TestSeed {
  key: string
  close(): Promise<void>
}

/** An unmodified blind peer that trusts these publishers. */
export async function vanillaSeed(
  bootstrap: Address[],
  trusted: string[],
  dir = tempDir()
): Promise<TestSeed> {
  const peer = new BlindPeer(dir, { bootstrap, trustedPubKeys: trusted.map((key) => decodeKey(key)) })
  await peer.listen()
  let isClosed = false
  const close = async () => {
    if (!isClosed) await peer.close()
    isClosed = true
  }
  onTestFinished(close)
  return { key: encodeKey(peer.publicKey), close }
}

/** A sitedrive seed that keeps everything, but for what `over` says. */
export async function ownSeed(
  bootstrap: Address[],
  over: Partial<Admission> = {},
  at: { dir: string; secret: Buffer } = { dir: tempDir(), secret: randomBytes(32) }
): Promise<TestSeed & { host: SeedHost }> {
  const sites = new Set<string>()
  const admission: Admission = {
    introduced: (_publisher, { site }) => void sites.add(site),
    isSite: (key) => sites.has(key),
    admits: (_publisher, { key }) => {
      setImmediate(() => host.announce(key))
      return true
    },
    allows: () => true,
    changed: () => {},
    withheld: () => [],
    ...over
  }
  const host: SeedHost = await SeedHost.open({ ...at, bootstrap, admission })
  let isClosed = false
  const close = async () => {
    if (!isClosed) await host.close()
    isClosed = true
  }
  onTestFinished(close)
  return { key: host.key, host, close }
}

/** A sitedrive seed that fetches nothing, says that it has every block, and hands out none. */
export async function hollowSeed(bootstrap: Address[]): Promise<TestSeed> {
  const seed = await ownSeed(bootstrap, { allows: () => false })
  const { store } = seed.host as unknown as {
    store: { watch(listener: (core: InnerCore) => void): void }
  }
  store.watch((core) => makeLiable(core, () => ({ isHollow: true })))
  return seed
}

/** What somebody who has only the link gets from the network. */
export async function readFromNetwork(
  bootstrap: Address[],
  key: string,
  release?: number
): Promise<Record<string, string>> {
  const drive = await openFollower(tempDir(), key)
  const network = Network.open({ bootstrap })
  try {
    network.serve(drive)
    await network.join(key, { announce: false, find: true })
    let files: Record<string, string> | null = null
    await until(async () => {
      files = drive.version > 0 ? await filesOf(drive, release) : null
      return files !== null
    })
    return files ?? {}
  } finally {
    await network.close()
    await drive.close()
  }
}

/** @returns null when the newest state does not arrive, or is another release */
async function filesOf(
  drive: FollowedDrive,
  release: number | undefined
): Promise<Record<string, string> | null> {
  const state = await drive.pull(AbortSignal.timeout(2_000)).catch(() => null)
  if (!state) return null
  const snapshot = drive.at(state.version)
  try {
    const record = await snapshot.entry('/.well-known/sitedrive.json')
    // Version 1 is the drive's own header: nothing is published there yet.
    if (!record) return null
    if (release !== undefined && (record.metadata as { release: number }).release !== release) return null
    const files: Record<string, string> = {}
    for await (const { path, blob } of snapshot.entries()) {
      if (blob && !isReserved(path)) files[path.slice(1)] = (await snapshot.read(blob)).toString('latin1')
    }
    return files
  } finally {
    await snapshot.close()
  }
}
