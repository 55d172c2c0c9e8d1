// One machine of a bench, a process of its own. Does the jobs that it is sent, one after the other.
import { rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createPublisher, initProject, readProject, showKey, sitePaths } from '@sitedrive/core'
import { writeProject } from '@sitedrive/core/internal'
import { Network, decodeKey, parseKey, share } from '@sitedrive/core/drive'
import { openPeer } from '@sitedrive/peer'
import Corestore from 'corestore'
import Hyperdrive from 'hyperdrive'
import { page } from '../publish/site.mjs'

let peer = null
let online = null
let reader = null

const jobs = {
  /** Makes the key of a site. @returns it, and the key for which a peer keeps the site */
  async init({ projectDir, home }) {
    const place = { projectDir, env: { SITEDRIVE_HOME: home } }
    const { project } = await initProject(place)
    return { key: project.key, publisherKeys: [(await showKey(place)).publisherKey] }
  },

  /** Publishes a folder, or hands what was published to seeds. @returns when each step began and how long all took */
  async publish({ projectDir, home, bootstrap, dir, seeds, edit, isSync = false }) {
    if (edit !== undefined) writeFileSync(path.join(dir, edit.path), page(7, 8000, edit.words))
    writeProject(projectDir, { ...readProject(projectDir, parseKey), seeds })
    const beganAt = {}
    const startedAt = performance.now()
    const publisher = createPublisher({
      projectDir,
      env: { SITEDRIVE_HOME: home },
      bootstrap,
      checks: 'off', // a release is out before they have ended; what is measured is its way
      onProgress: ({ phase }) => (beganAt[phase] ??= performance.now() - startedAt)
    })
    const outcome = isSync ? await publisher.sync() : await publisher.publish(dir)
    const ms = performance.now() - startedAt
    const endedAt = moment()
    await publisher.close()
    const [receipt] = outcome.seeds
    if (seeds.length > 0 && !receipt?.confirmed)
      throw new Error(`not confirmed: ${JSON.stringify(outcome.notes)}`)
    return { ms, endedAt, confirmedMs: receipt?.ms ?? null, beganAt }
  },

  /** Keeps a published site online, as any peer that has it does. */
  async share({ home, key, bootstrap }) {
    online = await share(sitePaths(home, key).store, key, bootstrap)
  },

  async unshare() {
    await online.close()
  },

  /** Runs a seed with its mirror. */
  async peer({ dir, bootstrap, publisherKeys, tls }) {
    const trust = new Map(publisherKeys.map((key) => [key, null]))
    peer = await openPeer({ dir, bootstrap, trust, ...(tls && { tls }) })
    return { key: peer.key, port: peer.port }
  },

  async peerState({ key }) {
    return peer.status().sites.find((site) => site.key === key)?.state ?? null
  },

  async whenComplete({ key }) {
    while ((await jobs.peerState({ key })) !== 'complete') await pause(20)
  },

  async stopPeer() {
    await peer.close()
  },

  /** Follows a drive with what Hyperdrive offers for that. */
  async read({ key, dir, bootstrap }) {
    const store = new Corestore(dir)
    const drive = new Hyperdrive(store.session(), decodeKey(key))
    await drive.ready()
    const network = Network.open({ bootstrap })
    network.serve({ replicate: (connection) => drive.replicate(connection) })
    await network.join(key, { announce: false, find: true })
    reader = { store, drive, network }
  },

  /** @returns when the followed drive first had this file as it is to be */
  async readUntil({ file, text }) {
    const wanted = Buffer.from(text)
    while (!(await reader.drive.get(file))?.equals(wanted)) await pause(1)
    return moment()
  },

  async stopReading() {
    await reader.network.close()
    await reader.store.close()
  },

  /** Copies a whole drive with what Hyperdrive offers for that. */
  async download({ key, dir, bootstrap }) {
    const store = new Corestore(dir)
    const drive = new Hyperdrive(store.session(), decodeKey(key))
    await drive.ready()
    const network = Network.open({ bootstrap })
    const startedAt = performance.now()
    network.serve({ replicate: (connection) => drive.replicate(connection) })
    void network.join(key, { announce: false, find: true })
    while (drive.core.length === 0) await once(drive.core, 'append')
    const metMs = performance.now() - startedAt
    await drive.download('/').done()
    const ms = performance.now() - startedAt
    const blobs = (await drive.getBlobs()).core
    const isWhole = (await blobs.has(0, blobs.length)) && (await drive.core.has(0, drive.core.length))
    await network.close()
    await store.close()
    rmSync(dir, { recursive: true, force: true })
    if (!isWhole) throw new Error('the plain reader does not hold every block')
    return { ms, metMs }
  }
}

/** Now, on a clock that the machines of a bench have in common. Milliseconds. */
function moment() {
  return performance.timeOrigin + performance.now()
}

process.on('message', ({ job, options }) => {
  jobs[job](options).then(
    (result) => process.send({ result: result ?? null }),
    (error) => process.send({ error: error.stack })
  )
})
process.on('disconnect', () => process.exit())
