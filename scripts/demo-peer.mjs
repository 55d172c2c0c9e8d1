// The demo's peer, a process of its own. Arguments: the site's key, a folder, the DHT's nodes. Prints its port when the
// site is complete; ends when its standard input does.
import { once } from 'node:events'
import { followSite, openSiteServer } from '../packages/peer/dist/index.js'
import { Network, parseBootstrap } from '../packages/core/dist/holepunch/index.js'

const [key, dir, nodes] = process.argv.slice(2)
const DEADLINE_MS = 60_000

const network = Network.open({ bootstrap: parseBootstrap(nodes) })
const site = await followSite({ key, dir, network })
if (!(await site.ready(DEADLINE_MS))) {
  console.error(`The site was not complete here after ${DEADLINE_MS / 1000} s.`)
  process.exit(1)
}
const server = await openSiteServer({ sites: new Map([[key, site]]) })
console.log(server.port)

// Ctrl-C reaches the whole process group; the demo ends this peer in its own order.
process.on('SIGINT', () => {})
await once(process.stdin.resume(), 'end')
await server.close()
await site.close()
await network.close()
