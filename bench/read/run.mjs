// `npm run bench -- read`: a site from a peer on the same machine into a folder, and the first page of a site that is opened.
// BENCH_ROUNDS (default 3) and BENCH_PAGES (default 10000) change its size.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { get } from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { decodeKey } from '@sitedrive/core/drive'
import { describeMachine, median, printTable, runProcess, seconds, takeTurns } from '../measure.mjs'
import { generateSite } from '../publish/site.mjs'
import { startNginx } from './nginx.mjs'

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3)
const PAGES = Number(process.env.BENCH_PAGES ?? 10_000)
const here = path.dirname(fileURLToPath(import.meta.url))
const cli = path.join(here, '../node_modules/sitedrive/bin/sitedrive.js')

const work = mkdtempSync(path.join(os.tmpdir(), 'sitedrive-bench-'))
const folder = (name) => path.join(work, name)
const clear = (...names) => names.forEach((name) => rmSync(folder(name), { recursive: true, force: true }))
const running = []

/** Starts a command that runs until it is stopped. @returns the process, and the JSON line that it prints when it is ready */
async function start(args, env) {
  const child = spawn(process.execPath, [cli, '--json', ...args], {
    env: { ...process.env, ...env, CI: '' },
    stdio: ['ignore', 'pipe', 'ignore']
  })
  running.push(child)
  let text = ''
  for await (const chunk of child.stdout) {
    text += chunk
    if (text.includes('\n')) break
  }
  return { child, line: JSON.parse(text) }
}

async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  await once(child, 'exit')
}

/** A page of a site at `<key>.localhost`, which only browsers resolve. */
function page(url, target) {
  const { port, host } = new URL(url)
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: target, headers: { host }, agent: false }, (answer) => {
      let bytes = 0
      answer.on('data', (chunk) => (bytes += chunk.length))
      answer.on('end', () =>
        answer.statusCode === 200 ? resolve(bytes) : reject(new Error(String(answer.statusCode)))
      )
    }).on('error', reject)
  })
}

/** From the start of the process to the last byte of a page. Milliseconds. */
async function firstPage(link, home, bootstrap) {
  const startedAt = performance.now()
  const { child, line } = await start(['open', link, '--port', '0'], {
    SITEDRIVE_HOME: home,
    SITEDRIVE_BOOTSTRAP: bootstrap
  })
  await page(line.url, '/section-7/page-7/')
  const ms = performance.now() - startedAt
  await stop(child)
  return { ms, peakMb: null }
}

try {
  generateSite(folder('site'), { pages: PAGES })
  console.log(
    `${PAGES.toLocaleString('en')} pages of 8 kB at a peer on the same machine; medians of ${ROUNDS} whole processes.`
  )
  console.log(`Machine: ${describeMachine()}.`)

  const author = { SITEDRIVE_HOME: folder('author'), CI: '' }
  const { line: peer } = await start(['peer', '--local', '--port', '0'], author)
  const project = ['--project', folder('project')]
  mkdirSync(folder('project'))
  runProcess(process.execPath, [cli, 'init', '--seed', peer.key, '--yes', ...project], author)
  runProcess(process.execPath, [cli, 'publish', folder('site'), ...project], {
    ...author,
    SITEDRIVE_CHECKS: 'off'
  })
  const { key } = JSON.parse(readFileSync(path.join(folder('project'), 'sitedrive.json'), 'utf8'))
  const bootstrap = peer.bootstrap.split(',')[0]
  const link = `hyper://${key}/`
  const nginx = await startNginx(folder('site'), folder('nginx'))
  if (nginx) running.push(nginx.child)

  const clone = takeTurns(ROUNDS, [
    {
      name: '`sitedrive clone`',
      prepare: () => clear('stranger', 'clone'),
      run: () =>
        runProcess(process.execPath, [cli, 'clone', link, folder('clone')], {
          SITEDRIVE_HOME: folder('stranger'),
          SITEDRIVE_BOOTSTRAP: bootstrap
        })
    },
    {
      name: 'mirror-drive to a localdrive',
      prepare: () => clear('mirror-store', 'mirror'),
      run: () =>
        runProcess(process.execPath, [
          path.join(here, 'with-mirror-drive.mjs'),
          Buffer.from(decodeKey(key)).toString('hex'),
          bootstrap,
          folder('mirror-store'),
          folder('mirror')
        ])
    },
    ...(nginx
      ? [
          {
            name: '`wget --mirror` from nginx',
            prepare: () => clear('wget'),
            run: () => runProcess('wget', ['-q', '--mirror', '-P', folder('wget'), `${nginx.url}list.html`])
          }
        ]
      : [])
  ])
  for (const name of ['clone', 'mirror', 'wget'])
    if (name !== 'wget' || nginx)
      console.log(
        `${name}: ${readdirSync(folder(name), { recursive: true }).filter((each) => each.endsWith('index.html')).length} pages`
      )
  compared('A whole site into a folder', clone)

  const first = new Map([
    ['first page of a site that is not here', []],
    ['first page of a site that is here, without a network', []]
  ])
  for (let round = 0; round < ROUNDS * 3; round++) {
    clear('reader')
    first
      .get('first page of a site that is not here')
      .push(await firstPage(link, folder('reader'), bootstrap))
    first
      .get('first page of a site that is here, without a network')
      .push(await firstPage(link, folder('stranger'), '127.0.0.1:1'))
    process.stderr.write('.')
  }
  process.stderr.write('\n')
  printTable(
    '`sitedrive open`, from the start of the process to the last byte of the page',
    ['', 'median'],
    [...first].map(([name, runs]) => [name, seconds(median(runs.map(({ ms }) => ms)))])
  )
} finally {
  for (const child of running.toReversed()) await stop(child)
  rmSync(work, { recursive: true, force: true })
}

function compared(title, runs) {
  const [first] = runs.values()
  const ours = median(first.map(({ ms }) => ms))
  const rows = [...runs].map(([name, measured]) => {
    const ms = median(measured.map((run) => run.ms))
    const peaks = measured.map(({ peakMb }) => peakMb).filter((peak) => peak !== null)
    return [name, seconds(ms), (ms / ours).toFixed(1), peaks.length ? `${Math.round(median(peaks))} MB` : '']
  })
  printTable(title, ['', 'median', 'times `sitedrive clone`', 'peak memory'], rows)
}
