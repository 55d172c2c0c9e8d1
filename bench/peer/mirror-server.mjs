// One contestant, a process of its own. Arguments: its name, a folder with the files, and where its store may be.
// Prints its port and the Host header to use; ends when its standard input does.
import { readFileSync, readdirSync } from 'node:fs'
import { createServer } from 'node:http'
import { once } from 'node:events'
import path from 'node:path'
import { openSiteServer } from '@sitedrive/mirror'
import { Drive } from '@sitedrive/core/drive'
import Corestore from 'corestore'
import Hyperdrive from 'hyperdrive'
import ServeDrive from 'serve-drive'
import sirv from 'sirv'

const [name, dir, storeDir] = process.argv.slice(2)

async function filledDrive() {
  const drive = new Hyperdrive(new Corestore(storeDir))
  await drive.ready()
  for (const file of readdirSync(dir)) await drive.put(`/${file}`, readFileSync(path.join(dir, file)))
  return drive
}

const contestants = {
  async sitedrive() {
    const drive = new Drive(await filledDrive())
    const held = { ...(await drive.state()), drive: drive.at(drive.version), release() {} }
    const sites = new Map([[drive.key, { hold: () => held }]])
    const { port } = await openSiteServer({ sites })
    return { port, host: `${drive.key}.localhost` }
  },
  async sirv() {
    const server = createServer(sirv(dir, { etag: true }))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return { port: server.address().port, host: 'localhost' }
  },
  async 'serve-drive'() {
    const drive = await filledDrive()
    const server = new ServeDrive({ host: '127.0.0.1', port: 0, token: false, get: () => drive })
    await server.ready()
    return { port: server.address().port, host: 'localhost' }
  }
}

console.log(JSON.stringify(await contestants[name]()))
process.stdin.resume()
await once(process.stdin, 'end')
process.exit()
