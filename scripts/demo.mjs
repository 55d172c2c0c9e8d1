// `npm run demo`: a private DHT, a peer in another process, a real build of an example, and its site over the network.
//   --once            proves itself, byte for byte, and ends
//   --example <name>  a folder of examples/ (default eleventy-blog)
import { spawn, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import http from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { root, setup } from './setup.mjs'

const { values: options } = parseArgs({
  options: {
    once: { type: 'boolean', default: false },
    example: { type: 'string', default: 'eleventy-blog' }
  }
})
const examples = {
  'eleventy-blog': { build: ['npx', ['@11ty/eleventy']], output: '_site' },
  'vite-site': { build: ['npx', ['vite', 'build']], output: 'dist' },
  'jekyll-blog': { build: ['npx', ['jekyll-bridge', 'build']], output: '_site' }
}
const example = examples[options.example]
if (!example) {
  console.error(`There is no example \`${options.example}\`; there is ${Object.keys(examples).join(', ')}.`)
  process.exit(2)
}

setup()
if (options.example === 'jekyll-blog') await requireJekyll()
const work = mkdtempSync(path.join(os.tmpdir(), 'sitedrive-demo-'))
const closing = []
const cli = path.join(root, 'packages/cli/bin/sitedrive.js')
let isEnding = false
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void end(0))

try {
  const project = copyExample(options.example)
  const home = path.join(work, 'author')
  const env = {
    ...process.env,
    SITEDRIVE_HOME: home,
    CI: '',
    SITEDRIVE_SECRET: '',
    SITEDRIVE_PUBLISH: '1',
    SITEDRIVE_BOOTSTRAP: ''
  }

  console.log('\nA peer in another process, with a private DHT on this machine …')
  const peer = await startPeer(env)
  console.log(`  ${peer.url}\n`)
  run(process.execPath, [cli, 'init', '--seed', peer.key, '--project', project, '--json'], {
    env,
    stdio: 'ignore'
  })

  console.log(`Building examples/${options.example}; its build publishes it …\n`)
  const [command, args] = example.build
  run(command, args, { cwd: project, env, stdio: ['ignore', 'inherit', 'inherit'] })

  const { readProject } = await import('../packages/core/bundle/index.js')
  const { key } = readProject(project, (text) => text)
  const { port } = new URL(peer.url)
  const address = `http://${key}.localhost:${port}/`
  await shown(key, port)
  if (options.once) {
    const count = await proveEqual(path.join(project, example.output), key, port)
    console.log(`\nAll ${count} files came back from the peer over HTTP, byte for byte.`)
    await end(0)
  }
  console.log(
    `\nThe site, as the peer fetched it from the drive:\n\n  hyper://${key}/\n  ${address}\n\nCtrl-C ends it.`
  )
} catch (error) {
  console.error(`The demo failed: ${error.message}`)
  await end(1)
}

/** The example in a folder of its own, so that the demo's key stays out of the checkout. */
function copyExample(name) {
  const source = path.join(root, 'examples', name)
  const project = path.join(work, name)
  const skip = ['node_modules', '.jekyll-cache', example.output, 'sitedrive.json'].map((entry) =>
    path.join(source, entry)
  )
  cpSync(source, project, { recursive: true, filter: (file) => !skip.includes(file) })
  symlinkSync(path.join(source, 'node_modules'), path.join(project, 'node_modules'))
  return project
}

/** What npm cannot bring. The bridge knows how it comes onto this system. */
async function requireJekyll() {
  const { findJekyll } = await import('../packages/jekyll-bridge/dist/find-jekyll.js')
  try {
    findJekyll(path.join(root, 'examples/jekyll-blog'), process.env)
  } catch (error) {
    console.error(error.message)
    process.exit(1)
  }
}

function run(command, args, how) {
  const { status } = spawnSync(command, args, how)
  if (status !== 0) throw new Error(`\`${[command, ...args].join(' ')}\` ended with ${status}`)
}

/** The peer that users run. @returns what it prints when it is ready */
async function startPeer(env) {
  const child = spawn(process.execPath, [cli, 'peer', '--local', '--json'], {
    env,
    stdio: ['ignore', 'pipe', 'ignore']
  })
  const closed = new Promise((resolve) => {
    child.once('close', resolve)
  })
  closing.push(() => {
    child.kill('SIGTERM')
    return closed
  })
  return new Promise((resolve, reject) => {
    child.stdout.setEncoding('utf8').once('data', (line) => resolve(JSON.parse(line)))
    child.once('close', (code) => reject(new Error(`the peer ended with ${code}`)))
  })
}

/** Waits until the peer shows the site: it holds it when the publish has ended, and opens it a moment later. */
async function shown(key, port) {
  const deadline = Date.now() + 20_000
  while ((await get('/', key, port)).status !== 200) {
    if (Date.now() > deadline) throw new Error('the peer does not show the site within 20 s')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Fetches every file of the build over HTTP. @returns how many there were */
async function proveEqual(dir, key, port) {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile())
    .map((item) => path.relative(dir, path.join(item.parentPath, item.name)))
  for (const file of files) {
    const urls = [`/${file.split(path.sep).map(encodeURIComponent).join('/')}`]
    if (path.basename(file) === 'index.html') urls.push(urls[0].slice(0, -'index.html'.length))
    for (const url of urls) {
      const { status, body } = await get(url, key, port)
      if (status !== 200) throw new Error(`GET ${url} answered ${status}`)
      if (!body.equals(readFileSync(path.join(dir, file))))
        throw new Error(`GET ${url} is not what the build wrote`)
    }
  }
  const { status, body } = await get('/no/such/page', key, port)
  const notFound = path.join(dir, '404.html')
  if (status !== 404 || (existsSync(notFound) && !body.equals(readFileSync(notFound)))) {
    throw new Error("a missing page is not answered with the site's own 404.html")
  }
  return files.length
}

// Node does not resolve names under .localhost, so the name goes into the Host header.
function get(url, key, port) {
  return new Promise((resolve, reject) => {
    const headers = { host: `${key}.localhost:${port}` }
    const request = http.get({ host: '127.0.0.1', port, path: url, headers, timeout: 20_000 }, (response) => {
      const chunks = []
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('end', () => resolve({ status: response.statusCode, body: Buffer.concat(chunks) }))
      response.on('error', reject)
    })
    request.on('timeout', () => request.destroy(new Error(`GET ${url} was not answered within 20 s`)))
    request.on('error', reject)
  })
}

async function end(code) {
  if (isEnding) return
  isEnding = true
  for (const close of closing.toReversed()) await close()
  rmSync(work, { recursive: true, force: true })
  process.exit(code)
}
