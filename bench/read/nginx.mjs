// nginx in front of a folder, with a page that links to all pages of it, where nginx is installed.
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

/** @returns null where there is no nginx or no wget */
export async function startNginx(site, ownDir) {
  if (spawnSync('nginx', ['-v']).status !== 0 || spawnSync('wget', ['--version']).status !== 0) return null
  mkdirSync(ownDir)
  const links = readdirSync(site, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('index.html'))
    .map((name) => `<a href="/${name}">${name}</a>`)
  writeFileSync(path.join(ownDir, 'list.html'), links.join('\n'))
  const port = await freePort()
  writeFileSync(
    path.join(ownDir, 'nginx.conf'),
    `${process.getuid() === 0 ? 'user root; ' : ''}daemon off; worker_processes 1; pid ${ownDir}/pid; error_log ${ownDir}/error.log;
events {}
http {
  access_log off; default_type text/html; sendfile on;
  client_body_temp_path ${ownDir}/body; proxy_temp_path ${ownDir}/proxy; fastcgi_temp_path ${ownDir}/fcgi;
  uwsgi_temp_path ${ownDir}/uwsgi; scgi_temp_path ${ownDir}/scgi;
  server { listen 127.0.0.1:${port}; root ${site}; location = /list.html { root ${ownDir}; } }
}
`
  )
  const child = spawn('nginx', ['-c', path.join(ownDir, 'nginx.conf'), '-p', ownDir], { stdio: 'ignore' })
  const url = `http://127.0.0.1:${port}/`
  for (let tries = 0; tries < 100; tries++) {
    if (
      await fetch(url + 'list.html').then(
        ({ ok }) => ok,
        () => false
      )
    )
      return { child, url }
    await pause(50)
  }
  throw new Error('nginx does not answer')
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}
