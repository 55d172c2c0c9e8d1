// `npm run bench -- jekyll`: what the bridge adds to `jekyll build`, and how long a regeneration takes to be seen.
// BENCH_ROUNDS (default 7) builds of each kind, BENCH_EDITS (default 40) edits, BENCH_PAGES (default 2000).
import { spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { describeMachine, median, printTable, runProcess, seconds, takeTurns } from '../measure.mjs'

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 7)
const EDITS = Number(process.env.BENCH_EDITS ?? 40)
const PAGES = Number(process.env.BENCH_PAGES ?? 2_000)
const root = fileURLToPath(new URL('../..', import.meta.url))
const bridge = path.join(root, 'packages/jekyll-bridge/dist/bridge-main.js')

if (spawnSync('jekyll', ['--version']).status !== 0) {
  console.error(
    'There is no Jekyll on this machine: `sudo apt-get install jekyll ruby-jekyll-feed ruby-jekyll-seo-tag`.'
  )
  process.exit(1)
}
const work = mkdtempSync(path.join(os.tmpdir(), 'sitedrive-jekyll-'))
// Nobody is there: what is measured is this machine.
const env = { SITEDRIVE_HOME: path.join(work, 'home'), SITEDRIVE_BOOTSTRAP: '127.0.0.1:9', CI: '' }
const children = []

// Tells when Jekyll has written its last file, on the clock that browsers use.
const CLOCK = `Jekyll::Hooks.register(:site, :post_write, :priority => -999) do
  puts "WRITTEN #{Process.clock_gettime(Process::CLOCK_REALTIME, :float_millisecond)}"
end
`

try {
  console.log(`Machine: ${describeMachine()}, ${version('jekyll')}.`)
  compareBuilds()
  await edits()
  await sameBytes()
} finally {
  for (const child of children) child.kill('SIGKILL')
  rmSync(work, { recursive: true, force: true })
}
process.exit()

/** The example, nothing changed: Jekyll alone, and the bridge with the Jekyll in it. */
function compareBuilds() {
  const project = example('build')
  const inProject = (command, ...args) =>
    runProcess('sh', ['-c', `cd "$0" && exec "$@"`, project, command, ...args], {
      ...env,
      JEKYLL_ENV: 'production'
    })
  inProject(process.execPath, bridge, 'build')
  const runs = takeTurns(ROUNDS, [
    { name: 'jekyll build', run: () => inProject('jekyll', 'build') },
    { name: 'jekyll-bridge build', run: () => inProject(process.execPath, bridge, 'build') }
  ])
  const [alone, bridged] = [...runs.values()].map((each) => median(each.map(({ ms }) => ms)))
  printTable(
    `examples/jekyll-blog, nothing changed: medians of ${ROUNDS} whole processes`,
    ['', 'time'],
    [
      ['`jekyll build`', seconds(alone)],
      ['`jekyll-bridge build`', seconds(bridged)],
      ['the bridge adds', seconds(bridged - alone)]
    ]
  )
}

/** From the end of a regeneration of the example to the page in a browser on this machine. */
async function edits() {
  const project = example('serve')
  mkdirSync(path.join(project, '_plugins'), { recursive: true })
  writeFileSync(path.join(project, '_plugins/clock.rb'), CLOCK)
  const post = path.join(project, '_posts/2025-11-02-putting-in.md')
  const source = readFileSync(post, 'utf8')
  const serve = await startServe(project)
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-dev-shm-usage']
  })
  try {
    const page = await browser.newPage()
    await page.addInitScript(() => {
      const note = () => {
        const [text] = /edit \d+/.exec(document.querySelector('.lede')?.textContent ?? '') ?? []
        if (text && !sessionStorage.getItem(text))
          sessionStorage.setItem(text, String(performance.timeOrigin + performance.now()))
      }
      new MutationObserver(note).observe(document, { subtree: true, childList: true, characterData: true })
    })
    await page.goto(new URL('/2025/putting-in/', serve.url).href)
    await pause(500) // the page's script makes itself ready when the browser is idle
    const delays = []
    for (let round = 0; round < EDITS; round++) {
      const writes = serve.written.length
      writeFileSync(post, source.replace(/^summary: .*$/m, `summary: edit ${round}`))
      const seen = await page.waitForFunction((text) => sessionStorage.getItem(text), `edit ${round}`)
      delays.push(Number(await seen.jsonValue()) - serve.written[writes])
      await pause(150)
    }
    const at = (share) => `${delays.toSorted((a, b) => a - b)[Math.ceil(EDITS * share) - 1].toFixed(0)} ms`
    printTable(
      `From the end of Jekyll's regeneration to the DOM, ${EDITS} edits of a post of examples/jekyll-blog`,
      ['', 'p50', 'p95', 'most'],
      [['`jekyll-bridge serve`', at(0.5), at(0.95), at(1)]]
    )
  } finally {
    await browser.close()
    serve.child.kill('SIGINT')
  }
}

/** A regeneration that rewrites every page of a large site with the bytes that it had. */
async function sameBytes() {
  const project = path.join(work, 'large')
  mkdirSync(path.join(project, '_plugins'), { recursive: true })
  mkdirSync(path.join(project, '_layouts'))
  writeFileSync(path.join(project, '_plugins/clock.rb'), CLOCK)
  writeFileSync(
    path.join(project, '_layouts/page.html'),
    '<!doctype html><title>{{ page.title }}</title>{{ content }}'
  )
  const paragraph = 'Words that stand for words, and for nothing else at all. '.repeat(140)
  const page = (n, extra = '') => `---\nlayout: page\ntitle: ${n}\n${extra}---\nPage ${n}. ${paragraph}\n`
  for (let n = 0; n < PAGES; n++) writeFileSync(path.join(project, `page-${n}.md`), page(n))
  const serve = await startServe(project)
  const updates = []
  const ready = []
  void listen(serve.url, (event, at) => {
    if (event.name === 'update' && event.data.changes) updates.push(event.data.changes.length)
    if (event.name === 'status' && event.data.state === 'ready') ready.push(at)
  })
  await pause(3_000)
  updates.length = 0
  const delays = []
  const cpu = []
  for (let round = 0; round < ROUNDS; round++) {
    const [writes, cpuBefore] = [serve.written.length, cpuOf(serve.child.pid)]
    writeFileSync(path.join(project, 'page-0.md'), page(0, `round: ${round}\n`))
    const writtenAt = await until(() => serve.written[writes])
    delays.push((await until(() => ready.find((at) => at >= writtenAt))) - writtenAt)
    await pause(2_500) // all is compared once more when nothing has happened for a second
    cpu.push(cpuOf(serve.child.pid) - cpuBefore)
  }
  serve.child.kill('SIGINT')
  printTable(
    `A regeneration that rewrites all of ${PAGES} pages with equal bytes, medians of ${ROUNDS}`,
    ['', ''],
    [
      ['until the preview is ready again', seconds(median(delays))],
      ["the bridge's CPU time, the comparison of all files a second later included", seconds(median(cpu))],
      ['updates pushed', String(updates.length)]
    ]
  )
}

/** A copy of the example, so that its key stays out of the checkout. */
function example(name) {
  const source = path.join(root, 'examples/jekyll-blog')
  const project = path.join(work, name)
  const skip = ['node_modules', '_site', '.jekyll-cache', 'sitedrive.json'].map((each) =>
    path.join(source, each)
  )
  cpSync(source, project, { recursive: true, filter: (file) => !skip.includes(file) })
  return project
}

async function startServe(project) {
  const child = spawn(process.execPath, [bridge, 'serve'], { cwd: project, env: { ...process.env, ...env } })
  children.push(child)
  let output = ''
  const written = []
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text
    for (const [, at] of text.matchAll(/WRITTEN ([\d.]+)/g)) written.push(Number(at))
  })
  child.stderr.on('data', (text) => void (output += text))
  child.once('close', (code) => void (code && console.error(output)))
  await until(() => output.includes('Auto-regeneration: enabled'), 120_000)
  const url = /Live preview: (\S+)/.exec(output)[1]
  await until(async () => (await fetch(url)).status !== 503)
  return { child, url, written }
}

/** Hears the events of a preview as a browser does, and when. */
async function listen(url, onEvent) {
  const response = await fetch(new URL('/.well-known/sitedrive/events?since=', url))
  let text = ''
  try {
    for await (const chunk of response.body) {
      const at = performance.timeOrigin + performance.now()
      text += Buffer.from(chunk).toString()
      const events = text.split('\n\n')
      text = events.pop()
      for (const event of events) {
        const [, name, data] = /^event: (\w+)\ndata: (.*)$/m.exec(event) ?? []
        if (name) onEvent({ name, data: JSON.parse(data) }, at)
      }
    }
  } catch {
    // the preview has ended
  }
}

/** CPU time of a process so far, in milliseconds. */
function cpuOf(pid) {
  const [, fields = ''] = /^\d+ \(.*\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? []
  const [user, system] = fields.split(' ').slice(11, 13).map(Number)
  return (user + system) * 10 // Linux counts in hundredths of a second
}

async function until(condition, timeoutMs = 30_000) {
  const endsAt = Date.now() + timeoutMs
  for (;;) {
    const value = await condition()
    if (value) return value
    if (Date.now() > endsAt) throw new Error(`Not fulfilled within ${timeoutMs} ms: ${condition}`)
    await pause(5)
  }
}

function version(command) {
  return spawnSync(command, ['--version'], { encoding: 'utf8' }).stdout.trim()
}
