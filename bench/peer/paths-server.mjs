// One contestant of paths.mjs, a process of its own. Arguments: its name, the folder with the site's files, a folder of its own, and
// what the peer needs as JSON. Prints its port, the Host header to use and its processes; ends when its standard input does.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { openLocalDht } from '@sitedrive/core/drive'
import { openPeer } from '@sitedrive/peer'
import Corestore from 'corestore'
import Hyperdrive from 'hyperdrive'
import ServeDrive from 'serve-drive'
import sirv from 'sirv'

const [name, dir, ownDir, site] = process.argv.slice(2)

const contestants = {
  async sitedrive() {
    const { key, publisherKey, peerDir } = JSON.parse(site)
    const { bootstrap } = await openLocalDht()
    const peer = await openPeer({ dir: peerDir, bootstrap, trust: new Map([[publisherKey, null]]) })
    return { port: peer.port, host: `${key}.localhost`, pids: [process.pid] }
  },
  async sirv() {
    const server = createServer(sirv(dir, { etag: true }))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return { port: server.address().port, host: 'localhost', pids: [process.pid] }
  },
  async 'serve-drive'() {
    const drive = new Hyperdrive(new Corestore(path.join(ownDir, 'store')))
    await drive.ready()
    const batch = drive.batch()
    for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
      const file = path.join(entry.parentPath, entry.name)
      if (entry.isFile()) await batch.put(`/${path.relative(dir, file)}`, readFileSync(file))
    }
    await batch.flush()
    const server = new ServeDrive({ host: '127.0.0.1', port: 0, token: false, get: () => drive })
    await server.ready()
    // It knows no index pages.
    return { port: server.address().port, host: 'localhost', pids: [process.pid], index: 'index.html' }
  },
  async nginx() {
    const port = await freePort()
    const pid = path.join(ownDir, 'pid')
    const config = `
      daemon off; worker_processes 1; pid ${pid}; error_log stderr crit; user ${process.env.USER ?? 'root'};
      events {}
      http {
        access_log off; types { text/html html; }
        client_body_temp_path ${ownDir}; proxy_temp_path ${ownDir}; fastcgi_temp_path ${ownDir};
        uwsgi_temp_path ${ownDir}; scgi_temp_path ${ownDir};
        keepalive_requests 1000000;
        server { listen 127.0.0.1:${port}; root ${dir}; error_page 404 /404.html; }
      }`
    writeFileSync(path.join(ownDir, 'nginx.conf'), config)
    const nginx = spawn('nginx', ['-c', path.join(ownDir, 'nginx.conf'), '-p', ownDir], { stdio: 'inherit' })
    process.on('exit', () => nginx.kill())
    while (!(await answers(port))) await pause(20)
    const children = readFileSync(`/proc/${nginx.pid}/task/${nginx.pid}/children`, 'utf8')
    return { port, host: 'localhost', pids: children.trim().split(' ').map(Number) }
  }
}

mkdirSync(ownDir, { recursive: true })
console.log(JSON.stringify(await contestants[name]()))
process.stdin.resume()
await once(process.stdin, 'end')
process.exit()

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  return port
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true))
    socket.on('error', () => resolve(false)).on('connect', () => socket.destroy())
  })
}
