import path from 'node:path'
import { encodeKey, openFollower } from '@sitedrive/core/drive'
import { expect, test } from 'vitest'
import { tempDir } from '../../mirror/test/support/folders.js'
import { follow, localNetwork } from '../../mirror/test/support/local-network.js'
import { PinningClient } from './support/pinning-client.js'
import { until } from '../../mirror/test/support/until.js'

test('a follower neither opens nor fetches a core of somebody else that an index names as its own', async () => {
  const client = await PinningClient.open()
  const victim = await client.core('victim')
  await victim.append(Buffer.from('secret'))
  const drive = await client.stolenDrive(encodeKey(victim.key))
  const network = await localNetwork()
  network.serve({ replicate: (connection) => client.store.replicate(connection) })
  await network.join(encodeKey(drive.key), { announce: true, find: false })

  const dir = tempDir()
  const site = await follow(encodeKey(drive.key), { dir })
  await until('the refusal', () => site.problem !== null)
  expect(site.problem).toMatchObject({ code: 'DRIVE_CORRUPT' })
  expect(site.problem?.message).toContain(encodeKey(victim.key))
  expect(site.state).toBeNull()
  expect(victim.peers).toEqual([])

  await site.close()
  await expect(openFollower(path.join(dir, 'drive'), encodeKey(drive.key))).rejects.toMatchObject({
    code: 'DRIVE_CORRUPT'
  })
})

test('a drive of another writer, whose files are its own, is followed', async () => {
  const client = await PinningClient.open()
  const drive = await client.drive()
  await drive.put('/index.html', 'mine')
  const network = await localNetwork()
  network.serve({ replicate: (connection) => client.store.replicate(connection) })
  await network.join(encodeKey(drive.key), { announce: true, find: false })
  const site = await follow(encodeKey(drive.key))
  expect(await site.ready(10_000)).toBe(true)
})
