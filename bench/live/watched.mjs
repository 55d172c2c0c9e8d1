// The author's machine with a tool that signals nothing: `sitedrive watch` shows what it writes into a folder.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { now, page } from './site.mjs'

const [root, pages, bootstrap] = process.argv.slice(2)
const project = path.join(root, 'project')
const dir = path.join(project, 'dist')
mkdirSync(dir, { recursive: true })
for (let n = 0; n < Number(pages); n++) writeFileSync(path.join(dir, `page-${n}.html`), page(n, 'first'))
writeFileSync(path.join(dir, 'index.html'), page('index', 'first'))

const cli = fileURLToPath(new URL('../node_modules/sitedrive/bin/sitedrive.js', import.meta.url))
const watch = spawn(process.execPath, [cli, '--json', 'watch', 'dist'], {
  cwd: project,
  env: { ...process.env, SITEDRIVE_HOME: path.join(root, 'home'), SITEDRIVE_BOOTSTRAP: bootstrap, CI: '' },
  stdio: ['ignore', 'pipe', 'ignore']
})
const [line] = await once(watch.stdout.setEncoding('utf8'), 'data')
const { link, url } = JSON.parse(line)
process.send({ kind: 'ready', link, url })

process.on('message', ({ text }) => {
  writeFileSync(path.join(dir, 'index.html'), page('index', text))
  const writtenAt = now()
  process.send({ kind: 'written', text, writtenAt, updatedAt: writtenAt, cpuMs: 0 })
})
process.on('disconnect', () => {
  watch.once('close', () => process.exit())
  watch.kill()
})
